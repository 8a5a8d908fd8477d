import { describe, expect, test } from 'vitest';
import { listsDevices, ownSelectors } from '../../lambda/access/soap/own-selectors.ts';
import { readXmlSource } from '../../lambda/access/soap/xml-source.ts';
import { V2 } from './arbitrary-envelope.ts';

const CONTRACT = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';
const NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"';
const ofPayload = (content: string) =>
  ownSelectors(
    readXmlSource(
      `<GetDeviceList xmlns="${V2}" xmlns:c="${CONTRACT}.DeviceService" xmlns:m="${CONTRACT}.Common" xmlns:d="urn:d">${content}</GetDeviceList>`,
    ),
    'DeviceService',
  );
const ofInput = (members: string) => ofPayload(`<Input>${members}</Input>`);
const ACCOUNT = '<c:AccountName>0342</c:AccountName>';

describe('a selector that ThingSpace reads', () => {
  test.each([
    [ACCOUNT, ['AccountName']],
    [`${ACCOUNT}<c:DeviceGroupName>East</c:DeviceGroupName>`, ['AccountName', 'DeviceGroupName']],
    [`<d:Zeal/>${ACCOUNT}`, ['AccountName']],
    [`<c:DeviceCustomFieldFilter/>`, []],
  ])('is a member of Input, in the serializer’s order: %s', (members, names) => {
    expect(ofInput(members)).toEqual(names);
  });
});

describe('a selector that ThingSpace passes over restricts nothing', () => {
  test.each([
    ['deeper', `<Input><d:D>${ACCOUNT}</d:D></Input>`],
    ['beside Input', `${ACCOUNT}<Input/>`],
    ['behind Input', `<Input/>${ACCOUNT}`],
    ['without Input', ACCOUNT],
    ['in another Input', `<d:Input>${ACCOUNT}</d:Input>`],
    ['in one of two Inputs', `<Input>${ACCOUNT}</Input><Input/>`],
    ['in no namespace', '<Input><AccountName xmlns="">0342</AccountName></Input>'],
    ['in another namespace', '<Input><d:AccountName>0342</d:AccountName></Input>'],
    ['in the namespace of another service', '<Input><m:AccountName>0342</m:AccountName></Input>'],
    ['out of order', `<Input><c:Order/>${ACCOUNT}</Input>`],
    ['marked nil', `<Input><c:AccountName ${NIL}/></Input>`],
    ['empty', '<Input><c:AccountName> </c:AccountName></Input>'],
  ])('%s', (_, content) => {
    expect(ofPayload(content)).toEqual([]);
  });
});

describe('a device by name', () => {
  const named = '<c:DeviceIdentifier><c:Identifier>8914</c:Identifier></c:DeviceIdentifier>';
  const listOf = (inner: string, list = 'DeviceList') =>
    `<Input><c:${list}><c:DeviceIdentifierCollection><c:DeviceIdentifiers>${inner}</c:DeviceIdentifiers></c:DeviceIdentifierCollection></c:${list}></Input>`;
  const lists = (content: string, operation = 'ChangeDeviceState') =>
    listsDevices(
      readXmlSource(
        `<${operation} xmlns="${V2}" xmlns:c="${CONTRACT}.CarrierService" xmlns:m="${CONTRACT}.Common" xmlns:o="${CONTRACT}.Other" xmlns:d="urn:d">${content}</${operation}>`,
      ),
      { service: 'CarrierService', operation },
    );

  test('is read in the list of the operation', () => {
    expect(lists(listOf(named))).toBe(true);
    expect(lists(listOf(named, 'Devices'), 'SendSmsMessage')).toBe(true);
    expect(lists(listOf(named.replaceAll('c:', 'm:')))).toBe(true);
  });

  test.each([
    ['beside the list', `<Input><d:X><d:Identifier>8914</d:Identifier></d:X></Input>`],
    ['in the list of another operation', listOf(named, 'Devices')],
    ['in an element of another namespace', listOf('<d:X><c:Identifier>8914</c:Identifier></d:X>')],
    ['in another namespace', listOf(named.replaceAll('c:Identifier', 'd:Identifier'))],
    ['in the namespace of another service', listOf(named.replaceAll('c:Identifier', 'o:Identifier'))],
    ['in an unknown element', listOf('<c:X><c:Identifier>8914</c:Identifier></c:X>')],
    ['without a name', listOf('<c:DeviceIdentifier><c:Identifier> </c:Identifier></c:DeviceIdentifier>')],
  ])('restricts nothing %s', (_, content) => expect(lists(content)).toBe(false));
});
