import { expect, test } from 'vitest';
import { mediaKindOf } from '../../lambda/thingspace/answer-text.ts';

test.each([
  ['text/html; charset=utf-8', 'HTML'],
  ['application/xhtml+xml', 'HTML'],
  ['text/xml', 'XML'],
  ['application/soap+xml', 'XML'],
  ['application/json', 'JSON'],
  ['text/plain', 'plain text'],
  ['Marker$7/x', 'another media type'],
  [undefined, 'no media type'],
])('names %s by the fixed words %s', (type, mediaKind) => {
  expect(mediaKindOf(type)).toBe(mediaKind);
});
