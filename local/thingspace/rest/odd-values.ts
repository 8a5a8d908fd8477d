import { gzipSync } from 'node:zlib';
import type { OddAnswer, OddBytes, OddContext } from './odd-answers.ts';

type Bytes = (context: OddContext, good: string) => string | Buffer | Partial<OddBytes>;

/** The answer that a success would have, for the makers below to spoil. */
const goodText = ({ member, value }: OddContext): string => JSON.stringify({ [member]: value });

const value = (fits: boolean | undefined, name: string, bytes: Bytes): OddAnswer => ({
  name,
  fits,
  bytes(context) {
    const made = bytes(context, goodText(context));
    const headers = { 'content-type': 'application/json' };
    return typeof made === 'string' || Buffer.isBuffer(made)
      ? { status: 200, headers, body: made }
      : { status: 200, headers, body: goodText(context), ...made };
  },
});

const escaped = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');

/** A JSON object with the one member, in a spelling that a careless reader does not expect. */
const LEGAL: readonly OddAnswer[] = [
  value(true, 'every character escaped', (c) => `{"${escaped(c.member)}":"${escaped(c.value)}"}`),
  value(true, 'blanks and line ends around it', (_, good) => ` \r\n\t${good}\n\n `),
  value(true, 'members beside it', (c, good) => `{"expiresIn":1200,"${c.member}s":["}{"],${good.slice(1)}`),
  value(true, 'a brace in a text beside it', (_, good) => `{"note":"} \\" {",${good.slice(1)}`),
  value(true, 'no length, and an open connection', () => ({ open: true })),
];

/** A value, or none, that no reader may take for done. */
const UNREADABLE: readonly OddAnswer[] = [
  value(false, 'no member', () => '{}'),
  value(false, 'null', (c) => `{"${c.member}":null}`),
  value(false, 'an empty text', (c) => `{"${c.member}":""}`),
  value(false, 'blanks alone', (c) => `{"${c.member}":"  "}`),
  value(false, 'a number', (c) => `{"${c.member}":12345678}`),
  value(false, 'a number with an exponent', (c) => `{"${c.member}":1e10}`),
  value(false, 'digits without quotes, zeros first', (c) => `{"${c.member}":00123456}`),
  value(false, 'true', (c) => `{"${c.member}":true}`),
  value(false, 'an array of it', (c) => `{"${c.member}":${JSON.stringify([c.value])}}`),
  value(false, 'an object of it', (c, good) => `{"${c.member}":${good}}`),
  value(false, 'an array around it', (_, good) => `[${good}]`),
  value(false, 'the member one level deeper', (_, good) => `{"response":${good}}`),
  value(false, 'the member in capitals', (c) => JSON.stringify({ [c.member.toUpperCase()]: c.value })),
  value(false, 'the member twice, alike', (_, good) => `${good.slice(0, -1)},${good.slice(1)}`),
  value(false, 'the member twice, another first', (c, good) => `{"${c.member}":"Other-1",${good.slice(1)}`),
  value(
    false,
    'the member twice, another last',
    (c, good) => `${good.slice(0, -1)},"${c.member}":"Other-1"}`,
  ),
  value(
    false,
    'the member twice, once escaped',
    (c, good) => `{"${escaped(c.member)}":"Other-1",${good.slice(1)}`,
  ),
  value(false, 'text after it', (_, good) => `${good}<!-- node 7 -->`),
  value(false, 'a NUL after it', (_, good) => `${good}\0`),
  value(false, 'two documents', (_, good) => `${good}\n${good}`),
  value(false, 'a comment before it', (_, good) => `/* node 7 */${good}`),
  value(false, 'a guard before it', (_, good) => `)]}',\n${good}`),
  value(false, 'a call around it', (_, good) => `callback(${good});`),
  value(false, 'single quotes', (_, good) => good.replaceAll('"', "'")),
  value(false, 'a lone surrogate', (c) => `{"${c.member}":"a\\ud83d"}`),
  value(false, 'a line end in the text', (c) => `{"${c.member}":"a\nb"}`),
  value(false, 'UTF-16', (_, good) => Buffer.from(good, 'utf16le')),
  value(false, 'bytes that are not UTF-8', (c) => Buffer.from(`{"${c.member}":"\u00e4\u00f6"}`, 'latin1')),
  value(undefined, 'another charset', () => ({
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
  })),
  value(false, 'compressed', (_, good) => ({
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(good),
  })),
  value(
    false,
    'an error beside it',
    (_, good) => `${good.slice(0, -1)},"errorCode":"UnifiedWebService.REQUEST_FAILED.UnexpectedError"}`,
  ),
  value(false, 'a fault beside it', (_, good) => `${good.slice(0, -1)},"fault":{"code":"900901"}}`),
  value(false, 'XML with it', (c) => ({
    headers: { 'content-type': 'application/xml' },
    body: `<response><${c.member}>${c.value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${c.member}></response>`,
  })),
];

/** A whole value in an answer of which a careful reader may think either way. */
const EITHER: readonly OddAnswer[] = [
  value(
    undefined,
    'the same name deeper within it',
    (c, good) => `{"more":{"${c.member}":"x"},${good.slice(1)}`,
  ),
  value(undefined, 'cut before its end', (_, good) => good.slice(0, -1)),
  value(undefined, 'cut before its end, on an open connection', (_, good) => ({
    body: good.slice(0, -1),
    open: true,
  })),
  value(undefined, 'no content type', () => ({ headers: {} })),
  value(undefined, 'a byte order mark before it', (_, good) => `\uFEFF${good}`),
];

const STATUSES = [201, 202, 203, 206, 400, 401, 403, 409, 429, 500, 502, 503].map((status) =>
  value(false, `a success under ${status}`, () => ({ status })),
);

/** An answer that sends its caller elsewhere. A test that must see whether it was followed gives its own address. */
export const redirect = (status: number, location?: string): OddAnswer =>
  value(false, `a redirection with ${status}`, ({ path }) => ({
    status,
    headers: { location: location ?? `http://elsewhere.invalid${path}` },
    body: '',
  }));

export const ODD_VALUES: readonly OddAnswer[] = [
  ...LEGAL,
  ...UNREADABLE,
  ...EITHER,
  ...STATUSES,
  value(false, 'nothing under 204', () => ({ status: 204, headers: {}, body: '' })),
  ...[301, 302, 303, 307, 308].map((status) => redirect(status)),
];
