import { NotSentError } from './call-errors.ts';
import type { DocumentRule } from './root-end.ts';

export type HttpCall = {
  /** GET and DELETE are sent without a length where they have no body. */
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** https, or http on the loopback interface, as `checkBaseUrl` allows. */
  url: string;
  headers: Record<string, string>;
  body: string;
  /** How the end of an answer's document is seen. @default XML's */
  documents?: DocumentRule;
  /** The bytes of the answer that are kept. @default MAX_ANSWER_BYTES */
  maxAnswerBytes?: number;
  /**
   * Listens for the whole time while no document is closed and the connection stays open, whatever end the head
   * announces: behind it may come a password that is shown only once. @default false: for a second
   */
  waitsForDocument?: boolean;
};

const NAME = /^[\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const isWithoutBody = ({ method, body }: HttpCall): boolean =>
  body === '' && (method === 'GET' || method === 'DELETE');

/**
 * Returns the request as bytes; it asks for a closed connection and an answer that is not compressed.
 * @throws NotSentError when a header cannot carry its value
 */
export function requestBytes(call: HttpCall): Buffer {
  const url = new URL(call.url);
  const headers = {
    ...call.headers,
    host: url.host,
    connection: 'close',
    'accept-encoding': 'identity',
    ...(isWithoutBody(call) ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
  };
  const lines = Object.entries(headers).map(([name, value]) => {
    if (NAME.test(name) && VALUE.test(value)) return `${name}: ${value}\r\n`;
    throw new NotSentError(
      'A header of the request cannot be written',
      Object.assign(new Error(), { code: 'ERR_INVALID_CHAR' }),
    );
  });
  const head = `${call.method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(call.body)]);
}
