import { PresentableError } from '../errors.ts';

const reasons = {
  'too-large': 'is larger than 1 MiB',
  encoded: 'is compressed or otherwise encoded (Content-Encoding)',
  'not-utf-8': 'is not UTF-8 text, or is declared to be in another charset',
  doctype: 'has a DOCTYPE, which SOAP forbids',
  html: 'is an HTML page, as gateways send them',
  malformed: 'is not well-formed XML',
  'not-soap': 'is not a SOAP envelope with a body',
  'broke-off': 'broke off before the value that it should carry had ended',
  'behind-gap': 'names the value behind a place where bytes are missing',
  'other-content': 'is not the response of the operation that was called',
  missing: 'lacks the element that it should carry',
  several: 'carries the value more than once',
  nil: 'says that there is no value (xsi:nil)',
  empty: 'carries an empty value',
  'white-space': 'carries white space only in place of the value',
  'not-text': 'carries something else than text in place of the value',
  'bad-token': 'carries a session token that could not be sent back in a header',
  'not-json': 'is not well-formed JSON',
  'too-deep': 'is JSON that is nested more deeply than any answer of ThingSpace',
  trailing: 'continues behind its JSON document',
  xml: 'is XML in place of JSON',
  'not-object': 'is JSON, but not an object',
  null: 'carries null in place of the value',
  'error-inside': 'has the status of a success and is an error',
  'value-in-error': 'has the status of an error and carries the value of a success',
  'unexpected-status':
    'has an HTTP status that does not fit its content, or that no answer of ThingSpace has',
  'no-reason': 'has the status of an error and names no error code',
  'unknown-error': 'is an error in a form that is not known',
  'several-errors': 'names more than one error code',
  'gateway-gave-up': 'says that the gateway got no answer from ThingSpace',
} as const;

export type AnswerProblem = keyof typeof reasons;

/** The bytes hold neither the requested value nor a fault. The message names the flaw and quotes no byte. */
export class AnswerFormatError extends PresentableError {
  override readonly name = 'AnswerFormatError';
  readonly reason: AnswerProblem;
  readonly code: string | undefined;
  /** @param code the rule of HTTP that the answer breaks (`HTTP_…`) */
  constructor(reason: AnswerProblem, code?: string) {
    super(`The answer ${reasons[reason]}${code === undefined ? '' : ` (${code})`}`);
    this.code = code;
    this.reason = reason;
  }
}
