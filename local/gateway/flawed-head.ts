/**
 * Heads of HTTP answers as careless servers and proxies write them. Each stands before a whole body of `bytes` bytes;
 * a client that stops at the flaw loses the body.
 */
const head = (status: string, ...lines: string[]) =>
  [`HTTP/1.1 ${status}`, 'Content-Type: text/xml; charset=utf-8', ...lines, '', ''].join('\r\n');
const cookies = (count: number) =>
  Array.from({ length: count }, (_, at) => `Set-Cookie: c${at}=${'x'.repeat(4_000)}`);

export const FLAWED_HEADS = {
  'two equal lengths': (bytes) => head('200 OK', `Content-Length: ${bytes}`, `Content-Length: ${bytes}`),
  'a list of equal lengths': (bytes) => head('200 OK', `Content-Length: ${bytes}, ${bytes}`),
  'two unequal lengths': (bytes) => head('200 OK', 'Content-Length: 7', `Content-Length: ${bytes}`),
  'a length that is not a number': () => head('200 OK', 'Content-Length: unknown'),
  'a length of zero': () => head('200 OK', 'Content-Length: 0'),
  'a length that is too small': (bytes) => head('200 OK', `Content-Length: ${Math.floor(bytes / 2)}`),
  'a header without a colon': (bytes) => head('200 OK', 'X-Powered-By ASP.NET', `Content-Length: ${bytes}`),
  'a blank before the colon': (bytes) => head('200 OK', `Content-Length : ${bytes}`),
  'an odd header name': (bytes) => head('200 OK', 'X Cache(d): é', `Content-Length: ${bytes}`),
  'five cookies of 4,000 characters': (bytes) => head('200 OK', ...cookies(5), `Content-Length: ${bytes}`),
  'two hundred cookies of 4,000 characters': (bytes) =>
    head('200 OK', ...cookies(200), `Content-Length: ${bytes}`),
  'status 101': () => head('101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade'),
  'status 204': () => head('204 No Content'),
  'status 304': (bytes) => head('304 Not Modified', `Content-Length: ${bytes}`),
  'text before the status line': (bytes) =>
    `\0Warning: x\r\n\r\n${head('200 OK', `Content-Length: ${bytes}`)}`,
  'bare line feeds': (bytes) => head('200 OK', `Content-Length: ${bytes}`).replaceAll('\r\n', '\n'),
  'no empty line at its end': (bytes) => head('200 OK', `Content-Length: ${bytes}`).slice(0, -2),
  'chunks announced and none sent': () => head('200 OK', 'Transfer-Encoding: chunked'),
  'no head at all': () => '',
} as const satisfies Record<string, (bytes: number) => string>;

export type HeadFlaw = keyof typeof FLAWED_HEADS;

/** The head with this flaw, as bytes, for a body of so many bytes. */
export const flawedHead = (flaw: HeadFlaw, bytes: number): Buffer =>
  Buffer.from(FLAWED_HEADS[flaw](bytes), 'latin1');
