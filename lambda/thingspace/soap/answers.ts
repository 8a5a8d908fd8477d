import { VISIBLE } from '../../visible.ts';
import { AnswerFormatError } from '../answer-format.ts';
import { isHtml, textOf } from '../answer-text.ts';
import type { AnswerContent, Reading, Refused } from '../api.ts';
import { errorCode } from '../codes.ts';
import { readXml, type XmlElement, XmlError } from '../xml.ts';

/**
 * Reads an answer to an operation: a fault, or its one response by `read`.
 * @param presented the secrets that requests carried, which no error code may show; so in every reader below
 * @param element the part of the response that may not be named behind a gap
 */
export function readAnswer<T>(
  answer: AnswerContent,
  presented: readonly string[],
  { operation, element }: { operation: string; element: string },
  read: (response: XmlElement) => T,
): Reading<T> {
  try {
    if (answer.gapAt !== undefined && isNamedBehindGap(answer, element)) {
      throw new AnswerFormatError('behind-gap');
    }
    const soapBodies = soapBodiesOf(textOf(answer));
    const content = soapBodies.flatMap((soapBody) => soapBody.children);
    const fault = content.find(({ localName }) => localName === 'Fault');
    if (fault !== undefined) return refusalIn(content, fault, presented);
    const [response, ...others] = content;
    if (response === undefined) {
      throw new AnswerFormatError(soapBodies.some(({ closed }) => !closed) ? 'broke-off' : 'missing');
    }
    if (content.some(({ localName }) => localName !== `${operation}Response`)) {
      throw new AnswerFormatError('other-content');
    }
    if (others.length > 0) throw new AnswerFormatError('several');
    return { outcome: 'done', value: read(response) };
  } catch (error) {
    // Any other error is a fault of this code, and its text might hold a part of the answer.
    const reason = error instanceof AnswerFormatError ? error.reason : 'malformed';
    return { outcome: 'unknown', cause: new AnswerFormatError(reason, answer.flaw) };
  }
}

/**
 * Returns the text of the one `element` in `<operation>Response/Output`, exactly as the server wrote it: entities are
 * decoded once, nothing is trimmed or guessed. White space and invisible characters alone are not a value.
 */
export function onlyValue(response: XmlElement, element: string): string {
  const outputs = response.children.filter(({ localName }) => localName === 'Output');
  const [value] = outputs.flatMap((output) => output.children.filter((child) => child.localName === element));
  // Counted everywhere, not only in its place: with two of them it is unknown which one works.
  if (countOf(response, element) > 1) throw new AnswerFormatError('several');
  if (value === undefined) throw new AnswerFormatError(response.closed ? 'missing' : 'broke-off');
  if (!value.closed) throw new AnswerFormatError('broke-off');
  if (['true', '1'].includes(value.attributes.get('nil')?.trim() ?? '')) throw new AnswerFormatError('nil');
  if (value.children.length > 0) throw new AnswerFormatError('not-text');
  if (value.text === '') throw new AnswerFormatError('empty');
  // A server that indents its answer fills an empty element like this. Beside any other character, blanks are kept.
  if (!VISIBLE.test(value.text)) throw new AnswerFormatError('white-space');
  return value.text;
}

/**
 * Reads the session token of an answer to LogIn: 1 to 256 printable ASCII characters, so that a header can carry it.
 */
export function readSessionToken(answer: AnswerContent, presented: readonly string[]): Reading<string> {
  return readAnswer(answer, presented, { operation: 'LogIn', element: 'SessionToken' }, (response) => {
    const token = onlyValue(response, 'SessionToken').trim();
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
): Reading<void> {
  return readAnswer(answer, presented, { operation, element: `${operation}Response` }, ({ closed }) => {
    if (!closed) throw new AnswerFormatError('broke-off');
  });
}

/** GetNewPasswordResponse does not count: its closing tag belongs to the element before the gap. */
const isNamedBehindGap = ({ body, gapAt }: AnswerContent, element: string): boolean =>
  new RegExp(`(?<!Get)${element}`).test(body.toString('latin1', gapAt));

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

/** Returns the code of a fault, which must be whole and alone. */
function refusalIn(content: XmlElement[], fault: XmlElement, presented: readonly string[]): Refused {
  if (content.length > 1) throw new AnswerFormatError('other-content');
  if (!fault.closed) throw new AnswerFormatError('broke-off');
  const faultcode = fault.children.find(({ localName }) => localName === 'faultcode');
  return { outcome: 'refused', code: errorCode(faultcode?.text ?? '', presented) };
}

function countOf(element: XmlElement, localName: string): number {
  const inside = element.children.map((child) => countOf(child, localName));
  return inside.reduce((sum, count) => sum + count, element.localName === localName ? 1 : 0);
}
