import { PresentableError } from '../errors.ts';
import type { Refused, Unknown } from './api.ts';
import { errorCode } from './codes.ts';
import { MAX_ANSWER_BYTES } from './http-call.ts';
import { readXml, type XmlElement, XmlError } from './xml.ts';

const reasons = {
  'too-large': 'is larger than 1 MiB',
  'not-utf-8': 'is not UTF-8 text',
  doctype: 'has a DOCTYPE, which SOAP forbids',
  html: 'is an HTML page, as gateways send them',
  malformed: 'is not well-formed XML',
  'not-soap': 'is not a SOAP envelope with a body',
  'broke-off': 'broke off before the value that it should carry had ended',
  'other-content': 'is not the response of the operation that was called',
  missing: 'lacks the element that it should carry',
  several: 'carries the value more than once',
  nil: 'says that there is no value (xsi:nil)',
  empty: 'carries an empty value',
  'not-text': 'carries something else than text in place of the value',
  'bad-token': 'carries a session token that could not be sent back in a header',
} as const;

export type UnreadableReason = keyof typeof reasons;

/** Bytes that hold neither what was asked for nor a fault. Says what is wrong with them and quotes none. */
export class UnreadableAnswerError extends PresentableError {
  override readonly name = 'UnreadableAnswerError';
  readonly reason: UnreadableReason;
  constructor(reason: UnreadableReason) {
    super(`The answer ${reasons[reason]}`);
    this.reason = reason;
  }
}

/** `presented` in what follows: the secrets that the request carried, which no error code may show. */
type Reading<T> = { outcome: 'done'; value: T } | Refused | Unknown;

/** The new password exactly as the server wrote it: entities decoded once, nothing trimmed or guessed. */
export function readNewPassword(body: Buffer, presented: readonly string[] = []): Reading<string> {
  return reading(body, presented, (soapBodies) => {
    const value = onlyValue(soapBodies, 'GetNewPassword', 'NewPassword');
    // A lone surrogate is no character: it would not survive being stored as UTF-8.
    if (!value.isWellFormed()) throw new UnreadableAnswerError('not-text');
    return value;
  });
}

/** The session token of an answer to LogIn: 1 to 256 printable ASCII characters, so that a header can carry it. */
export function readSessionToken(body: Buffer, presented: readonly string[]): Reading<string> {
  return reading(body, presented, (soapBodies) => {
    const token = onlyValue(soapBodies, 'LogIn', 'SessionToken').trim();
    if (!/^[\x21-\x7e]{1,256}$/.test(token)) throw new UnreadableAnswerError('bad-token');
    return token;
  });
}

/** LogOut: the response itself is the news; its echo of the token is not looked at. */
export function readLogOut(body: Buffer, presented: readonly string[]): Reading<void> {
  return reading(body, presented, (soapBodies) => {
    if (!onlyResponse(soapBodies, 'LogOut').closed) throw new UnreadableAnswerError('broke-off');
  });
}

function reading<T>(
  body: Buffer,
  presented: readonly string[],
  read: (soapBodies: XmlElement[]) => T,
): Reading<T> {
  try {
    const soapBodies = soapBodiesOf(body);
    const content = soapBodies.flatMap((soapBody) => soapBody.children);
    const fault = content.find((element) => element.localName === 'Fault');
    if (fault === undefined) return { outcome: 'done', value: read(soapBodies) };
    if (content.length > 1) throw new UnreadableAnswerError('other-content');
    if (!fault.closed) throw new UnreadableAnswerError('broke-off');
    const faultcode = fault.children.find((element) => element.localName === 'faultcode');
    return { outcome: 'refused', code: errorCode(faultcode?.text ?? '', presented) };
  } catch (error) {
    // Anything else is a fault of ours, and its text might hold a part of the answer.
    const cause = error instanceof UnreadableAnswerError ? error : new UnreadableAnswerError('malformed');
    return { outcome: 'unknown', cause };
  }
}

function soapBodiesOf(body: Buffer): XmlElement[] {
  const envelope = parse(decode(body));
  if (envelope === undefined) throw new UnreadableAnswerError('broke-off');
  if (envelope.localName.toLowerCase() === 'html') throw new UnreadableAnswerError('html');
  const soapBodies = envelope.children.filter((element) => element.localName === 'Body');
  if (envelope.localName === 'Envelope' && soapBodies.length > 0) return soapBodies;
  throw new UnreadableAnswerError(
    envelope.localName === 'Envelope' && !envelope.closed ? 'broke-off' : 'not-soap',
  );
}

function parse(text: string): XmlElement | undefined {
  try {
    return readXml(text);
  } catch (error) {
    const isHtml = /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html)\b/i.test(text);
    if (isHtml) throw new UnreadableAnswerError('html');
    throw new UnreadableAnswerError(error instanceof XmlError ? error.problem : 'malformed');
  }
}

function decode(body: Buffer): string {
  if (body.length > MAX_ANSWER_BYTES) throw new UnreadableAnswerError('too-large');
  let text: string;
  try {
    // As a stream: a character that was cut at the end is left out and is no error. A BOM is dropped.
    text = new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: true });
  } catch {
    throw new UnreadableAnswerError('not-utf-8');
  }
  const declared = /^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1] ?? 'utf-8';
  const isAscii = !body.some((byte) => byte > 0x7f);
  if (!isAscii && declared.toLowerCase() !== 'utf-8') throw new UnreadableAnswerError('not-utf-8');
  return text;
}

function onlyResponse(soapBodies: XmlElement[], operation: string): XmlElement {
  const content = soapBodies.flatMap((soapBody) => soapBody.children);
  const [response, ...others] = content;
  if (response === undefined) {
    throw new UnreadableAnswerError(soapBodies.some((element) => !element.closed) ? 'broke-off' : 'missing');
  }
  if (content.some((element) => element.localName !== `${operation}Response`)) {
    throw new UnreadableAnswerError('other-content');
  }
  if (others.length > 0) throw new UnreadableAnswerError('several');
  return response;
}

/** The text of the one `element` in `<operation>Response/Output`. */
function onlyValue(soapBodies: XmlElement[], operation: string, element: string): string {
  const response = onlyResponse(soapBodies, operation);
  const outputs = response.children.filter((child) => child.localName === 'Output');
  const [value] = outputs.flatMap((output) => output.children.filter((child) => child.localName === element));
  // Everywhere, not only where it belongs: with two of them nobody knows which one is alive.
  if (countOf(response, element) > 1) throw new UnreadableAnswerError('several');
  if (value === undefined) throw new UnreadableAnswerError(response.closed ? 'missing' : 'broke-off');
  if (!value.closed) throw new UnreadableAnswerError('broke-off');
  if (['true', '1'].includes(value.attributes.get('nil')?.trim() ?? ''))
    throw new UnreadableAnswerError('nil');
  if (value.children.length > 0) throw new UnreadableAnswerError('not-text');
  if (value.text === '') throw new UnreadableAnswerError('empty');
  return value.text;
}

function countOf(element: XmlElement, localName: string): number {
  const inside = element.children.map((child) => countOf(child, localName));
  return inside.reduce((sum, count) => sum + count, element.localName === localName ? 1 : 0);
}
