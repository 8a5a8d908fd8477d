/**
 * The calls of the rotation and the apps to ThingSpace, for any transport.
 *
 * Every call ends in one of four ways and never throws for a failure of the network or the platform:
 * - `done`: the platform returned the requested value;
 * - `refused`: a complete error answer was read; `code` is its error code without the service name;
 * - `never-sent`: no byte of the request can have left this machine (DNS, refused connection, TLS);
 * - `unknown`: anything else. The platform may have executed the request, or may still do so.
 *
 * No cause and no message in here ever carries a password or a session token.
 */
export type Refused = { outcome: 'refused'; code: string };
export type NeverSent = { outcome: 'never-sent'; cause: Error };
export type Unknown = { outcome: 'unknown'; cause: Error };
export type Outcome<T> = { outcome: 'done'; value: T } | Refused | NeverSent | Unknown;

/**
 * The bytes of an answer, and the headers that describe them. Headers are the server's text and may echo a secret: they
 * are sealed with the bytes and go into no log and no error.
 */
export type AnswerContent = {
  /** The bytes of the answer that were kept, at most 1 MiB. */
  body: Buffer;
  /** The header as received, at most 256 characters of it. */
  contentType?: string | undefined;
  /** As `contentType`. */
  contentEncoding?: string | undefined;
  /**
   * Offset in `body` from which on the bytes do not simply follow those before it: some were left out, or
   * the framing of a broken chunk stands between them. No value is read from there on.
   */
  gapAt?: number | undefined;
  /** The first rule of HTTP that the answer breaks: one of the product's codes (`HTTP_…`), which errors may show. */
  flaw?: string | undefined;
};

/** An answer to GetNewPassword as it arrived: it is sealed before it is read. */
export type RawAnswer = AnswerContent & {
  outcome: 'answered';
  /** 0 when the bytes are not HTTP; they are still kept. */
  httpStatus: number;
  /**
   * True when the announced end came or the root element was closed, and `body` is all of it. False when the
   * connection broke or the time was over before that, the answer was larger than 1 MiB, or it is not HTTP.
   */
  complete: boolean;
  /** Bytes that arrived; more than `body` holds when the answer was larger than 1 MiB. */
  receivedBytes?: number | undefined;
};

export type CallLimits = {
  /** How long the whole call may take, from the look-up of the address to the last byte. */
  timeoutMs: number;
  /**
   * Called once, right before the first byte of the request is written. The connection is open by then, and the process
   * may have been suspended since the call began. `false` ends the call as `never-sent`.
   */
  mayLeave?: () => boolean;
};

export interface ThingSpaceApi {
  /** Presents the password. `value` is the session token. */
  logIn(username: string, password: string, limits: CallLimits): Promise<Outcome<string>>;
  logOut(sessionToken: string, limits: CallLimits): Promise<Outcome<void>>;
  /**
   * Asks the server to make a new password. Returns the bytes unread, whatever the HTTP status, so that they can be
   * sealed first; `readNewPassword` reads them.
   */
  getNewPassword(
    sessionToken: string,
    currentPassword: string,
    limits: CallLimits,
  ): Promise<RawAnswer | NeverSent | Unknown>;
  /**
   * Reads an answer to GetNewPassword; no I/O. `done` carries the password exactly as the server wrote it. `refused`
   * means a complete fault; bytes that hold neither are `unknown`, with an error that names the flaw and quotes no
   * byte. So is an answer that is declared to be compressed or in a charset other than UTF-8.
   */
  readNewPassword(answer: AnswerContent): Exclude<Outcome<string>, NeverSent>;
}
