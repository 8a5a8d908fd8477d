import { describe, expect, test } from 'vitest';
import { subjectsIn } from '../../lambda/access/devices.ts';
import { isWide } from '../../lambda/access/reach.ts';
import { readXmlSource, type SourceElement } from '../../lambda/access/xml-source.ts';

const element = (localName: string, text: string, children: SourceElement[] = []): SourceElement => ({
  ...{ tag: localName, namespace: '', localName, text, children },
  ...{ start: 0, contentStart: 0, end: 0, selfClosing: false, isAbsent: false },
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

  test('counts when it is marked nil and holds a name', () => {
    expect(subjectsIn(inputOf('<AccountName i:nil="true">0342</AccountName>')).groups).toEqual([
      'AccountName 0342',
    ]);
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

  test('white space of XML around it is not part of it', () => {
    const { devices } = subjectsIn(inputOf('<D><Identifier>\n 8914\t</Identifier><Kind> ICCID </Kind></D>'));
    expect(devices).toEqual([ICCID]);
  });
});
