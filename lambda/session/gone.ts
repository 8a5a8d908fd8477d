import { readXml, type XmlElement } from '../thingspace/xml.ts';
import { SessionGoneError } from './errors.ts';

/** `REQUEST_FAILED.SessionToken.Expired` and the like, with or without prefix and service name. */
const SESSION_GONE = /(^|[.:])SessionToken\.\w+$/;

/**
 * Reports whether an error says that ThingSpace no longer knows the session. It looks at `code`, `faultcode` and
 * `errorCode`, as HTTP and SOAP libraries set them, and at node-soap's `root.Envelope.Body.Fault`.
 */
export function saysSessionGone(error: unknown): boolean {
  if (error instanceof SessionGoneError) return true;
  if (typeof error !== 'object' || error === null) return false;
  const { code, faultcode, errorCode, root } = error as Record<string, unknown>;
  const fault = (root as { Envelope?: { Body?: { Fault?: { faultcode?: unknown } } } } | undefined)?.Envelope
    ?.Body?.Fault?.faultcode;
  return [code, faultcode, errorCode, fault].some(
    (text) => typeof text === 'string' && SESSION_GONE.test(text.trim()),
  );
}

/**
 * For callers that send SOAP themselves: returns the answer, unless it is a fault that says that the session is gone.
 * @throws SessionGoneError
 */
export function throwIfSessionGone(answer: string): string {
  if (!answer.includes('SessionToken.')) return answer;
  if (SESSION_GONE.test(faultcodeIn(answer)?.trim() ?? '')) throw new SessionGoneError();
  return answer;
}

function faultcodeIn(answer: string): string | undefined {
  try {
    return find(readXml(answer), 'Fault')?.children.find(({ localName }) => localName === 'faultcode')?.text;
  } catch {
    return undefined;
  }
}

function find(element: XmlElement | undefined, localName: string): XmlElement | undefined {
  if (!element || element.localName === localName) return element;
  for (const child of element.children) {
    const found = find(child, localName);
    if (found) return found;
  }
  return undefined;
}
