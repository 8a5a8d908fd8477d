import { PresentableError } from '../errors.ts';
/** The reasons why a call over the network has no answer. These errors carry neither the request nor the response. */

/** No byte of the request left this machine. */
export class NotSentError extends PresentableError {
  override readonly name = 'NotSentError';
  /** Node's or OpenSSL's error code (`ECONNREFUSED`), where there is one. */
  readonly code: string | undefined;
  constructor(what: string, cause?: unknown) {
    super(`${what}${inBrackets(cause)}; nothing was sent, so the call may be repeated`);
    this.code = codeOf(cause);
  }
}

/** The caller no longer allowed the request when it could have left. */
export class TooLateToSendError extends PresentableError {
  override readonly name = 'TooLateToSendError';
  constructor() {
    super(
      'The call was held up before its first byte could leave (slow to connect, or the process was suspended); ' +
        'nothing was sent, so the call may be repeated',
    );
  }
}

/** A value holds a character that the request cannot carry; nothing was sent. */
export class UnsendableValueError extends PresentableError {
  override readonly name = 'UnsendableValueError';
  constructor(carrier: 'XML' | 'UTF-8' | 'a header of HTTP') {
    super(
      `The username, password or session token holds a character that ${carrier} cannot carry, so nothing was sent; correct the value in the secret`,
    );
  }
}

/** The request may have arrived, and no usable answer did. */
export class NoAnswerError extends PresentableError {
  override readonly name = 'NoAnswerError';
  /** Node's error code, or the rule of HTTP that the answer breaks (`HTTP_…`). */
  readonly code: string | undefined;
  constructor(what: string, cause?: unknown) {
    super(`${what}${inBrackets(cause)}; ThingSpace may have executed the request`);
    this.code = codeOf(cause);
  }
}

/** An answer arrived whole or in part, and neither the requested value nor a fault could be read from it. */
export class UnusableAnswerError extends PresentableError {
  override readonly name = 'UnusableAnswerError';
  /** The rule of HTTP that the answer breaks (`HTTP_…`), if it breaks one. */
  readonly code: string | undefined;
  constructor(what: string, cause: Error) {
    super(`${what}: ${cause.message}; ThingSpace may have executed the request`, { cause });
    this.code = codeOf(cause);
  }
}

/**
 * Returns Node's or OpenSSL's error code. The cause itself is not kept: Node attaches the bytes received (`rawPacket`)
 * and certificates to it.
 */
export function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}

/** Returns the code of an error for a sentence about it: ` (ECONNRESET)`, or an empty text. */
export function inBrackets(cause: unknown): string {
  const code = codeOf(cause);
  return code === undefined ? '' : ` (${code})`;
}
