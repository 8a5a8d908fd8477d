/** One remote call of the function as the gateway saw it. Nothing in here is a secret. */
export type Call = {
  /** 1-based, over the gateway's life, in the order in which whole requests arrived. */
  index: number;
  /** The front's name: `secretsmanager`, `kms`, `sns`, `dynamodb`, `logs`, `thingspace`… */
  service: string;
  operation: string;
  /** Milliseconds since 1970 by the gateway's clock. */
  startedAtMs: number;
  endedAtMs?: number;
  /** Status of the answer that was made, also where the caller never got it. */
  httpStatus?: number;
  /** Kind of the fate; `undecided` until `decide` has spoken. */
  fate: Fate['kind'] | 'undecided';
  /** Exception name or fault code of the answer that was made. */
  errorName?: string;
  /** Harmless facts (SecretId, VersionStages, TableName…), never values. */
  detail?: Record<string, string>;
};

/** An answer that the gateway makes up. */
export type Canned = { status: number; headers?: Record<string, string>; body: string };

/** What becomes of a call. */
export type Fate =
  /** Passed on, after `delayMs` if given, and answered as the service answers. */
  | { kind: 'deliver'; delayMs?: number }
  /** Not passed on; answered with this. */
  | ({ kind: 'answer' } & Canned)
  /** Takes effect, but is answered with this. */
  | ({ kind: 'deliver-then-answer' } & Canned)
  /** Connection reset; not passed on. */
  | { kind: 'lose-request' }
  /** Takes effect, then the connection is reset. */
  | { kind: 'lose-response' }
  /** Never answered while the gateway lives. */
  | { kind: 'hang'; delivered: boolean }
  /** Takes effect; the connection breaks after so many bytes of the answer's body. */
  | { kind: 'cut'; afterBytes: number }
  /** `onKill` is called before the call is passed on, or after its effect; there is no answer. */
  | { kind: 'kill'; when: 'before' | 'after' };

/** A whole request, as `operationOf` and `detailOf` see it. Header names are in lower case. */
export type SeenRequest = {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};
