/**
 * What the rotation and the apps need of ThingSpace, whichever transport carries it.
 *
 * Every call ends in one of four ways and never throws for what the network or the platform did:
 * - `done`: the platform answered what was asked for;
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

/** An answer to GetNewPassword as it arrived: to be sealed before anybody reads it. */
export type RawAnswer = {
  outcome: 'answered';
  /** 0 when what arrived is not HTTP; the bytes are kept all the same. */
  httpStatus: number;
  /** Every byte that arrived; never empty. */
  body: Buffer;
  /** False when the connection broke, or the time was over, before the announced end, or 1 MiB was passed. */
  complete: boolean;
};

/** How long the whole call may take, from the look-up of the address to the last byte. */
export type CallLimits = { timeoutMs: number };

export interface ThingSpaceApi {
  /** Presents the password. `value` is the session token. */
  logIn(username: string, password: string, limits: CallLimits): Promise<Outcome<string>>;
  logOut(sessionToken: string, limits: CallLimits): Promise<Outcome<void>>;
  /**
   * Asks the server to make a new password. The bytes come back unread, whatever the HTTP status, so
   * that they can be sealed first; `readNewPassword` tells what they mean.
   */
  getNewPassword(
    sessionToken: string,
    currentPassword: string,
    limits: CallLimits,
  ): Promise<RawAnswer | NeverSent | Unknown>;
  /**
   * Reads an answer to GetNewPassword; no I/O. `done` carries the password exactly as the server wrote it.
   * `refused` means a complete fault; bytes that hold neither are `unknown`, with an error that says
   * what was wrong with them and quotes none of them.
   */
  readNewPassword(body: Buffer): Exclude<Outcome<string>, NeverSent>;
}
