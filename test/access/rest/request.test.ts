import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../lambda/access/refusal.ts';
import { readRequest } from '../../../lambda/access/rest/request.ts';

const SUSPEND = '/m2m/v1/devices/actions/suspend';
const DEVICE = { id: '89148000000800139708', kind: 'ICCID' };
const LISTED = { devices: [{ deviceIds: [DEVICE] }] };

const read = (body: unknown, { method = 'POST', path = SUSPEND, headers = {} } = {}) =>
  readRequest({
    method,
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
const get = (path: string) => read('', { method: 'GET', path });

/** Returns the refusal of a request. */
function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (failure) {
    if (failure instanceof Refusal) return failure;
    throw failure;
  }
  throw new Error('It was not refused.');
}

test('reads alone when its description says so', () => {
  const reads = (method: string, path: string) => read('', { method, path }).reads;
  expect(reads('GET', '/m2m/v1/triggers')).toBe(true);
  expect(reads('POST', '/m2m/v1/devices/actions/list')).toBe(true);
  expect(reads('POST', SUSPEND)).toBe(false);
  expect(reads('GET', SUSPEND)).toBe(false);
  expect(reads('GET', '/m2m/v1/new/thing')).toBe(false);
});

describe('the operation', () => {
  test.each([
    ['POST', SUSPEND, `POST ${SUSPEND}`, 'devices', []],
    [
      'GET',
      '/m2m/v1/groups/0342-1/name/East',
      'GET /m2m/v1/groups/{accountName}/name/{groupName}',
      'groups',
      ['accountName 0342-1', 'groupName East'],
    ],
    ['GET', '/m2m/v1/triggers/7d', 'GET /m2m/v1/triggers/{triggerId}', 'triggers', []],
    [
      'PUT',
      '/m2m/v1/devices/3G/actions/deviceId',
      'PUT /m2m/v1/devices/{serviceType}/actions/deviceId',
      'devices',
      [],
    ],
    [
      'GET',
      '/m2m/v2/triggers/categories/PromoAlerts',
      'GET /m2m/v2/triggers/categories/PromoAlerts',
      'triggers',
      [],
    ],
    ['POST', '/m2m/v1/new/thing', 'POST /m2m/v1/new/thing', 'new', []],
    [
      'DELETE',
      '/m2m/v1/accounts/0342-1',
      'DELETE /m2m/v1/accounts/{accountName}',
      'accounts',
      ['accountName 0342-1'],
    ],
  ])('in %s %s is %s', (method, path, operation, service, groups) => {
    expect(read('', { method, path })).toMatchObject({ operation, service, subjects: { groups } });
  });

  test.each([
    ['encoded', '/m2m/v1/groups/0342%2d1'],
    ['with dots', '/m2m/v1/devices/../session/login'],
    ['with a dot as a part', '/m2m/v1/./devices/actions/suspend'],
    ['with a doubled slash', '/m2m/v1//devices/actions/suspend'],
    ['with a slash at the end', `${SUSPEND}/`],
    ['with a part that ends with a dot', '/m2m/v1/session./login'],
    ['with the ending of a file', '/m2m/v1/devices/actions/deactivate.json'],
    ['with a parameter of a part', '/m2m/v1/devices;x=1/actions/suspend'],
    ['with a backslash', '/m2m/v1/devices\\actions/suspend'],
    ['beyond ASCII', '/m2m/v1/devices/actions/ſuspend'],
    ['with a line break', `${SUSPEND}\n`],
    ['of another version', '/m2m/v3/devices/actions/suspend'],
    ['of another product', '/ts/v1/oauth2/token'],
    ['of a known operation in capital letters', '/m2m/v1/Devices/Actions/Suspend'],
    ['that is too long', `/m2m/v1/${'a'.repeat(200)}`],
  ])('is not read from an address %s', (_, path) => {
    expect(refusalOf(() => read('', { path })).code).toBe('RequestRefused');
  });

  test.each(['PATCH', 'HEAD', 'OPTIONS', 'post', 'CONNECT'])('is not read with the method %s', (method) => {
    expect(refusalOf(() => read('', { method })).message).toContain('method');
  });
});

describe('a request that brings its own is a contradiction', () => {
  test.each([
    { 'x-http-method-override': 'DELETE' },
    { 'x-http-method': 'DELETE' },
    { 'x-method-override': 'GET' },
    { 'x-original-url': '/m2m/v1/session/login' },
    { 'x-rewrite-url': '/' },
    { 'vz-m2m-token': '' },
    { authorization: 'AWS4-HMAC-SHA256 Credential=a, Bearer b' },
  ])('%j', (headers) => {
    expect(refusalOf(() => read(LISTED, { headers })).rule).toBe('contradiction');
  });
});

describe('a body is read in one way only', () => {
  test.each<[string, string | Buffer]>([
    ['a byte order mark', `\uFEFF${JSON.stringify(LISTED)}`],
    ['bytes behind it', `${JSON.stringify(LISTED)}{}`],
    ['a NUL behind it', `${JSON.stringify(LISTED)}\0`],
    ['no end', '{"devices":['],
    ['UTF-16', Buffer.from(JSON.stringify(LISTED), 'utf16le')],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a comment', '{"a":1/* b */}'],
    ['a comma too many', '{"a":1,}'],
    ['single quotes', "{'a':1}"],
    ['a name without quotes', '{a:1}'],
    ['not a number', '{"a":NaN}'],
    ['a leading zero', '{"a":01}'],
    ['a line break in a text', '{"a":"b\nc"}'],
    ['another white space', '{\u00a0"a":1}'],
    ['an unknown escape', '{"a":"\\x41"}'],
    ['half of a surrogate pair', '{"a":"\\ud83d"}'],
    ['half of a surrogate pair in a name', '{"\\ud83d":1}'],
    ['a member beyond ASCII', '{"devıces":1}'],
    ['a member with a NUL', '{"devices\\u0000":1}'],
    ['an empty member', '{"":1}'],
    ['a text alone', '"devices"'],
    ['null', 'null'],
    ['texts in an array', '["devices"]'],
    ['deep nesting', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`],
    ['too many values', JSON.stringify({ a: Array.from({ length: 20_001 }, () => 1) })],
    ['blanks alone', '  '],
  ])('not with %s', (_, body) => {
    expect(refusalOf(() => read(body)).code).toBe('RequestRefused');
  });

  test.each([
    '{"accountName":"1","accountName":"2"}',
    '{"accountName":"1","AccountName":"2"}',
    '{"accountName":"1","account\\u004eame":"1"}',
    '{"a":{"id":"1","ID":"2"}}',
    '[{"a":1,"a":1}]',
  ])('and a member that occurs twice is a contradiction: %s', (body) => {
    expect(refusalOf(() => read(body)).rule).toBe('contradiction');
  });

  test('and a GET has none', () => {
    expect(refusalOf(() => read('{}', { method: 'GET', path: '/m2m/v1/triggers' })).message).toContain('GET');
  });

  test.each([
    'text/plain',
    '',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-7',
    'application/jsonp',
  ])('and its Content-Type is not %j', (type) => {
    expect(refusalOf(() => read(LISTED, { headers: { 'content-type': type } })).message).toContain(
      'Content-Type',
    );
  });

  test('and it is not compressed, and not larger than 1 MiB', () => {
    expect(refusalOf(() => read(LISTED, { headers: { 'content-encoding': 'gzip' } })).code).toBe(
      'RequestRefused',
    );
    expect(refusalOf(() => read(`{"a":"${'x'.repeat(1024 * 1024)}"}`)).code).toBe('RequestRefused');
  });

  test('and is sent on byte for byte', () => {
    const body =
      '{ "devices" : [{"deviceIds":[{"id":"89\\u0031","kind":"ICCID"}]}],\r\n"n":1e400, "é":1 }'.replace(
        '"é":1',
        '"e":"é😀"',
      );
    expect(read(body)).toMatchObject({ text: body, subjects: { devices: [{ identifier: '891' }] } });
  });
});

describe('the subjects', () => {
  test.each<[string, object, string[], string[]]>([
    ['the list', LISTED, ['ICCID 89148000000800139708'], []],
    ['capital letters', { Devices: [{ DeviceIds: [{ ID: '891', kind: 'ICCID' }] }] }, ['ICCID 891'], []],
    ['any depth', { a: [{ b: { id: '891', kind: 'MDN' } }] }, ['MDN 891'], []],
    ['texts in a list', { deviceList: ['891', ['892']] }, ['devicelist 891', 'devicelist 892'], []],
    ['the name of a kind', { mdn: '5551234567' }, ['mdn 5551234567'], []],
    ['null', { id: null, accountName: null, filter: null }, [], []],
    ['an account', { accountName: '0342' }, [], ['accountName 0342']],
    ['an account in capital letters', { ACCOUNTNAME: '0342' }, [], ['ACCOUNTNAME 0342']],
    ['accounts in a list', { accountNames: ['1', '2'] }, [], ['accountNames 1', 'accountNames 2']],
    [
      'a filter',
      { filter: { groupName: 'East', customFields: [{ key: 'a', value: 'b' }] } },
      [],
      ['filter groupName=East key=a value=b', 'groupName East', 'customFields key=a value=b'],
    ],
    ['another filter', { carrierNameFilter: 'x' }, [], ['carrierNameFilter x']],
    [
      'custom fields and plan',
      { customFields: [{ key: 'CustomField1', value: '7' }], servicePlan: '5MB' },
      [],
      ['customFields key=CustomField1 value=7', 'servicePlan 5MB'],
    ],
  ])('hold %s', (_, body, devices, groups) => {
    const { subjects } = read(body);
    expect(subjects.devices.map(({ kind, identifier }) => `${kind} ${identifier}`)).toEqual(devices);
    expect(subjects.groups).toEqual(groups);
  });

  test.each<[string, object]>([
    ['a number for an identifier', { devices: [{ deviceIds: [{ id: 891480000000, kind: 'ICCID' }] }] }],
    ['a number for an account', { accountName: 342 }],
    ['an object for a group', { groupName: { a: 'East' } }],
    ['a no-break space', { devices: [{ deviceIds: [{ id: '8914\u00a0', kind: 'ICCID' }] }] }],
    ['full-width digits', { id: '８９１４' }],
    ['a blank', { id: '89 14' }],
    ['a long identifier', { id: '8'.repeat(65) }],
    ['a line break in a group', { groupName: 'East\nWest' }],
    ['a zero-width character', { groupName: 'East\u200b' }],
    [
      '201 devices',
      { devices: Array.from({ length: 201 }, (_, n) => ({ deviceIds: [{ id: `${n}`, kind: 'MDN' }] })) },
    ],
    ['21 groups', { accountNames: Array.from({ length: 21 }, (_, n) => `${n}`) }],
  ])('do not hold %s', (_, body) => {
    expect(refusalOf(() => read(body)).code).toBe('RequestRefused');
  });
});

describe('a change is wide', () => {
  const wideOf = (body: object | '', path = SUSPEND, method = 'POST') => read(body, { path, method }).wide;

  test('unless the list of its operation is its only selector', () => {
    expect(wideOf(LISTED)).toBe(false);
    expect(wideOf({ accountName: '0342', ...LISTED }, '/m2m/v1/devices/actions/deactivate')).toBe(false);
    expect(wideOf({ deviceIds: [DEVICE], accountName: '0342', smsMessage: 'x' }, '/m2m/v1/sms')).toBe(false);
    expect(
      wideOf({ devices: LISTED.devices, accountName: 'to' }, '/m2m/v1/devices/actions/move', 'PUT'),
    ).toBe(false);
    expect(
      wideOf(
        { devices: LISTED.devices, groupName: 'New', servicePlan: '5MB' },
        '/m2m/v1/devices/actions/activate',
      ),
    ).toBe(false);
  });

  test.each<[string, object | '', string?, string?]>([
    ['without a body', ''],
    ['with an account beside the list', { ...LISTED, accountName: '0342' }],
    ['with a group beside the list', { ...LISTED, groupName: 'East' }],
    ['with a filter', { ...LISTED, filter: { groupName: 'East' } }],
    ['with a plan that selects', { ...LISTED, servicePlan: '5MB' }],
    ['with custom fields that select', { ...LISTED, customFields: [] }],
    ['with a selector in capital letters', { ...LISTED, GroupName: 'East' }],
    ['with a selector in the depth', { ...LISTED, more: { groupName: 'East' } }],
    [
      'with an account in capital letters',
      { ...LISTED, AccountName: '0342' },
      '/m2m/v1/devices/actions/deactivate',
    ],
    ['with a list in capital letters', { Devices: LISTED.devices }],
    ['with a list elsewhere', { more: LISTED }],
    ['with the list of another operation', { deviceIds: [DEVICE] }],
    ['with an empty list', { devices: [{ deviceIds: [] }] }],
    ['with a name without a kind', { devices: [{ deviceIds: [{ id: '891' }] }] }],
    ['with an empty name', { devices: [{ deviceIds: [{ id: '', kind: 'MDN' }] }] }],
    ['with a list in an array', [LISTED]],
    ['of an operation that is not described', LISTED, '/m2m/v1/devices/actions/new'],
    ['of a group in the path', { devicesToAdd: [DEVICE] }, '/m2m/v1/groups/0342/name/East', 'PUT'],
  ])('%s', (_, body, path, method) => {
    expect(wideOf(body, path, method)).toBe(true);
  });
});

describe('a selector that ThingSpace certainly reads', () => {
  test.each<[object | '', string, string, string[]]>([
    [{ accountName: '0342', groupName: 'East' }, 'POST', SUSPEND, ['accountName', 'groupName']],
    [{ accountName: '0342' }, 'POST', '/m2m/v1/devices/actions/list', ['accountName']],
    ['', 'GET', '/m2m/v1/groups/0342/name/East', ['accountName', 'groupName']],
    // The account to which devices move restricts nothing.
    [{ accountName: '0342' }, 'PUT', '/m2m/v1/devices/actions/move', []],
    [{ AccountName: '0342' }, 'POST', SUSPEND, []],
    [{ accountName: ' ' }, 'POST', SUSPEND, []],
    [{ accountName: '0342' }, 'POST', '/m2m/v1/devices/usage/actions/list', []],
    [{ accountName: '0342' }, 'POST', '/m2m/v1/new', []],
    [[{ accountName: '0342' }], 'POST', SUSPEND, []],
  ])('in %j to %s %s is %j', (body, method, path, own) => {
    expect(read(body, { method, path }).own).toEqual(own);
  });
});

test('reads the descriptions of GET without a body', () => {
  expect(get('/m2m/v1/plans/0342-1')).toMatchObject({ text: '', subjects: { devices: [] } });
});
