import { isInvisible } from '../../visible.ts';
import { AnswerFormatError } from '../answer-format.ts';
import { isHtml, textOf } from '../answer-text.ts';
import type { AnswerContent, Reading } from '../api.ts';
import { errorCode } from '../codes.ts';
import { readXml, type XmlElement, XmlError } from '../xml.ts';

/**
 * Reads the new password exactly as the server wrote it: entities are decoded once, nothing is trimmed or guessed.
 * White space and invisible characters alone are not a password.
 * @param presented the secrets that requests carried, which no error code may show; so in every reader below
 */
export function readNewPassword(answer: AnswerContent, presented: readonly string[] = []): Reading<string> {
  return reading(answer, presented, 'NewPassword', (soapBodies) => {
    const value = onlyValue(soapBodies, 'GetNewPassword', 'NewPassword');
    // A lone surrogate is not a character: it would not survive being stored as UTF-8.
    if (!value.isWellFormed()) throw new AnswerFormatError('not-text');
    return value;
  });
}

/**
 * Reads the session token of an answer to LogIn: 1 to 256 printable ASCII characters, so that a header can carry it.
 */
export function readSessionToken(answer: AnswerContent, presented: readonly string[]): Reading<string> {
  return reading(answer, presented, 'SessionToken', (soapBodies) => {
    const token = onlyValue(soapBodies, 'LogIn', 'SessionToken').trim();
    if (!/^[\x21-\x7e]{1,256}$/.test(token)) throw new AnswerFormatError('bad-token');
    return token;
  });
}

/** Reads an answer to LogOut. A response is enough; the token in it is not read. */
export function readLogOut(answer: AnswerContent, presented: readonly string[]): Reading<void> {
  return readResponse(answer, 'LogOut', presented);
}

/**
 * Reads whether an operation was answered with its response or with a fault; the content of the response is not read.
 */
export function readResponse(
  answer: AnswerContent,
  operation: string,
  presented: readonly string[],
  maxBytes?: number,
): Reading<void> {
  const read = (soapBodies: XmlElement[]) => {
    if (!onlyResponse(soapBodies, operation).closed) throw new AnswerFormatError('broke-off');
  };
  return reading(answer, presented, `${operation}Response`, read, maxBytes);
}

function reading<T>(
  answer: AnswerContent,
  presented: readonly string[],
  element: string,
  read: (soapBodies: XmlElement[]) => T,
  maxBytes?: number,
): Reading<T> {
  try {
    if (isNamedBehindGap(answer, element)) throw new AnswerFormatError('behind-gap');
    const soapBodies = soapBodiesOf(textOf(answer, maxBytes));
    const content = soapBodies.flatMap((soapBody) => soapBody.children);
    const fault = content.find((element) => element.localName === 'Fault');
    if (fault === undefined) return { outcome: 'done', value: read(soapBodies) };
    if (content.length > 1) throw new AnswerFormatError('other-content');
    if (!fault.closed) throw new AnswerFormatError('broke-off');
    const faultcode = fault.children.find((element) => element.localName === 'faultcode');
    return { outcome: 'refused', code: errorCode(faultcode?.text ?? '', presented) };
  } catch (error) {
    // Any other error is a fault of this code, and its text might hold a part of the answer.
    const reason = error instanceof AnswerFormatError ? error.reason : 'malformed';
    return { outcome: 'unknown', cause: new AnswerFormatError(reason, answer.flaw) };
  }
}

/** GetNewPasswordResponse does not count: its closing tag belongs to the element before the gap. */
function isNamedBehindGap({ body, gapAt }: AnswerContent, element: string): boolean {
  if (gapAt === undefined) return false;
  return new RegExp(`(?<!Get)${element}`).test(body.toString('latin1', gapAt));
}

function soapBodiesOf(text: string): XmlElement[] {
  let envelope: XmlElement | undefined;
  try {
    envelope = readXml(text);
  } catch (error) {
    if (isHtml(text)) throw new AnswerFormatError('html');
    throw new AnswerFormatError(error instanceof XmlError ? error.problem : 'malformed');
  }
  if (envelope === undefined) throw new AnswerFormatError('broke-off');
  if (envelope.localName.toLowerCase() === 'html') throw new AnswerFormatError('html');
  const soapBodies = envelope.children.filter((element) => element.localName === 'Body');
  if (envelope.localName === 'Envelope' && soapBodies.length > 0) return soapBodies;
  throw new AnswerFormatError(
    envelope.localName === 'Envelope' && !envelope.closed ? 'broke-off' : 'not-soap',
  );
}

function onlyResponse(soapBodies: XmlElement[], operation: string): XmlElement {
  const content = soapBodies.flatMap((soapBody) => soapBody.children);
  const [response, ...others] = content;
  if (response === undefined) {
    throw new AnswerFormatError(soapBodies.some((element) => !element.closed) ? 'broke-off' : 'missing');
  }
  if (content.some((element) => element.localName !== `${operation}Response`)) {
    throw new AnswerFormatError('other-content');
  }
  if (others.length > 0) throw new AnswerFormatError('several');
  return response;
}

/** Returns the text of the one `element` in `<operation>Response/Output`. */
function onlyValue(soapBodies: XmlElement[], operation: string, element: string): string {
  const response = onlyResponse(soapBodies, operation);
  const outputs = response.children.filter((child) => child.localName === 'Output');
  const [value] = outputs.flatMap((output) => output.children.filter((child) => child.localName === element));
  // Counted everywhere, not only in its place: with two of them it is unknown which one works.
  if (countOf(response, element) > 1) throw new AnswerFormatError('several');
  if (value === undefined) throw new AnswerFormatError(response.closed ? 'missing' : 'broke-off');
  if (!value.closed) throw new AnswerFormatError('broke-off');
  if (['true', '1'].includes(value.attributes.get('nil')?.trim() ?? '')) throw new AnswerFormatError('nil');
  if (value.children.length > 0) throw new AnswerFormatError('not-text');
  if (value.text === '') throw new AnswerFormatError('empty');
  // A server that indents its answer fills an empty element like this. Beside any other character, blanks are kept.
  if (isInvisible(value.text)) throw new AnswerFormatError('white-space');
  return value.text;
}

function countOf(element: XmlElement, localName: string): number {
  const inside = element.children.map((child) => countOf(child, localName));
  return inside.reduce((sum, count) => sum + count, element.localName === localName ? 1 : 0);
}
