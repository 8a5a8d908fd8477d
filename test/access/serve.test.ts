import { describe, expect, test } from 'vitest';
import { deviceSubject, wideOfMonth } from '../../lambda/access/audit.ts';
import { MAX_FORWARDED_BYTES } from '../../lambda/access/forward.ts';
import type { Rule } from '../../lambda/access/policy.ts';
import {
  ACCOUNT,
  answered,
  changeOf,
  createAccessWorld,
  DEVICE,
  envelopeOf,
  OPS,
  POLICY,
  PORTAL,
  requestOf,
  responseTo,
  seen,
  VIEWER,
} from './access-world.ts';
import { SOAP, V2 } from './arbitrary-envelope.ts';

const ADDRESSING = 'http://www.w3.org/2005/08/addressing';
const stateChangeOf = (change: string, caller = OPS, user?: string) => ({
  service: 'CarrierService',
  operation: 'ChangeDeviceState',
  body: `<v:ChangeDeviceState><v:Input xmlns:c="urn:c">${change}<c:DeviceIdentifier><c:Identifier>${DEVICE}</c:Identifier><c:Kind>ICCID</c:Kind></c:DeviceIdentifier></v:Input></v:ChangeDeviceState>`,
  caller,
  headers: user === undefined ? {} : { 'x-on-behalf-of': user },
});

describe('a request that a rule allows', () => {
  test('gets ThingSpace’s answer, byte for byte, and is recorded as sent', async () => {
    const world = await createAccessWorld();
    const answer = await world.start().call(requestOf());
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/xml; charset=utf-8' } });
    expect(seen(answer).text).toBe(responseTo('GetDeviceList'));
    expect(world.records()).toMatchObject([
      {
        caller: OPS,
        operation: 'GetDeviceList',
        credential: 'fleet',
        rule: 'operations',
        outcome: 'sent',
      },
    ]);
  });

  test('is recorded as done when it changes something', async () => {
    const world = await createAccessWorld();
    await world.start().call(requestOf(changeOf(DEVICE)));
    expect(world.records()).toMatchObject([{ outcome: 'done', sends: 1 }]);
  });

  test('is found by its devices and its caller', async () => {
    const world = await createAccessWorld();
    await world.start().call(requestOf(changeOf(DEVICE, '99000512345678')));
    const [record] = world.records();
    expect(record).toMatchObject({
      devices: [
        { kind: 'ICCID', identifier: DEVICE },
        { kind: 'ICCID', identifier: '99000512345678' },
      ],
    });
    for (const subject of [deviceSubject(DEVICE), deviceSubject('99000512345678')]) {
      expect(world.pointers(subject).map(({ recordItem }) => recordItem)).toEqual([record?.item]);
    }
    expect(record).toMatchObject({
      subject: `by#${new Date(Number(record?.at)).toISOString().slice(0, 10)}#arn:aws:iam::${ACCOUNT}:role/operations`,
      item: expect.stringMatching(`^${OPS.toLowerCase()}#`),
    });
    expect(world.pointers(wideOfMonth(Number(record?.at)))).toEqual([]);
  });

  test('is recorded with its accounts and groups when it names no device', async () => {
    const world = await createAccessWorld();
    const body =
      '<v:ChangeDeviceState><v:Input xmlns:c="urn:c"><c:AccountName>0342-1</c:AccountName><c:Suspend/><c:DeviceGroupName>All</c:DeviceGroupName></v:Input></v:ChangeDeviceState>';
    await world.start().call(requestOf({ service: 'CarrierService', operation: 'ChangeDeviceState', body }));
    const [record] = world.records();
    expect(record).toMatchObject({
      devices: [],
      groups: ['AccountName 0342-1', 'DeviceGroupName All'],
      kind: 'Suspend',
    });
    const pointers = world.pointers(wideOfMonth(Number(record?.at)));
    expect(pointers.map(({ recordItem }) => recordItem)).toEqual([record?.item]);
  });

  test('records ThingSpace’s fault as refused with its code, and returns the fault', async () => {
    const world = await createAccessWorld();
    world.link.fault = 'UnifiedWebService.REQUEST_FAILED.UnexpectedError';
    const answer = await world.start().call(requestOf());
    expect(seen(answer)).toMatchObject({
      status: 500,
      text: expect.stringContaining('REQUEST_FAILED.UnexpectedError'),
    });
    expect(world.records()).toMatchObject([{ outcome: 'refused', code: 'REQUEST_FAILED.UnexpectedError' }]);
  });

  test('may come with a SOAPAction without quotes', async () => {
    const world = await createAccessWorld();
    await world.start().call(requestOf({ headers: { soapaction: `${V2}/IDeviceService/GetDeviceList` } }));
    expect(world.records()).toMatchObject([{ outcome: 'sent' }]);
  });

  test('shares one session with the requests of other callers', async () => {
    const world = await createAccessWorld();
    const { call } = world.start();
    await Promise.all([
      call(requestOf()),
      call(requestOf({ caller: VIEWER })),
      world.start().call(requestOf()),
    ]);
    expect(world.truth().logIns).toBe(1);
    expect(world.tokens.size).toBe(1);
  });
});

describe('authorization', () => {
  test('denies a user without the right by a fault with the rule’s name, and records it', async () => {
    const world = await createAccessWorld();
    const answer = await world.start().call(requestOf({ ...changeOf(DEVICE), caller: VIEWER }));
    expect(seen(answer)).toMatchObject({ status: 500, code: 'AccessDenied', rule: 'denied-by-default' });
    expect(seen(answer).message).toContain(VIEWER);
    expect(world.executed).toEqual([]);
    expect(world.truth().logIns).toBe(0);
    expect(world.records()).toMatchObject([{ caller: VIEWER, outcome: 'denied', rule: 'denied-by-default' }]);
    expect(world.pointers(deviceSubject(DEVICE))).toHaveLength(1);
  });

  test('records three devices of a denial and their number, so a denied caller fills no table', async () => {
    const world = await createAccessWorld();
    const devices = Array.from({ length: 200 }, (_, n) => `8914${n}`);
    await world.start().call(requestOf({ ...changeOf(...devices), caller: VIEWER }));
    const [record] = world.records();
    expect(record).toMatchObject({ outcome: 'denied', deviceCount: 200, groupCount: 0 });
    expect(record?.devices).toHaveLength(3);
    // The counter, the record, three devices, and the caller of the day.
    expect(world.items.size).toBe(6);
  });

  test.each([
    ['no XML', '<'],
    ['2 MB', envelopeOf(' '.repeat(2_000_000))],
    ['another operation', envelopeOf('<v:GetDeviceList/>')],
    ['elements without end', envelopeOf('<a/>'.repeat(30_000))],
    ['a device that cannot be recorded', envelopeOf(changeOf('9'.repeat(65)).body)],
    [
      'more devices than are recorded',
      envelopeOf(changeOf(...Array.from({ length: 201 }, (_, n) => `9${n}`)).body),
    ],
  ])('denies an unauthorized caller before parsing the envelope (%s)', async (_, envelope) => {
    const world = await createAccessWorld();
    const answer = await world.start().call(requestOf({ ...changeOf(DEVICE), envelope, caller: VIEWER }));
    expect(seen(answer)).toMatchObject({ code: 'AccessDenied', rule: 'denied-by-default' });
    expect(world.counted).toEqual(['AccessDenied']);
    expect(world.records()).toMatchObject([{ caller: VIEWER, outcome: 'denied', devices: [], groups: [] }]);
  });

  test('denies an unauthorized caller whose envelope is not UTF-8', async () => {
    const world = await createAccessWorld();
    const event = requestOf({ ...changeOf(DEVICE), caller: VIEWER });
    const answer = await world.start().call({ ...event, body: Buffer.from([0xff]).toString('base64') });
    expect(seen(answer).code).toBe('AccessDenied');
    expect(world.records()).toMatchObject([{ outcome: 'denied', devices: [] }]);
  });

  test('matches a role by its name, whatever the name of the session', async () => {
    const world = await createAccessWorld();
    const pretends = 'arn:aws:sts::111122223333:assumed-role/viewer/operations';
    const answer = await world.start().call(requestOf({ caller: pretends }));
    expect(seen(answer).code).toBe('AccessDenied');
  });

  test('lets a trusted app speak for a user, by the user’s rights, and records both', async () => {
    const world = await createAccessWorld();
    const { call } = world.start();
    const as = (user: string) => ({
      ...changeOf(DEVICE),
      caller: PORTAL,
      headers: { 'x-on-behalf-of': user },
    });
    expect(seen(await call(requestOf(as('alice@example.com')))).status).toBe(200);
    expect(seen(await call(requestOf(as('bob@example.com')))).code).toBe('AccessDenied');
    expect(seen(await call(requestOf({ ...as(''), headers: {} }))).code).toBe('AccessDenied');
    expect(world.records()).toMatchObject([
      { user: 'alice@example.com', caller: PORTAL, outcome: 'done' },
      { user: 'bob@example.com', caller: PORTAL, outcome: 'denied' },
      { caller: PORTAL, outcome: 'denied' },
    ]);
    expect(world.records()[0]?.item).toMatch(/^alice@example\.com#/);
  });

  test('denies a caller who speaks for another user without a rule that allows it', async () => {
    const world = await createAccessWorld();
    const answer = await world
      .start()
      .call(requestOf({ caller: VIEWER, headers: { 'x-on-behalf-of': 'alice@example.com' } }));
    expect(seen(answer)).toMatchObject({ code: 'AccessDenied', rule: 'speaks-for-others' });
    expect(world.records()[0]?.user).toBeUndefined();
  });

  test.each([
    ['SessionService', 'LogIn'],
    ['SessionService', 'LogOut'],
    ['SessionService', 'GetSomething'],
    ['sessionservice', 'GetSomething'],
    ['AccountService', 'GetNewPassword'],
    ['AccountService', 'GetNewInactivePassword'],
    ['AccountService', 'ActivatePassword'],
    ['DeviceService', 'LogIn'],
  ])('%s/%s never passes, whatever the policy allows', async (service, operation) => {
    const world = await createAccessWorld();
    const answer = await world.start().call(requestOf({ service, operation }));
    expect(seen(answer)).toMatchObject({ code: 'AccessDenied', rule: 'never-forwarded' });
    expect(world.executed).toEqual([]);
  });
});

describe('a state change', () => {
  const byAlice = (change: string) => requestOf(stateChangeOf(change, PORTAL, 'alice@example.com'));

  test.each(['Activate', 'Suspend', 'Restore', 'Reconnect'])(
    'is allowed by a pattern without a kind when it can be taken back: %s',
    async (kind) => {
      const world = await createAccessWorld();
      expect(seen(await world.start().call(byAlice(`<c:${kind}/>`))).status).toBe(200);
      expect(world.records()).toMatchObject([{ kind, rule: 'portal-users', outcome: 'done' }]);
    },
  );

  test.each([
    ['<c:Deactivate/>', 'Deactivate'],
    ['<c:Unheard/>', undefined],
  ])('is denied and recorded when it cannot, or is not known: %s', async (change, kind) => {
    const world = await createAccessWorld();
    const answer = await world.start().call(byAlice(change));
    expect(seen(answer)).toMatchObject({ code: 'AccessDenied', rule: 'denied-by-default' });
    if (kind) expect(seen(answer).message).toContain(`call ChangeDeviceState/${kind} with fleet`);
    expect(world.executed).toEqual([]);
    const [record, ...others] = world.records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ operation: 'ChangeDeviceState', outcome: 'denied' });
    expect(record?.kind).toBe(kind);
    expect(world.pointers(deviceSubject(DEVICE))).toHaveLength(1);
  });

  test('is allowed by an asterisk alone, whatever its kind', async () => {
    const world = await createAccessWorld();
    const { call } = world.start();
    for (const change of ['<c:Deactivate/>', '<c:Unheard/>']) {
      expect(seen(await call(requestOf(stateChangeOf(change)))).status).toBe(200);
    }
    expect(world.records()).toMatchObject([
      { kind: 'Deactivate', rule: 'operations' },
      { rule: 'operations' },
    ]);
  });

  test('is recorded with its kind when the caller may change no state at all', async () => {
    const world = await createAccessWorld();
    await world.start().call(requestOf(stateChangeOf('<c:Deactivate/>', VIEWER)));
    expect(world.records()).toMatchObject([{ kind: 'Deactivate', outcome: 'denied' }]);
  });
});

describe('a rule for one account', () => {
  const policy = {
    rules: [{ ...POLICY.rules[0], name: 'account', accounts: ['0342-1'] } as Rule],
    speakers: [],
  };
  const inputOf = (members: string) =>
    requestOf({
      body: `<v:GetDeviceList><v:Input xmlns:c="http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.DeviceService">${members}</v:Input></v:GetDeviceList>`,
    });
  const listOf = (account: string) => inputOf(`<c:AccountName>${account}</c:AccountName>`);

  test('denies and records a request with the account where ThingSpace does not read it', async () => {
    const world = await createAccessWorld({ policy });
    const decoy = '<d:D xmlns:d="urn:d"><c:AccountName>0342-1</c:AccountName></d:D>';
    expect(seen(await world.start().call(inputOf(decoy)))).toMatchObject({ code: 'AccessDenied' });
    expect(world.executed).toHaveLength(0);
    expect(world.records()).toMatchObject([{ outcome: 'denied', groups: ['AccountName 0342-1'] }]);
  });

  test('gives the requests that name it, and denies and records the others', async () => {
    const world = await createAccessWorld({ policy });
    const { call } = world.start();
    expect(seen(await call(listOf('0342-1'))).status).toBe(200);
    expect(seen(await call(listOf('0777-1')))).toMatchObject({ code: 'AccessDenied' });
    expect(seen(await call(requestOf()))).toMatchObject({ code: 'AccessDenied' });
    expect(world.executed).toHaveLength(1);
    expect(world.records()).toMatchObject([
      { outcome: 'sent', rule: 'account', groups: ['AccountName 0342-1'] },
      { outcome: 'denied', groups: ['AccountName 0777-1'] },
      { outcome: 'denied', groups: [] },
    ]);
  });
});

describe('a contradiction', () => {
  const withHeader = (blocks: string) =>
    requestOf({ envelope: envelopeOf('<v:GetDeviceList/>', `<s:Header>${blocks}</s:Header>`) });
  test.each([
    ['SOAPAction against Body', requestOf({ body: '<v:GetNewPassword/>' })],
    [
      'an action in the header',
      withHeader(`<a:Action xmlns:a="${ADDRESSING}">${V2}/IAccountService/X</a:Action>`),
    ],
    ['two changes of state', requestOf(stateChangeOf('<c:Suspend/><c:Deactivate/>'))],
    ['a second token', withHeader('<v:token>a</v:token><v:token>b</v:token>')],
  ])('is not sent, and is recorded and counted as an attempt: %s', async (_, event) => {
    const world = await createAccessWorld();
    const answer = await world.start().call(event);
    expect(seen(answer)).toMatchObject({ status: 500, code: 'AccessDenied', rule: 'contradiction' });
    expect(world.executed).toEqual([]);
    expect(world.counted).toEqual(['AccessDenied']);
    expect(world.records()).toMatchObject([
      { caller: OPS, operation: expect.any(String), rule: 'contradiction', outcome: 'denied', sends: 0 },
    ]);
  });
});

describe('refused before anything is sent', () => {
  const body = envelopeOf('<v:GetDeviceList/>');
  const onBehalfOf = (user: string) => requestOf({ caller: PORTAL, headers: { 'x-on-behalf-of': user } });
  const unknownCallers: Record<string, unknown> = {
    'a direct Invoke': { rawPath: '/fleet/DeviceService.svc', body },
    'no event at all': null,
    'a caller that only the body names': {
      ...requestOf(),
      requestContext: { requestId: 'a', http: { method: 'POST' } },
      userArn: OPS,
    },
    'a name that is no ARN': requestOf({ caller: 'operations' }),
  };
  const refused: Record<string, unknown> = {
    'a user name with a line break': onBehalfOf('a\nb'),
    'a user name without end': onBehalfOf('a'.repeat(129)),
    'two names of users, joined by whoever joins headers': onBehalfOf('alice@example.com,bob@example.com'),
    'a user who is called like a principal of AWS': onBehalfOf('ARN:aws:iam::111122223333:role/operations'),
    'a GET': requestOf({ method: 'GET' }),
    'a path that climbs': requestOf({ path: '/fleet/../DeviceService.svc' }),
    'a query': requestOf({ query: 'wsdl' }),
    'SOAP 1.2’s content type': requestOf({ headers: { 'content-type': 'application/soap+xml' } }),
    'another charset': requestOf({ headers: { 'content-type': 'text/xml; charset=utf-16' } }),
    'a compressed body': requestOf({ headers: { 'content-encoding': 'gzip' } }),
    'no SOAPAction': requestOf({ headers: { soapaction: '' } }),
    'two SOAPActions': requestOf({
      headers: { soapaction: `"${V2}/IDeviceService/A","${V2}/IDeviceService/B"` },
    }),
    'a SOAPAction of another service': requestOf({
      headers: { soapaction: `"${V2}/IAccountService/GetDeviceList"` },
    }),
    'two Bodies': requestOf({ envelope: body.replace('</s:Envelope>', '<s:Body/></s:Envelope>') }),
    'a DOCTYPE': requestOf({ envelope: `<!DOCTYPE a>${body}` }),
    '6 MB': requestOf({ envelope: body.replace('<v:', `${' '.repeat(6_000_000)}<v:`) }),
    'bytes that are not UTF-8': { ...requestOf(), body: Buffer.from([0x3c, 0xff]).toString('base64') },
    'more devices than are recorded': requestOf(changeOf(...Array.from({ length: 201 }, (_, n) => `9${n}`))),
    'a device that cannot be recorded': requestOf(changeOf('9'.repeat(65))),
    'a device that only looks like another one': requestOf(changeOf('\uff18\uff19')),
    'a header of WS-Addressing': requestOf({
      envelope: envelopeOf(
        '<v:GetDeviceList/>',
        `<s:Header><a:To xmlns:a="${ADDRESSING}">x</a:To></s:Header>`,
      ),
    }),
    'a credential that does not exist': requestOf({ caller: VIEWER, credential: 'other' }),
  };
  const withCode = (code: string, events: Record<string, unknown>) =>
    Object.entries(events).map(([what, event]): [string, unknown, string] => [what, event, code]);
  test.each([...withCode('CallerUnknown', unknownCallers), ...withCode('RequestRefused', refused)])(
    '%s',
    async (_, event, code) => {
      const world = await createAccessWorld();
      const answer = await world.start().call(event);
      expect(seen(answer)).toMatchObject({ status: 500, code });
      expect(world.executed).toEqual([]);
      expect(world.truth().logIns).toBe(0);
      expect(world.records()).toEqual([]);
    },
  );

  test('ignores a user that the envelope names as its caller', async () => {
    const world = await createAccessWorld();
    const header = `<s:Header><user xmlns="urn:x">${OPS}</user></s:Header>`;
    const envelope = envelopeOf(changeOf(DEVICE).body, header);
    const answer = await world.start().call(requestOf({ ...changeOf(DEVICE), envelope, caller: VIEWER }));
    expect(seen(answer).code).toBe('AccessDenied');
    expect(world.records()).toMatchObject([{ caller: VIEWER }]);
  });

  test('never sends a smuggled token to ThingSpace', async () => {
    const world = await createAccessWorld();
    const header = `<s:Header><v:token>smuggled</v:token></s:Header>`;
    await world.start().call(requestOf({ envelope: envelopeOf('<v:GetDeviceList/>', header) }));
    expect(world.executed).toHaveLength(1);
    expect(world.executed[0]?.source).not.toContain('smuggled');
  });

  test('throttles one caller beyond its requests of a minute, and no other caller', async () => {
    const world = await createAccessWorld({ requestsPerMinute: 2 });
    const { call } = world.start();
    const codes = [];
    for (let n = 0; n < 3; n += 1) codes.push(seen(await call(requestOf())).code);
    expect(codes).toEqual([undefined, undefined, 'Throttled']);
    expect(seen(await call(requestOf({ caller: VIEWER }))).status).toBe(200);
    world.advance(60_000);
    expect(seen(await call(requestOf())).status).toBe(200);
    expect(world.executed).toHaveLength(4);
  });

  test('counts the sessions of one role together in a minute, across processes', async () => {
    const world = await createAccessWorld({ requestsPerMinute: 1 });
    await world.start().call(requestOf());
    const answer = await world.start().call(requestOf({ caller: OPS.replace('ann', 'another') }));
    expect(seen(answer)).toMatchObject({ code: 'Throttled' });
    expect(answer).toMatchObject({ headers: { 'retry-after': '60' } });
  });
});

describe('a session that is gone', () => {
  test('is renewed once, and the request is sent once more', async () => {
    const world = await createAccessWorld({ platform: { logInEndsOlderSessions: true } });
    const { call } = world.start();
    await call(requestOf(changeOf(DEVICE)));
    world.platform.logIn(world.truth().username, world.truth().password);
    expect(seen(await call(requestOf(changeOf(DEVICE)))).status).toBe(200);
    expect(world.executed).toHaveLength(2);
    expect(world.records().map(({ sends }) => sends)).toEqual([1, 2]);
  });

  test('returns ThingSpace’s fault, after four attempts, when each new session has expired too', async () => {
    const world = await createAccessWorld();
    world.link.fault = 'UnifiedWebService.REQUEST_FAILED.SessionToken.Expired';
    const answer = await world.start().call(requestOf());
    expect(seen(answer).text).toContain('SessionToken.Expired');
    expect(world.records()).toMatchObject([
      { outcome: 'refused', code: 'REQUEST_FAILED.SessionToken.Expired', sends: 4 },
    ]);
  });

  test.each([
    ['REQUEST_FAILED.SessionToken.Expired', 4],
    ['REQUEST_FAILED.SessionToken.Format', 4],
    ['INPUT_INVALID.SessionToken.Invalid', 4],
    ['REQUEST_FAILED.SessionTokenish', 1],
    ['REQUEST_FAILED.SessionToken.Limit', 1],
    ['REQUEST_FAILED.Partly.SessionToken.Expired', 1],
  ])('is recognized by the published codes alone: %s, %i sent', async (code, sends) => {
    const world = await createAccessWorld();
    world.link.fault = `UnifiedWebService.${code}`;
    await world.start().call(requestOf());
    expect(world.records()).toMatchObject([{ outcome: 'refused', sends }]);
  });

  test('returns a response that only mentions such a fault', async () => {
    const world = await createAccessWorld();
    const inside = '<s:Fault><faultcode>REQUEST_FAILED.SessionToken.Expired</faultcode></s:Fault>';
    const text = responseTo('GetDeviceList').replace('\u00e9', inside);
    world.link.spoil = () => answered(200, text);
    expect(seen(await world.start().call(requestOf())).text).toBe(text);
    expect(world.records()).toMatchObject([{ outcome: 'sent' }]);
  });
});

describe('an answer that cannot be used', () => {
  test('reports a missing answer as unknown to the caller, and does not repeat the request', async () => {
    const world = await createAccessWorld();
    world.plan.decide = ({ name }) => (name.startsWith('Send') ? 'response-lost' : 'ok');
    const answer = await world.start().call(requestOf(changeOf(DEVICE)));
    expect(seen(answer)).toMatchObject({ code: 'OutcomeUnknown' });
    expect(world.executed).toHaveLength(1);
    expect(world.records()).toMatchObject([{ outcome: 'unknown', sends: 1 }]);
  });

  test('records an answer that broke off as unknown, and returns no part of it', async () => {
    const world = await createAccessWorld();
    world.link.spoil = (answer) => ({ ...answer, complete: false, body: answer.body.subarray(0, 40) });
    expect(seen(await world.start().call(requestOf())).code).toBe('OutcomeUnknown');
    expect(world.records()).toMatchObject([{ outcome: 'unknown', code: 'AnswerBrokeOff' }]);
  });

  test('returns a gateway’s page unchanged, and records it as unknown', async () => {
    const world = await createAccessWorld();
    world.link.spoil = () => ({ ...answered(502, '<html>Bad Gateway</html>'), contentType: 'text/html' });
    const answer = await world.start().call(requestOf());
    expect(answer).toMatchObject({ statusCode: 502, headers: { 'content-type': 'text/html' } });
    expect(seen(answer).text).toBe('<html>Bad Gateway</html>');
    expect(world.records()).toMatchObject([{ outcome: 'unknown', code: 'HTTP 502' }]);
  });

  test.each([101, 204, 304])(
    'returns a response behind HTTP status %d, which has no body, with status 200',
    async (status) => {
      const world = await createAccessWorld();
      world.link.spoil = (answer) => ({ ...answer, httpStatus: status });
      const answer = await world.start().call(requestOf());
      expect(answer).toMatchObject({ statusCode: 200 });
      expect(seen(answer).text).toBe(responseTo('GetDeviceList'));
      expect(world.records()).toMatchObject([{ outcome: 'sent' }]);
    },
  );

  test('withholds an answer that is too large, and records it as unknown', async () => {
    const world = await createAccessWorld();
    world.link.spoil = (answer) => ({ ...answer, complete: false, receivedBytes: MAX_FORWARDED_BYTES + 1 });
    const answer = await world.start().call(requestOf());
    expect(seen(answer)).toMatchObject({ code: 'AnswerWithheld', message: expect.stringContaining('4 MiB') });
    expect(world.records()).toMatchObject([{ outcome: 'unknown', code: 'AnswerTooLarge' }]);
  });

  // Its other spellings are in withheld.test.ts.
  test('withholds an answer that quotes the token, and records its outcome', async () => {
    const world = await createAccessWorld();
    world.link.spoil = () =>
      answered(200, responseTo('GetDeviceList').replace('\u00e9', [...world.tokens].join()));
    const answer = await world.start().call(requestOf());
    expect(seen(answer).code).toBe('AnswerWithheld');
    expect(world.records()).toMatchObject([{ outcome: 'sent' }]);
  });

  test('withholds a compressed answer, which may quote the token unseen', async () => {
    const world = await createAccessWorld();
    world.link.spoil = (answer) => ({ ...answer, contentEncoding: 'gzip' });
    expect(seen(await world.start().call(requestOf()))).toMatchObject({
      code: 'AnswerWithheld',
      message: expect.stringContaining('compressed'),
    });
    expect(world.records()).toMatchObject([{ sends: 1 }]);
  });

  test('reports the reason to the caller, and sends no request, without a session', async () => {
    const world = await createAccessWorld();
    world.storeByHand('Mistyped Marker 1');
    const answer = await world.start().call(requestOf());
    expect(seen(answer)).toMatchObject({
      code: 'NotSent',
      message: expect.stringContaining('store a working password'),
    });
    expect(world.records()).toMatchObject([{ outcome: 'not-sent', code: 'LogInRefusedError', sends: 0 }]);
    expect(world.truth().failures).toBe(1);
    // The function's log has the error's own words, which name the username; the caller does not get them.
    expect(seen(answer).text).not.toContain(world.truth().username);
    expect(world.logged.join()).toContain(world.truth().username);
  });
});

test('writes and returns no password and no token', async () => {
  const world = await createAccessWorld();
  world.link.fault = 'UnifiedWebService.REQUEST_FAILED.UnexpectedError';
  const { call } = world.start();
  const answers = [await call(requestOf()), await call(requestOf({ caller: VIEWER, operation: 'LogIn' }))];
  const written = [
    ...answers.map((answer) => seen(answer).text),
    JSON.stringify([...world.items.values()]),
    ...world.logged,
  ].join('\n');
  expect(world.tokens.size).toBe(1);
  for (const secret of [...world.tokens, ...world.truth().passwords]) expect(written).not.toContain(secret);
});

test('serves an envelope with a default namespace', async () => {
  const world = await createAccessWorld();
  const envelope = `<Envelope xmlns="${SOAP}"><Body><GetDeviceList xmlns="${V2}"/></Body></Envelope>`;
  expect(seen(await world.start().call(requestOf({ envelope }))).status).toBe(200);
});
