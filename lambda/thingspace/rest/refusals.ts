import { AnswerFormatError } from '../answer-format.ts';
import { isHtml, mediaKindOf, textOf } from '../answer-text.ts';
import type { ReadableAnswer } from '../api.ts';
import { errorCode, GATEWAY } from '../codes.ts';
import { readXml, type XmlElement } from '../xml.ts';
import { countOf, type JsonObject, type JsonValue, membersNamed } from './json.ts';
import { objectIn } from './object.ts';

/**
 * Reads an answer with the status of an error. It proves something only if status, form and code all fit, the body is
 * one whole document, and the code is in it once. Source: docs/thingspace-api.md, "Errors over REST".
 */

/** The members that only an error has, one for each form; `error` is that of the token service and of other products. */
export const ERROR_MEMBERS = ['errorCode', 'fault', 'code', 'error'];
/** The members of a success. An answer that has one may hold the password, whatever else it says. */
const SUCCESS_MEMBERS = ['newPassword', 'sessionToken'];

/** The HTTP statuses with which a code of the gateway is believed. */
const STATUSES: ReadonlyMap<string, readonly number[]> = new Map(
  [
    { statuses: [401], codes: ['900901', '900902', '900903', '900904'] },
    { statuses: [401, 403], codes: ['900905', '900907', '900908', '900909', '900910'] },
    { statuses: [400, 403, 404], codes: ['900906', '404'] },
    { statuses: [503], codes: ['700700'] },
    {
      statuses: [429, 503],
      codes: ['900800', '900801', '900802', '900803', '900804', '900805', '900806', '900807'],
    },
    { statuses: [500, 503], codes: ['303001', '900900', '101503', '101508'] },
  ].flatMap(({ statuses, codes }) => codes.map((code) => [code, statuses] as const)),
);

/** The codes of a call that the gateway began and could not finish: ThingSpace may have executed it. */
const GAVE_UP = /^(?:1015|1025)\d{2,}$/;

const NAMESPACE = 'http://wso2.org/apimanager';

/** Returns the names of an error that an object has; null is the absence of one. */
export function errorMembersIn(root: JsonObject): string[] {
  return ERROR_MEMBERS.filter((name) => membersNamed(root, name).some(({ kind }) => kind !== 'null'));
}

/**
 * Returns the error code of a refusal, with `Gateway.` before the gateway's.
 * @throws AnswerFormatError when the answer proves nothing
 */
export function refusalIn(answer: ReadableAnswer, presented: readonly string[]): string {
  const { httpStatus = 0 } = answer;
  const text = textOf(answer);
  if (text.trim() === '') throw new AnswerFormatError('no-reason');
  if (mediaKindOf(answer.contentType) === 'HTML') throw new AnswerFormatError('html');
  if (/^\s*</.test(text)) return gatewayCode(httpStatus, codeInXml(text));
  const root = objectIn(text);
  if (SUCCESS_MEMBERS.some((name) => countOf(root, name) > 0)) throw new AnswerFormatError('value-in-error');
  if (!root.closed || answer.gapAt !== undefined) throw new AnswerFormatError('broke-off');
  const [form, ...others] = errorMembersIn(root);
  if (form === undefined) throw new AnswerFormatError('no-reason');
  if (others.length > 0) throw new AnswerFormatError('several-errors');
  if (form === 'error') throw new AnswerFormatError('unknown-error');
  const value = onlyMember(root, form);
  if (form === 'errorCode') return codeOfThingSpace(httpStatus, value, presented);
  const code = form === 'code' ? value : value.kind === 'object' ? onlyMember(value, 'code') : undefined;
  if (code?.kind !== 'string' && code?.kind !== 'number') throw new AnswerFormatError('unknown-error');
  return gatewayCode(httpStatus, code.text);
}

function onlyMember(object: JsonObject, name: string): JsonValue {
  const [value, ...others] = membersNamed(object, name);
  if (others.length > 0) throw new AnswerFormatError('several-errors');
  if (value === undefined) throw new AnswerFormatError('unknown-error');
  return value;
}

function codeOfThingSpace(status: number, value: JsonValue, presented: readonly string[]): string {
  if (value.kind !== 'string' || value.text.trim() === '') throw new AnswerFormatError('no-reason');
  // ThingSpace's own errors have this status alone; with another one, something else wrote the answer.
  if (status !== 400) throw new AnswerFormatError('unexpected-status');
  return errorCode(value.text, presented);
}

function gatewayCode(status: number, code: string): string {
  if (GAVE_UP.test(code) && !STATUSES.has(code)) throw new AnswerFormatError('gateway-gave-up');
  const statuses = STATUSES.get(code);
  if (statuses === undefined) throw new AnswerFormatError('unknown-error');
  if (!statuses.includes(status)) throw new AnswerFormatError('unexpected-status');
  return `${GATEWAY}${code}`;
}

/** Returns the code of a fault that the gateway wrote in XML, as it does by default. */
function codeInXml(text: string): string {
  if (isHtml(text)) throw new AnswerFormatError('html');
  if (/newPassword/i.test(text)) throw new AnswerFormatError('value-in-error');
  const root = faultIn(text);
  const spaces = [...(root?.attributes.values() ?? [])].filter((space) => space.startsWith(NAMESPACE));
  if (root?.localName !== 'fault' || spaces.length !== 1) throw new AnswerFormatError('xml');
  if (!root.closed) throw new AnswerFormatError('broke-off');
  const [code, ...others] = root.children.filter(({ localName }) => localName === 'code');
  if (others.length > 0) throw new AnswerFormatError('several-errors');
  const value = code?.text.trim() ?? '';
  // A code about the bearer belongs into the namespace of security.
  if (/^9009(?!06)\d\d$/.test(value) && spaces[0] !== `${NAMESPACE}/security`) {
    throw new AnswerFormatError('unknown-error');
  }
  return value;
}

function faultIn(text: string): XmlElement | undefined {
  try {
    return readXml(text);
  } catch {
    throw new AnswerFormatError('xml');
  }
}
