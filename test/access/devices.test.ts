import { expect, test } from 'vitest';
import { subjectsIn } from '../../lambda/access/devices.ts';
import type { SourceElement } from '../../lambda/access/xml-source.ts';

const element = (localName: string, text: string, children: SourceElement[] = []): SourceElement => ({
  ...{ tag: localName, namespace: '', localName, text, children },
  ...{ start: 0, contentStart: 0, end: 0, selfClosing: false },
});

/** How often the names of an element's children are read to find what they are. */
function readsOf(identifiers: number): number {
  let reads = 0;
  const children = Array.from({ length: identifiers }, () => element('Identifier', '8914'));
  for (const child of children) {
    Object.defineProperty(child, 'localName', {
      get: () => {
        reads += 1;
        return 'Identifier';
      },
    });
  }
  subjectsIn(element('Input', '', [...children, element('Kind', 'ICCID')]));
  return reads;
}

test('reads a request’s devices in time that grows with their number, not with its square', () => {
  expect(readsOf(1_000)).toBeLessThanOrEqual(10 * readsOf(100));
});

test('gives each device the kind beside it, whatever their order', () => {
  const device = (...children: SourceElement[]) => element('DeviceIdentifier', '', children);
  const input = element('Input', '', [
    device(element('Identifier', '8914'), element('Kind', 'ICCID')),
    device(element('Kind', 'MEID'), element('Identifier', 'A1')),
    device(element('Identifier', '35')),
  ]);
  expect(subjectsIn(input).devices).toEqual([
    { kind: 'ICCID', identifier: '8914' },
    { kind: 'MEID', identifier: 'A1' },
    { kind: '', identifier: '35' },
  ]);
});
