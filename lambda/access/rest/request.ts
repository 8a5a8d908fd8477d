import { charsetsIn, codingsIn } from '../../thingspace/answer-text.ts';
import { textOf } from '../event.ts';
import { contradiction, notSent } from '../refusal.ts';
import { readBody } from './body.ts';
import { type Named, namedOperation } from './named-operation.ts';
import { OPERATIONS } from './operations.ts';
import { type Selected, selectedIn } from './subjects.ts';

/** A request as it came. Names of headers are in lower case. */
export type Sent = {
  method: string;
  /** `/m2m/v1/devices/actions/list`, without a query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
};

/** A request that can be understood in one way only. `text`: its body, byte for byte; empty where it has none. */
export type Understood = Named & Selected & { text: string };

/** Proxies and servers that follow such a header run another operation than this function judged. */
const OVERRIDE = /^x-(?:http-)?method(?:-override)?$|^x-(?:original|rewrite)-(?:url|method|uri)$/;

/**
 * Reads a request from its method, path, headers and bytes. No state, no I/O.
 * @throws Refusal; `contradiction` for one that another reader could take for another operation or session
 */
export function readRequest({ method, path, headers, body }: Sent): Understood {
  const named = namedOperation(method, path);
  checkHeaders(headers);
  const text = textOf(body);
  if (text === '') return { ...named, ...selectedIn(undefined, undefined, named.groups), text };
  if (method === 'GET') throw notSent('it is a GET with a body');
  const { 'content-type': contentType = '' } = headers;
  const isUtf8 = charsetsIn(contentType).every((charset) => /^utf-?8$/.test(charset));
  if (!/^application\/json\s*(?:;|$)/i.test(contentType) || !isUtf8) {
    throw notSent('its Content-Type is not application/json in UTF-8');
  }
  return { ...named, ...selectedIn(readBody(text), OPERATIONS.get(named.operation), named.groups), text };
}

/** The session is the function's own: credentials that came with the request are another one's. */
function checkHeaders(headers: Sent['headers']): void {
  if (codingsIn(headers['content-encoding']).length > 0) throw notSent('it is compressed');
  const override = Object.keys(headers).find((name) => OVERRIDE.test(name));
  if (override !== undefined) throw contradiction(`its header ${override} names another method or address`);
  if (headers['vz-m2m-token'] !== undefined || /\bbearer\b/i.test(headers.authorization ?? '')) {
    throw contradiction('it brings a session token or a bearer of its own');
  }
}
