import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWide } from '../../lambda/access/reach.ts';
import { Refusal } from '../../lambda/access/refusal.ts';
import { subjectsIn } from '../../lambda/access/soap/devices.ts';
import { readXmlSource, type SourceElement } from '../../lambda/access/soap/xml-source.ts';
import { readXml } from '../../local/thingspace/soap/xml.ts';

const element = (localName: string, text: string, children: SourceElement[] = []): SourceElement => ({
  ...{ tag: localName, namespace: '', localName, text, children },
  ...{ start: 0, contentStart: 0, end: 0, selfClosing: false, isAbsent: false, isSplit: false },
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

/** As ThingSpace's pages have it, with the misspelling of one of them. */
const LIST =
  '<DeviceList><DeviceIdentifierCollection><DeviceIndentifiers><DeviceIdentifier><Kind>ICCID</Kind><Identifier>8914</Identifier></DeviceIdentifier></DeviceIndentifiers></DeviceIdentifierCollection></DeviceList>';
const inputOf = (members: string) =>
  readXmlSource(
    `<Input xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="urn:elsewhere">${members}</Input>`,
  );
const ICCID = { kind: 'ICCID', identifier: '8914' };
const CUSTOM_FIELD =
  '<DeviceCustomFieldFilter><CustomFieldFilterObj><Name>CustomField1</Name><Value>VIN 7</Value></CustomFieldFilterObj></DeviceCustomFieldFilter>';

describe('every published selector', () => {
  test.each([
    ['<AccountName>0342-1</AccountName>', 'AccountName 0342-1'],
    ['<AccountNumber>0342-1</AccountNumber>', 'AccountNumber 0342-1'],
    ['<Account>0342-1</Account>', 'Account 0342-1'],
    ['<AccountNameFilter>0342-1</AccountNameFilter>', 'AccountNameFilter 0342-1'],
    ['<DeviceGroupName>East Coast</DeviceGroupName>', 'DeviceGroupName East Coast'],
    ['<GroupName>Öst</GroupName>', 'GroupName Öst'],
    ['<DeviceGroupNameFilter>East</DeviceGroupNameFilter>', 'DeviceGroupNameFilter East'],
    ['<DeviceServicePlanFilter>5MB</DeviceServicePlanFilter>', 'DeviceServicePlanFilter 5MB'],
    [CUSTOM_FIELD, 'DeviceCustomFieldFilter Name=CustomField1 Value=VIN 7'],
    ['<e:SomeNewFilter>x</e:SomeNewFilter>', 'SomeNewFilter x'],
    ['<AccountName/>', 'AccountName '],
  ])('is recorded, and makes a change wide beside a device: %s', (selector, recorded) => {
    for (const members of [`${selector}${LIST}`, `${LIST}<Deeper>${selector}</Deeper>`]) {
      const subjects = subjectsIn(inputOf(members));
      expect(subjects).toEqual({ devices: [ICCID], groups: [recorded] });
      expect(isWide(subjects)).toBe(true);
    }
    expect(isWide(subjectsIn(inputOf(selector)))).toBe(true);
  });

  test('is left out when it is marked nil, as a client of .NET sends every unused member', () => {
    const unused =
      '<AccountName i:nil="true"/><DeviceCustomFieldFilter i:nil="true"></DeviceCustomFieldFilter>';
    const subjects = subjectsIn(inputOf(`${unused}${LIST}`));
    expect(subjects).toEqual({ devices: [ICCID], groups: [] });
    expect(isWide(subjects)).toBe(false);
  });

  test('counts when it is marked nil in another namespace', () => {
    expect(subjectsIn(inputOf('<AccountName e:nil="true"/>')).groups).toEqual(['AccountName ']);
  });
});

test('calls a change wide that names no device', () => {
  expect(isWide(subjectsIn(inputOf('')))).toBe(true);
});

describe('a name that cannot be recorded as it is sent is refused', () => {
  test.each([
    ['a no-break space beside it', '<Identifier>8914&#xA0;</Identifier>'],
    ['a no-break space alone', '<Identifier>&#xA0;</Identifier>'],
    ['a byte order mark', '<Identifier>&#xFEFF;8914</Identifier>'],
    ['full-width digits', '<Identifier>&#xFF18;&#xFF19;14</Identifier>'],
    ['a blank inside', '<Identifier>89 14</Identifier>'],
    ['a child element', '<Identifier>89<e:x/>14</Identifier>'],
    ['only a child element', '<Identifier><e:x>8914</e:x></Identifier>'],
    ['a kind with a child element', '<Identifier>8914</Identifier><Kind>ICC<e:x/>ID</Kind>'],
    ['a comment inside', '<Identifier>8914<!-- a -->0008</Identifier>'],
    ['a comment before it', '<Identifier><!-- 8914 -->0008</Identifier>'],
    ['a part in CDATA', '<Identifier>8914<![CDATA[0008]]></Identifier>'],
    ['a kind with a comment inside', '<Identifier>8914</Identifier><Kind>ICC<!-- a -->ID</Kind>'],
    ['an account with a comment inside', '<AccountName>0342<!-- a -->-1</AccountName>'],
    ['a filter with a comment inside', '<DeviceServicePlanFilter>5<!-- a -->MB</DeviceServicePlanFilter>'],
    [
      'a value of a filter with a comment inside',
      '<DeviceCustomFieldFilter><F><Value>VIN<!-- a -->7</Value></F></DeviceCustomFieldFilter>',
    ],
    ['65 characters', `<Identifier>${'9'.repeat(65)}</Identifier>`],
    ['an account with a no-break space', '<AccountName>0342&#xA0;</AccountName>'],
    ['a group with a zero-width space', '<DeviceGroupName>Ea&#x200B;st</DeviceGroupName>'],
    ['an account with a child element', '<AccountName>03<e:x/>42</AccountName>'],
    ['a filter with a byte order mark', '<DeviceServicePlanFilter>&#xFEFF;5MB</DeviceServicePlanFilter>'],
    ['a filter of 501 characters', `<AccountNameFilter>${'a'.repeat(501)}</AccountNameFilter>`],
  ])('%s', (_, member) => {
    expect(() => subjectsIn(inputOf(`<DeviceIdentifier>${member}</DeviceIdentifier>`))).toThrow(
      'cannot be recorded',
    );
  });

  test('a name that is one text may be in CDATA, and comments may stand beside it', () => {
    const members =
      '<D><!-- a --><Identifier><![CDATA[8914]]></Identifier> <!-- b --> <Kind>ICCID</Kind></D>';
    expect(subjectsIn(inputOf(members)).devices).toEqual([ICCID]);
  });

  test('white space of XML around it is not part of it', () => {
    const { devices } = subjectsIn(inputOf('<D><Identifier>\n 8914\t</Identifier><Kind> ICCID </Kind></D>'));
    expect(devices).toEqual([ICCID]);
  });
});

describe('another reader', () => {
  const character = fc.constantFrom(
    '8',
    'A',
    '-',
    ' ',
    '\t',
    '\u00a0',
    '\ufeff',
    '\uff18',
    '\u200b',
    'é',
    '&',
    '<',
  );
  /** One character in one of its spellings. */
  const spelled = character.chain((one) => {
    const code = one.charCodeAt(0);
    const references = [
      `&#${code};`,
      `&#x${code.toString(16)};`,
      `<![CDATA[${one}]]>`,
      `<!-- a -->&#${code};`,
    ];
    return fc.constantFrom(...references, ...(/[&<]/.test(one) ? [] : [one]));
  });
  const text = fc.array(fc.oneof({ weight: 6, arbitrary: spelled }, fc.constant('<e:x/>')), { maxLength: 8 });
  const trimmed = (value: string) => value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');

  test('reads the names that are recorded, whatever their spelling, unless the request is refused', () => {
    fc.assert(
      fc.property(text, text, (identifier, account) => {
        const source = `<Input xmlns:e="urn:e"><AccountName>${account.join('')}</AccountName><D><Identifier>8${identifier.join('')}</Identifier></D></Input>`;
        let subjects: ReturnType<typeof subjectsIn>;
        try {
          subjects = subjectsIn(readXmlSource(source));
        } catch (failure) {
          expect(failure).toBeInstanceOf(Refusal);
          return;
        }
        const [other, device] = readXml(source).children;
        expect(subjects).toEqual({
          devices: [{ kind: '', identifier: trimmed(device?.children[0]?.text ?? '') }],
          groups: [`AccountName ${trimmed(other?.text ?? '')}`],
        });
      }),
      { numRuns: 2_000 },
    );
  });
});
