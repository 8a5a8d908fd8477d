import { type JsonObject, type JsonValue, membersNamed } from '../thingspace/rest/json.ts';
import { objectIn } from '../thingspace/rest/object.ts';
import { readXml, type XmlElement } from '../thingspace/xml.ts';
import { BearerRefusedError, SessionGoneError } from './errors.ts';

/**
 * The part of a call that an answer refuses, before ThingSpace executes anything: `session` (ThingSpace no longer knows
 * it) or `bearer` (the gateway's codes for it). `unclear` is any other 401: it costs no log-in, and proves too little to repeat a call.
 */
export type Refused = 'session' | 'bearer' | 'unclear';

/** `REQUEST_FAILED.SessionToken.Expired` and the like, with or without prefix and service name. */
const SESSION_GONE = /(^|[.:])SessionToken\.\w+$/;
/** The codes for a bearer that is invalid, missing, expired or inactive (docs/thingspace-api.md). */
const BEARER_REFUSED = /^90090[1-4]$/;
/** An error is smaller: no longer text is parsed to look for one. */
const MAX_ERROR_CHARS = 64 * 1024;

type Members = Record<string, unknown>;

/**
 * Reads an error of an HTTP or SOAP library: its own members, and the answer in it, parsed or as text (axios
 * `response.data`, got `response.body`, superagent `response.text`, ky, ofetch and redaxios `data`, undici `body`,
 * ThingSpace's SDK `result`, node-soap `root.Envelope.Body.Fault`).
 */
function refusedBy(error: unknown): Refused | undefined {
  const own = membersOf(error);
  if (!own) return undefined;
  // By name: an app may load this module twice, as an ES module and as CommonJS.
  if (own.name === 'SessionGoneError') return 'session';
  if (own.name === 'BearerRefusedError') return 'bearer';
  const response = membersOf(own.response) ?? {};
  const answers = [own, response.data, response.body, response.text, own.data, own.body, own.result];
  return refusedIn(answers.map(membersIn), statusIn(own, response));
}

/** Reads an error as `refusedBy` does, and the answer of `fetch` in it that nothing has read yet (ky 1, or a thrown answer). */
export async function refusedByError(error: unknown): Promise<Refused | undefined> {
  const refused = refusedBy(error);
  if (refused === 'session' || refused === 'bearer') return refused;
  const unread = [error, membersOf(error)?.response].find(isUnread);
  if (!unread) return refused;
  try {
    return refusedByText(await unread.clone().text(), unread.status);
  } catch {
    return refused;
  }
}

/** Reports whether it is an answer of `fetch`, also one of another copy of undici. */
const isResponse = (answer: unknown): answer is Response =>
  typeof answer === 'object' &&
  answer !== null &&
  'clone' in answer &&
  'text' in answer &&
  'status' in answer;

const isUnread = (answer: unknown): answer is Response =>
  isResponse(answer) && !answer.bodyUsed && answer.status >= 400;

const statusIn = (own: Members, response: Members): number | undefined =>
  [own.status, own.statusCode, response.status, response.statusCode].find((one) => typeof one === 'number');

/** Reads the text of an answer, JSON or XML. */
function refusedByText(text: string, status?: number): Refused | undefined {
  return refusedIn([membersIn(text)], status);
}

function refusedIn(
  answers: readonly (Members | undefined)[],
  status: number | undefined,
): Refused | undefined {
  const codes = answers.flatMap((answer) => (answer ? codesIn(answer) : []));
  if ((status ?? 401) === 401 && codes.some((code) => BEARER_REFUSED.test(code))) return 'bearer';
  // A 401 is the gateway's, whatever it says: ThingSpace's own errors have the status 400 (REST) or 500 (SOAP).
  if (status === 401) return 'unclear';
  return codes.some((code) => SESSION_GONE.test(code)) ? 'session' : undefined;
}

function codesIn(answer: Members): string[] {
  const { code, faultcode, errorCode, fault, root } = answer;
  const ofSoap = (root as { Envelope?: { Body?: { Fault?: Members } } } | undefined)?.Envelope?.Body?.Fault;
  return [code, faultcode, errorCode, membersOf(fault)?.code, ofSoap?.faultcode].flatMap((one) =>
    typeof one === 'string' ? one.trim() : typeof one === 'number' ? String(one) : [],
  );
}

function membersIn(answer: unknown): Members | undefined {
  if (answer instanceof Uint8Array) return membersIn(textIn(answer));
  if (typeof answer !== 'string') return membersOf(answer);
  if (answer.length > MAX_ERROR_CHARS) return undefined;
  return answer.trimStart().startsWith('<') ? inXml(answer) : inJson(answer);
}

/** A text that is too long to be an error's is not read. */
const textIn = (bytes: Uint8Array): string =>
  bytes.length > MAX_ERROR_CHARS ? '' : new TextDecoder().decode(bytes);

const membersOf = (value: unknown): Members | undefined =>
  typeof value === 'object' && value !== null ? (value as Members) : undefined;

/** Two members of one name prove nothing, whichever of them `JSON.parse` would take. */
function inJson(text: string): Members | undefined {
  try {
    const root = objectIn(text);
    if (!root.closed) return undefined;
    const fault = onlyMember(root, 'fault');
    return {
      errorCode: codeIn(onlyMember(root, 'errorCode')),
      code: codeIn(onlyMember(root, 'code')),
      fault: fault?.kind === 'object' ? { code: codeIn(onlyMember(fault, 'code')) } : undefined,
    };
  } catch {
    return undefined;
  }
}

function onlyMember(object: JsonObject, name: string): JsonValue | undefined {
  const [value, ...others] = membersNamed(object, name);
  return others.length === 0 ? value : undefined;
}

const codeIn = (value: JsonValue | undefined): string | undefined =>
  value?.kind === 'string' || value?.kind === 'number' ? value.text : undefined;

/** Returns the code of a SOAP fault, or of a fault that the gateway wrote in XML. */
function inXml(text: string): Members | undefined {
  try {
    const root = readXml(text);
    const faultcode = textOf(find(root, 'Fault'), 'faultcode');
    const spaces = [...(root?.attributes.values() ?? [])];
    const isOfGateway = root?.localName === 'fault' && spaces.includes('http://wso2.org/apimanager/security');
    return { faultcode, code: isOfGateway ? textOf(root, 'code') : undefined };
  } catch {
    return undefined;
  }
}

const textOf = (element: XmlElement | undefined, child: string): string | undefined =>
  element?.children.find(({ localName }) => localName === child)?.text;

function find(element: XmlElement | undefined, localName: string): XmlElement | undefined {
  if (!element || element.localName === localName) return element;
  for (const child of element.children) {
    const found = find(child, localName);
    if (found) return found;
  }
  return undefined;
}

/**
 * Reports whether an error says that ThingSpace no longer knows the session. It looks at `code`, `faultcode` and
 * `errorCode`, as HTTP and SOAP libraries set them, and at the answer in the errors of axios, got, ky, ofetch, superagent,
 * undici, node-soap and ThingSpace's SDK. An answer with the status 401 is the gateway's, and never says so.
 */
export function saysSessionGone(error: unknown): boolean {
  return refusedBy(error) === 'session';
}

/**
 * Reports whether an error says that the gateway before ThingSpace refused the bearer: 900901 to 900904 in `code` or
 * `fault.code`, with the status 401 where the error names one.
 */
export function saysBearerRefused(error: unknown): boolean {
  return refusedBy(error) === 'bearer';
}

/**
 * For callers that send requests themselves: returns the answer, unless it says that the session is gone or the bearer
 * was refused. An answer is the text of SOAP or REST, parsed JSON, or a `Response` of `fetch`, whose body stays unread.
 * @throws SessionGoneError, BearerRefusedError
 */
export function throwIfSessionGone(answer: Response): Promise<Response>;
export function throwIfSessionGone<T>(answer: T): T;
export function throwIfSessionGone(answer: unknown): unknown {
  if (isResponse(answer)) return throwIfResponse(answer);
  throwIf(typeof answer === 'string' ? refusedByText(answer) : refusedBy(answer));
  return answer;
}

async function throwIfResponse(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  throwIf(refusedByText(await response.clone().text(), response.status));
  return response;
}

function throwIf(refused: Refused | undefined): void {
  if (refused === 'session') throw new SessionGoneError();
  if (refused === 'bearer') throw new BearerRefusedError();
}
