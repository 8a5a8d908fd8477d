import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Outcome, ReadableAnswer } from '../../../lambda/thingspace/api.ts';
import { meaningOf } from '../../../lambda/thingspace/codes.ts';
import { createRestApi, type RestApi } from '../../../lambda/thingspace/rest/api.ts';
import { http, serve } from '../servers.ts';
import {
  type Answer,
  CREDENTIAL,
  type Gateway,
  json,
  KEY,
  LIMITS,
  SESSION,
  startGateway,
  tokenAnswer,
} from './gateway.ts';

/** The table of docs/thingspace-api.md, "Errors over REST": what an answer proves at log-in, reset and log-out. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  gateway.requests.length = 0;
});
afterAll(() => gateway.close());

const fault = (code: string | number) => ({
  fault: {
    code,
    type: 'Status report',
    message: 'Invalid Credentials',
    description: 'Access failure for API',
  },
});
const flat = (code: string | number) => ({ code, message: 'Invalid Credentials', description: 'x' });
const xml = (code: string, space = '') =>
  `<am:fault xmlns:am="http://wso2.org/apimanager${space}"><am:code>${code}</am:code><am:type>Status report</am:type></am:fault>`;
const asXml = { 'Content-Type': 'application/xml; charset=UTF-8' };
const m2m = (code: string) => ({ errorCode: `UnifiedWebService.${code}`, errorMessage: 'text that changes' });
const HTML = '<html><body>502 Bad Gateway</body></html>';
const asHtml = { 'Content-Type': 'text/html' };

/** `counts`: as a failed log-in. */
type Expected = { outcome: string; counts: boolean; proof?: 'proven' | 'probable' | false };

const logInEnd = (outcome: Outcome<unknown>): Expected => ({
  outcome: outcome.outcome,
  counts:
    outcome.outcome === 'unknown' ||
    (outcome.outcome === 'refused' && meaningOf(outcome.code, 'rest').logInCounts),
});
const resetEnd = (read: Outcome<string>): Expected => {
  if (read.outcome !== 'refused')
    return { outcome: read.outcome, counts: read.outcome === 'unknown', proof: false };
  const { exchangeCounts, exchangeChangedNothing } = meaningOf(read.code, 'rest');
  return { outcome: 'refused', counts: exchangeCounts, proof: exchangeChangedNothing };
};

const ends: Record<string, { logIn: Expected; reset: Expected }> = {
  'bearer refused': {
    logIn: { outcome: 'refused', counts: false },
    reset: { outcome: 'refused', counts: false, proof: 'proven' },
  },
  'refused, counts': {
    logIn: { outcome: 'refused', counts: true },
    reset: { outcome: 'refused', counts: true, proof: false },
  },
  'not read': {
    logIn: { outcome: 'refused', counts: false },
    reset: { outcome: 'refused', counts: false, proof: 'proven' },
  },
  'refused by ThingSpace': {
    logIn: { outcome: 'refused', counts: true },
    reset: { outcome: 'refused', counts: true, proof: 'probable' },
  },
  'session gone': {
    logIn: { outcome: 'refused', counts: true },
    reset: { outcome: 'refused', counts: false, proof: 'probable' },
  },
  unknown: {
    logIn: { outcome: 'unknown', counts: true },
    reset: { outcome: 'unknown', counts: true, proof: false },
  },
  done: {
    logIn: { outcome: 'done', counts: false },
    reset: { outcome: 'done', counts: false, proof: false },
  },
  'never sent': {
    logIn: { outcome: 'never-sent', counts: false },
    reset: { outcome: 'never-sent', counts: false, proof: false },
  },
};
/** Whole objects that are not errors: of the answer to a log-out no value is read. */
const ENDS_SESSION = /^200 with (?:\{\}|the value (?!00123456))|^a value twice|^a second value deeper/;
const BOTH = { newPassword: 'kL2mN4pQ6rS8', sessionToken: SESSION };

const rows: [line: string, what: string, end: string, answer: Answer][] = [
  ...['900901', '900902', '900903', '900904'].flatMap((code): typeof rows => [
    ['3', `${code}, nested`, 'bearer refused', json(401, fault(code))],
    ['3', `${code} as a number, nested`, 'bearer refused', json(401, fault(Number(code)))],
    ['3', `${code}, flat`, 'bearer refused', json(401, flat(code))],
    ['3', `${code}, XML`, 'bearer refused', http(401, xml(code, '/security'), asXml)],
    ['3', `${code} with another status`, 'unknown', json(500, fault(code))],
    ['3', `${code} of another namespace`, 'unknown', http(401, xml(code), asXml)],
    ['3', `${code} in the form of ThingSpace’s own`, 'unknown', json(401, { errorCode: code })],
    ['3', `${code} as ThingSpace’s own`, 'refused, counts', json(400, { errorCode: code })],
    ['3', `${code} of our spelling`, 'refused, counts', json(400, { errorCode: `Gateway.${code}` })],
  ]),
  ...['900905', '900907', '900908', '900909', '900910'].flatMap((code): typeof rows => [
    ['4', code, 'refused, counts', json(403, fault(code))],
    ['4', code, 'refused, counts', json(401, fault(code))],
  ]),
  ['4', '700700', 'refused, counts', json(503, fault('700700'))],
  ['5', '900906', 'refused, counts', json(400, fault('900906'))],
  ['5', '900906', 'refused, counts', json(404, flat(900906))],
  ['5', 'XML with code 404', 'refused, counts', http(403, xml('404'), asXml)],
  ...['900800', '900801', '900802', '900803', '900804', '900805', '900806', '900807'].map(
    (code): (typeof rows)[number] => ['6', code, 'refused, counts', json(429, fault(code))],
  ),
  ['6', '900800, XML', 'refused, counts', http(503, xml('900800', '/throttling'), asXml)],
  ['6', '303001', 'refused, counts', json(503, fault('303001'))],
  ['7', '429 with other JSON', 'unknown', json(429, { message: 'slow down' })],
  ['7', '429 without a body', 'unknown', http(429, '')],
  ['7', '503 with plain text', 'unknown', http(503, 'later', { 'Content-Type': 'text/plain' })],
  ...['900900', '101503', '101508'].map((code): (typeof rows)[number] => [
    '8',
    code,
    'refused, counts',
    json(500, fault(code)),
  ]),
  ...['101504', '101505', '101506', '101507', '101509', '101510', '1015041', '102504'].map(
    (code): (typeof rows)[number] => ['9', code, 'unknown', json(504, fault(code))],
  ),
  ['9', 'HTML', 'unknown', http(502, HTML, asHtml)],
  ['9', 'an empty 504', 'unknown', http(504, '')],
  [
    '9',
    'a cut refusal',
    'unknown',
    (socket) => socket.end(json(400, m2m('DeserializationFailed')).subarray(0, -1)),
  ],
  ['9', 'silence', 'unknown', (socket) => socket.destroy()],
  ['10', 'DeserializationFailed', 'not read', json(400, m2m('DeserializationFailed'))],
  ['10', 'RequestUndefined', 'not read', json(400, m2m('INPUT_INVALID.RequestUndefined'))],
  [
    '10',
    'the code of a wrong password',
    'refused by ThingSpace',
    json(400, m2m('INPUT_INVALID.Password.Invalid')),
  ],
  [
    '10',
    'InvalidCharacter',
    'refused by ThingSpace',
    json(400, m2m('INPUT_INVALID.Request.InvalidCharacter')),
  ],
  ['10', 'UnexpectedError', 'refused, counts', json(400, m2m('REQUEST_FAILED.UnexpectedError'))],
  [
    '10',
    'an errorUrl beside the code',
    'not read',
    json(400, { ...m2m('DeserializationFailed'), errorUrl: 'x' }),
  ],
  ['11', 'an unlisted code', 'refused, counts', json(400, m2m('INPUT_INVALID.Username.Locked'))],
  ['12', '400 without a body', 'unknown', http(400, '')],
  ['12', '400 that is not JSON', 'unknown', json(400, '{errorCode:1}')],
  ['12', '400 with a number as code', 'unknown', json(400, { errorCode: 1 })],
  ['12', '400 with an empty code', 'unknown', json(400, { errorCode: '' })],
  ['12', '400 without a code', 'unknown', json(400, { errorMessage: 'x' })],
  ['12', '401 with ThingSpace’s form', 'unknown', json(401, m2m('DeserializationFailed'))],
  ['12', '403 with ThingSpace’s form', 'unknown', json(403, m2m('REQUEST_FAILED.SessionToken.Expired'))],
  ['12', '403 with HTML', 'unknown', http(403, HTML, asHtml)],
  ...[
    'REQUEST_FAILED.SessionToken.Expired',
    'REQUEST_FAILED.SessionToken.Format',
    'INPUT_INVALID.SessionToken.Invalid',
  ].map((code): (typeof rows)[number] => ['13', code, 'session gone', json(400, m2m(code))]),
  ...[m2m('DeserializationFailed'), fault('900901'), flat('900901')].flatMap((error): typeof rows => [
    ['15', 'an error under 200', 'unknown', json(200, error)],
    [
      '15',
      'an error under 200',
      'unknown',
      json(200, { ...error, newPassword: 'kL2m', sessionToken: SESSION }),
    ],
  ]),
  ['14', 'the value', 'done', json(200, BOTH)],
  ['14', 'the value behind a head of 60 KB', 'done', json(200, BOTH, { 'Set-Cookie': 'x'.repeat(60_000) })],
  ['14', 'the value behind a byte order mark', 'done', json(200, `\uFEFF${JSON.stringify(BOTH)}`)],
  ['14', 'the value in plain text by its header', 'done', json(200, BOTH, { 'Content-Type': 'text/plain' })],
  [
    '14',
    'the value without a length, on a connection that stays open',
    'done',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n\r\n${JSON.stringify(BOTH)}`),
  ],
  ['15', 'an XML fault under 200', 'unknown', http(200, xml('900901', '/security'), asXml)],
  ...[{}, [], null, 1, 'text'].map((value): (typeof rows)[number] => [
    '16',
    `200 with ${JSON.stringify(value)}`,
    'unknown',
    json(200, JSON.stringify(value)),
  ]),
  ...['null', '""', '1e10', '["x"]', '{"a":"x"}', 'true', '"\\ud800"', '" \\n"', '00123456'].map(
    (value): (typeof rows)[number] => [
      '16',
      `200 with the value ${value}`,
      'unknown',
      json(200, `{"newPassword":${value},"sessionToken":${value}}`),
    ],
  ),
  [
    '16',
    'a value twice',
    'unknown',
    json(200, '{"newPassword":"a","newPassword":"a","sessionToken":"a","sessionToken":"a"}'),
  ],
  [
    '16',
    'a value twice, once with escapes',
    'unknown',
    json(200, '{"newPassword":"a","\\u006eewPassword":"b","sessionToken":"a","session\\u0054oken":"b"}'),
  ],
  [
    '16',
    'a second value deeper',
    'unknown',
    json(200, '{"newPassword":"a","x":[{"newPassword":"b"}],"sessionToken":"a","y":{"sessionToken":"b"}}'),
  ],
  ['16', 'two documents', 'unknown', json(200, '{"newPassword":"a","sessionToken":"a"}{}')],
  ['16', 'bytes behind the document', 'unknown', json(200, '{"newPassword":"a","sessionToken":"a"}\0')],
  [
    '16',
    'a declared coding',
    'unknown',
    json(200, { newPassword: 'a', sessionToken: 'a' }, { 'Content-Encoding': 'gzip' }),
  ],
  [
    '16',
    'another charset',
    'unknown',
    json(
      200,
      { newPassword: 'é', sessionToken: 'é' },
      { 'Content-Type': 'application/json; charset=latin1' },
    ),
  ],
  [
    '16',
    'UTF-16',
    'unknown',
    http(200, Buffer.from('{"newPassword":"a","sessionToken":"a"}', 'utf16le'), {
      'Content-Type': 'application/json',
    }),
  ],
  [
    '16',
    'too many levels',
    'unknown',
    json(200, `{"newPassword":"a","sessionToken":"a","x":${'['.repeat(40)}${']'.repeat(40)}}`),
  ],
  ...[201, 202, 206, 301, 307, 308, 600, 199].map((status): (typeof rows)[number] => [
    '17',
    `status ${status}`,
    'unknown',
    json(status, { newPassword: 'a', sessionToken: 'a' }, { Location: 'http://127.0.0.1:1/' }),
  ]),
  ['17', 'status 204', 'unknown', http(204, '')],
  [
    '18',
    'a value inside of an error',
    'unknown',
    json(400, { ...m2m('DeserializationFailed'), newPassword: 'a' }),
  ],
  [
    '18',
    'a value inside of a bearer error',
    'unknown',
    json(401, { ...fault('900901'), x: { newPassword: 'a' } }),
  ],
  [
    '18',
    'a value in SOAP’s spelling inside of an error',
    'unknown',
    json(400, { ...m2m('DeserializationFailed'), NewPassword: 'a' }),
  ],
  [
    '18',
    'a value inside of an XML fault',
    'unknown',
    http(401, xml('900901<newPassword>a</newPassword>', '/security'), asXml),
  ],
  [
    '19',
    'the token service’s form',
    'unknown',
    json(401, { error: 'invalid_client', error_description: 'x' }),
  ],
  [
    '19',
    'another product’s form',
    'unknown',
    json(401, { error: 'unauthorized', error_description: 'x', cause: 'y' }),
  ],
  ['', 'two forms at once', 'unknown', json(401, { ...fault('900901'), ...m2m('DeserializationFailed') })],
  ['', 'a code twice', 'unknown', json(400, '{"errorCode":"DeserializationFailed","errorCode":"x"}')],
  ['', 'a nested code twice', 'unknown', json(401, '{"fault":{"code":"900901","\\u0063ode":"900905"}}')],
  ['', 'a fault twice', 'unknown', json(401, '{"fault":{"code":"900901"},"fault":{"code":"900901"}}')],
  ['', 'a fault that is text', 'unknown', json(401, { fault: '900901' })],
  ['', 'an unlisted code of the gateway', 'unknown', json(401, fault('900999'))],
];

/** Logs in and resets, which must end as the line says; returns the outcome of a log-out. */
async function callAll(api: RestApi, end: string): Promise<string> {
  expect(logInEnd(await api.logIn(CREDENTIAL, LIMITS))).toEqual(ends[end]?.logIn);
  const raw = await api.getNewPassword({ token: SESSION, ...KEY }, 'old', LIMITS);
  const read = raw.outcome === 'answered' ? api.readNewPassword(raw as ReadableAnswer) : raw;
  expect(resetEnd(read)).toEqual(ends[end]?.reset);
  return (await api.logOut({ token: SESSION, ...KEY }, LIMITS)).outcome;
}

describe('an answer over REST proves what its line of the table says', () => {
  test.each(rows)('line %s: %s is %s', async (_line, what, end, answer) => {
    gateway.answers.splice(0, 9, answer);
    const logOut = await callAll(gateway.api, end);
    const read = end === 'done' || end === 'unknown' ? end : 'refused';
    expect(logOut).toBe(ENDS_SESSION.test(what) ? 'done' : read);
    // Each was sent once: the same bearer came again, so no log-in was repeated.
    expect(gateway.paths().filter((path) => !path.includes('token'))).toEqual([
      'POST /api/m2m/v1/session/login',
      'PUT /api/m2m/v1/session/password/actions/reset',
      'POST /api/m2m/v1/session/logout',
    ]);
  });

  test('line 1: a refused connection is never sent', async () => {
    const { port, close } = await serve((socket) => socket.end(tokenAnswer()));
    const gone = await serve(() => undefined);
    await gone.close();
    const addresses = {
      baseUrl: `http://127.0.0.1:${gone.port}/api/m2m/v1`,
      tokenUrl: `http://127.0.0.1:${port}/api/ts/v1/oauth2/token`,
      tokenHostMayDiffer: true,
    };
    expect(await callAll(createRestApi(addresses, gateway.clock), 'never sent')).toBe('never-sent');
    await close();
  });

  test.each([
    ['2a', json(401, { error: 'invalid_client' })],
    ['2b', json(400, { error: 'invalid_request' })],
    ['2c', json(200, { token_type: 'Bearer' })],
    ['2d', http(403, xml('404'), asXml)],
    ['2e', http(503, HTML, asHtml)],
  ])('line %s: without a bearer nothing is sent', async (_line, answer) => {
    const before = gateway.tokens.splice(0, 9, answer);
    // Another process: it has no bearer yet.
    const api = createRestApi(gateway.addresses, gateway.clock);
    expect(await callAll(api, 'never sent')).toBe('never-sent');
    gateway.tokens.splice(0, 9, ...before);
    expect(gateway.paths().filter((path) => !path.includes('token'))).toEqual([]);
  });
});
