import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutContent } from '../../lambda/access/soap/answer-outline.ts';
import { readResponse } from '../../lambda/thingspace/soap/answers.ts';
import { V2 } from './arbitrary-envelope.ts';

const LONG = '<Output>Caf\u00e9 &amp; Bar<![CDATA[</s:Body>]]></Output>'.repeat(400);
const OPERATION = 'GetDeviceList';
const RESPONSE = `<GetDeviceListResponse xmlns="${V2}">${LONG}</GetDeviceListResponse>`;
const answerOf = (body: string, header = '', before = '') =>
  Buffer.from(
    `${before}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">${header}<s:Body>${body}</s:Body></s:Envelope>`,
  );
const outcomeOf = (body: Buffer) => {
  const read = readResponse({ body, contentType: 'text/xml; charset=utf-8' }, OPERATION, []);
  return read.outcome === 'unknown' ? 'unknown' : read;
};

describe('the outline of a long answer', () => {
  test.each<[string, Buffer]>([
    ['a response', answerOf(RESPONSE)],
    [
      'behind a declaration and blanks',
      answerOf(`\r\n${RESPONSE}\n`, '', '<?xml version="1.0" encoding="utf-8"?>\r\n'),
    ],
    ['behind a byte order mark', answerOf(RESPONSE, '', '\uFEFF')],
    [
      'behind a Header',
      answerOf(RESPONSE, '<s:Header><a:ActivityId xmlns:a="urn:a">1</a:ActivityId></s:Header>'),
    ],
    ['behind an empty Header', answerOf(RESPONSE, '<s:Header a="1"/>')],
    [
      'with prefixes and attributes',
      answerOf(`<v:GetDeviceListResponse a=">" xmlns:v="${V2}">${LONG}</v:GetDeviceListResponse >`),
    ],
  ])('has the outcome of the whole, and not its content: %s', (_, body) => {
    const outline = withoutContent(body, OPERATION);
    expect(outline.length).toBeLessThan(1_000);
    expect(outcomeOf(outline)).toEqual(outcomeOf(body));
    expect(outcomeOf(outline)).toMatchObject({ outcome: 'done' });
  });

  test.each<[string, Buffer]>([
    ['a fault', answerOf(`<s:Fault><faultcode>a.B</faultcode><detail>${LONG}</detail></s:Fault>`)],
    ['a response and a fault', answerOf(`${RESPONSE}<s:Fault><faultcode>a.B</faultcode></s:Fault>`)],
    ['a fault and a response', answerOf(`<s:Fault><faultcode>a.B</faultcode></s:Fault>${RESPONSE}`)],
    ['two kinds of responses', answerOf(`<OtherResponse/>${RESPONSE}`)],
    ['the response of another operation', answerOf(RESPONSE.replaceAll('GetDeviceList', 'GetDeviceLists'))],
    ['a response that broke off', answerOf(RESPONSE).subarray(0, -20)],
    ['text behind it', Buffer.concat([answerOf(RESPONSE), Buffer.from('x')])],
    ['a page', Buffer.from(`<html><body>${LONG}</body></html>`)],
    ['other bytes', Buffer.alloc(40_000, 0xff)],
  ])('is the answer itself when it is not one response: %s', (_, body) => {
    expect(withoutContent(body, OPERATION)).toBe(body);
  });

  test('keeps a short answer as it is', () => {
    const body = answerOf(`<GetDeviceListResponse xmlns="${V2}"/>`);
    expect(withoutContent(body, OPERATION)).toBe(body);
  });

  test('never turns another outcome of the envelope into done, with any bytes inserted into it', () => {
    const bytes = fc.constantFrom(
      '<',
      '>',
      '"',
      '&',
      '</s:Body>',
      '<s:Fault/>',
      '<a>',
      '</a>',
      'x',
      '\0',
      '-->',
    );
    const source = answerOf(RESPONSE).toString('latin1');
    const [head, tail] = [source.indexOf('<Output>'), source.length - source.lastIndexOf('</GetDevice')];
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), bytes, (at, inTail, inserted) => {
        const where = inTail ? source.length - (at % (tail - 1)) : at % head;
        const body = Buffer.from(source.slice(0, where) + inserted + source.slice(where), 'latin1');
        const outline = withoutContent(body, OPERATION);
        if (outline !== body && outcomeOf(outline) !== 'unknown')
          expect(outcomeOf(outline)).toEqual(outcomeOf(body));
      }),
      { numRuns: 500 },
    );
  });
});
