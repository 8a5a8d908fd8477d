/**
 * The calls of the rotation and the apps to ThingSpace, for any transport.
 *
 * Every call ends in one of four ways and never throws for a failure of the network or the platform:
 * - `done`: the platform returned the requested value;
 * - `refused`: a complete error answer was read; `code` is its error code without the service name;
 * - `never-sent`: no byte of the request can have left this machine (DNS, refused connection, proxy, TLS);
 * - `unknown`: anything else. The platform may have executed the request, or may still do so.
 *
 * No cause and no message in here ever carries a password or a session token.
 */
export type Refused = { outcome: 'refused'; code: string };
export type NeverSent = { outcome: 'never-sent'; cause: Error };
export type Unknown = { outcome: 'unknown'; cause: Error };
export type Outcome<T> = { outcome: 'done'; value: T } | Refused | NeverSent | Unknown;
/** The result of reading an answer: its request was sent. */
export type Reading<T> = Exclude<Outcome<T>, NeverSent>;

/** The wire format: SOAP ("Wireless Network Services") or REST ("Connectivity Management"). */
export type Transport = 'soap' | 'rest';

/**
 * The application's key and secret. REST needs both for its bearer, from the same version of the secret as the password.
 * SOAP ignores them.
 */
export type ApiKey = { apiKey: string; apiSecret: string };
export type MaybeApiKey = { [member in keyof ApiKey]?: ApiKey[member] | undefined };
/** The values that a log-in presents. */
export type LogInCredential = { username: string; password: string } & MaybeApiKey;
/** An open session, with the key of the credential that opened it. */
export type OpenSession = { token: string } & MaybeApiKey;

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
  /** The transport that wrote it, and that reads it. Absent: SOAP. */
  transport?: 'rest' | undefined;
};

/** An answer to GetNewPassword for its reader. REST reads no value without the HTTP status; SOAP ignores it. */
export type ReadableAnswer = AnswerContent & { httpStatus?: number | undefined };

/** An answer to GetNewPassword as it arrived: it is sealed before it is read. */
export type RawAnswer = AnswerContent & {
  outcome: 'answered';
  /** 0 when the bytes are not HTTP; they are still kept. */
  httpStatus: number;
  /**
   * True when the announced end came or the document was whole, and `body` is all of it. False when the
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
  readonly transport: Transport;
  /**
   * Gets ready for a log-in, before that is reserved: REST fetches its bearer, SOAP is always ready. Presents no
   * username and no password. `never-sent` says why no log-in could be sent now; `cause` is a `BearerError` then, or a
   * `ProxyError`.
   */
  prepare(key: MaybeApiKey, limits: Pick<CallLimits, 'timeoutMs'>): Promise<{ outcome: 'done' } | NeverSent>;
  /** Presents the password. `value` is the session token. */
  logIn(credential: LogInCredential, limits: CallLimits): Promise<Outcome<string>>;
  logOut(session: OpenSession, limits: CallLimits): Promise<Outcome<void>>;
  /**
   * Asks the server to make a new password, once. Returns the bytes unread, whatever the HTTP status, so that they can
   * be sealed first; `readNewPassword` reads them.
   */
  getNewPassword(
    session: OpenSession,
    currentPassword: string,
    limits: CallLimits,
  ): Promise<RawAnswer | NeverSent | Unknown>;
  /**
   * Reads an answer to GetNewPassword by the rules of the transport that wrote it, whichever this one is; no I/O.
   * `done` carries the password exactly as the server wrote it. `refused` means a complete error answer; bytes that
   * hold neither are `unknown`, with an error that names the flaw and quotes no byte. So is an answer that is declared
   * to be compressed or in a charset other than UTF-8.
   */
  readNewPassword(answer: ReadableAnswer): Reading<string>;
}
