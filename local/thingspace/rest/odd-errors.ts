import { CODES } from '../codes.ts';
import type { OddAnswer, OddContext } from './odd-answers.ts';
import { type RestAnswer, SHAPES, wordsOf } from './shapes.ts';

type Letter = NonNullable<OddAnswer['shape']>;
type Write = (status: number, code: string, context: OddContext) => RestAnswer;

/** How each shape is written with a code. Shape G has no code. */
const WRITE: Record<Letter, Write> = {
  A: (status, code) => SHAPES.m2m(status, `UnifiedWebService.${code}`),
  B: (status, code) => SHAPES.nested(status, code, wordsOf(code)),
  C: (status, code) => SHAPES.flat(status, code, wordsOf(code)),
  D: (status, code, { apiKey, bearer }) =>
    SHAPES.oauth(status, code, `A valid OAuth client could not be found for client_id: ${apiKey || bearer}`),
  E: (status, code) =>
    SHAPES.oauth(status, code, 'The request to the UWS V1 REST service failed', { cause: null }),
  F: (status, code) => SHAPES.xml(status, code, wordsOf(code)),
  G: (status, code) => (code === 'empty' ? SHAPES.empty(status) : SHAPES.html(status)),
};

/** Shape, code, the statuses that fit, and others that do not. */
const TABLE: readonly [Letter, string, readonly number[], readonly number[]][] = [
  ['A', CODES.wrongCredentials, [400], [200, 401, 403, 500]],
  ['A', CODES.sessionExpired, [400], [200, 401, 403]],
  ['A', CODES.sessionInvalid, [400], [200, 500]],
  ['A', CODES.sessionFormat, [400], []],
  ['A', CODES.invalidCharacter, [400], [503]],
  ['A', CODES.requestUndefined, [400], [200]],
  ['A', CODES.deserialization, [400], [200, 500]],
  ['A', 'REQUEST_FAILED.UnexpectedError', [400], [500]],
  ['A', 'REQUEST_FAILED.Account.Locked', [400], [200]],
  ['B', '900901', [401], [200, 400, 403, 500]],
  ['B', '900902', [401], [200, 400]],
  ['B', '900903', [401], [400, 403]],
  ['B', '900904', [401], []],
  ['B', '900905', [401], []],
  ['B', '900906', [400, 403, 404, 405], [200]],
  ['B', '900907', [401], []],
  ['B', '900908', [403], [200]],
  ['B', '900909', [403], []],
  ['B', '900910', [403], []],
  ['B', '700700', [503], []],
  ['B', '900800', [429, 503], [200]],
  ['B', '900801', [503], []],
  ['B', '900805', [429], []],
  ['B', '303001', [503, 500], [200]],
  ['B', '900900', [500], []],
  ['B', '101503', [500, 503], []],
  ['B', '101508', [500, 503], []],
  ['B', '101504', [504, 500], [200]],
  ['B', '101507', [502, 500], []],
  ['B', '102504', [504], []],
  ['B', '999999', [], [401]],
  ['C', '900901', [401], [200, 500]],
  ['C', '900902', [401], []],
  ['C', '900908', [403], []],
  ['C', '900800', [429], []],
  ['D', 'invalid_client', [401], [200, 400]],
  ['D', 'invalid_request', [400], []],
  ['D', 'unsupported_grant_type', [400], []],
  ['D', 'invalid_token', [401], []],
  ['E', 'unauthorized', [401], [200, 400]],
  ['F', '404', [403, 404], [200]],
  ['F', '900901', [401], [200, 500]],
  ['F', '900908', [403], []],
  ['F', '900800', [429, 503], []],
  ['F', '101504', [504, 500], []],
  ['G', 'html', [403, 502, 503, 504], [200, 400, 401, 429]],
  ['G', 'empty', [408, 500, 502, 503, 504], [200, 400, 401, 403, 429]],
];

const fromTable = TABLE.flatMap(([shape, code, fitting, others]) =>
  [...fitting, ...others].map(
    (status): OddAnswer => ({
      name: `${shape} ${code} under ${status}`,
      shape,
      fits: fitting.includes(status),
      bytes: (context) => WRITE[shape](status, code, context),
    }),
  ),
);

const alone = (
  name: string,
  shape: Letter,
  fits: boolean,
  bytes: (context: OddContext) => RestAnswer,
): OddAnswer => ({ name, shape, fits, bytes });

const CREDENTIALS = `UnifiedWebService.${CODES.wrongCredentials}`;
const text = (status: number, body: string): RestAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
});

/** Errors whose status, shape, or code is not what the others show, and errors that repeat a secret. */
export const ODD_ERRORS: readonly OddAnswer[] = [
  ...fromTable,
  alone('A with a member more', 'A', true, () =>
    SHAPES.m2m(400, CREDENTIALS, 'text', { errorUrl: 'https://example.com/errors' }),
  ),
  alone('A without a code', 'A', false, () => text(400, '{"errorMessage":"The request failed."}')),
  alone('A with a number for a code', 'A', false, () => text(400, '{"errorCode":17,"errorMessage":"x"}')),
  alone('A with its code twice', 'A', false, () =>
    text(400, `{"errorCode":"${CREDENTIALS}","errorCode":"UnifiedWebService.${CODES.sessionExpired}"}`),
  ),
  alone('A with its code twice, once escaped', 'A', false, () =>
    text(400, `{"errorCode":"${CREDENTIALS}","error\\u0043ode":"UnifiedWebService.${CODES.sessionExpired}"}`),
  ),
  alone('A in an array', 'A', false, () => text(400, `[{"errorCode":"${CREDENTIALS}"}]`)),
  alone('A with text after it', 'A', false, () => text(400, `{"errorCode":"${CREDENTIALS}"}<!-- node 7 -->`)),
  alone('A cut in its middle', 'A', false, () => text(400, `{"errorCode":"${CREDENTIALS}","errorMess`)),
  alone('A with a byte order mark', 'A', false, () => text(400, `\uFEFF{"errorCode":"${CREDENTIALS}"}`)),
  alone('A in UTF-16', 'A', false, () => ({
    ...text(400, ''),
    body: Buffer.from(`{"errorCode":"${CREDENTIALS}"}`, 'utf16le'),
  })),
  alone('A declared as HTML', 'A', false, () => ({
    ...text(400, `{"errorCode":"${CREDENTIALS}"}`),
    headers: { 'content-type': 'text/html' },
  })),
  alone('A with the password for a code', 'A', true, ({ password }) => SHAPES.m2m(400, password)),
  alone('A with the bearer for a code', 'A', true, ({ bearer }) => SHAPES.m2m(400, bearer)),
  alone('B with a number for a code', 'B', true, () => SHAPES.nested(401, 900901, wordsOf('900901'))),
  alone('B that repeats the bearer', 'B', true, ({ bearer }) =>
    SHAPES.nested(401, '900901', wordsOf('900901', `. Token: ${bearer}`)),
  ),
  alone('B with its code twice', 'B', false, () =>
    text(401, '{"fault":{"code":"900901","code":"101504","message":"x","description":"y"}}'),
  ),
  alone('B twice', 'B', false, () => text(401, '{"fault":{"code":"900901"},"fault":{"code":"101504"}}')),
  alone('B beside A', 'B', false, () =>
    text(401, `{"fault":{"code":"900901"},"errorCode":"${CREDENTIALS}"}`),
  ),
  alone('B with the bearer for a code', 'B', false, ({ bearer }) =>
    text(401, `{"fault":{"code":"${bearer}"}}`),
  ),
];
