/** One answer of ThingSpace to a password that was presented. */
export type Answer = {
  atMs: number;
  operation: 'LogIn' | 'GetNewPassword';
  password: string;
  accepted: boolean;
  /** A gateway before ThingSpace refused it, and ThingSpace executed nothing. */
  byGateway?: boolean;
};

/** The truth at one moment, which only an observer of the simulator sees. Messages are compared with it. */
export type Moment = {
  /** The password that ThingSpace takes. */
  live: string;
  /** ThingSpace takes no password, not even that one. */
  locked: boolean;
  /** The password in AWSCURRENT; undefined where it holds no credential. */
  current: string | undefined;
  /** The passwords that the secret holds, by version. */
  stored: ReadonlyMap<string, string>;
  /** The passwords in sealed answers, by attempt, wherever these are kept: in the log, the journal, or set aside. */
  sealed: ReadonlyMap<string, string>;
  /** The same of lines in the log that no search finds yet. */
  sealedLate: ReadonlyMap<string, string>;
  /** The journal holds a sealed answer to the exchange that is open: it arrived. */
  openAnswer: boolean;
  /** How many answers are sealed, with or without a password that can be read. */
  sealedAnswers: number;
  /** The passwords that exchanges have made. */
  made: readonly string[];
  /** Everything that ThingSpace has answered, oldest first. */
  answers: readonly Answer[];
  /** The answers to the invocation that is judged. */
  ofInvocation: readonly Answer[];
  /** Failures that the ledger counts, and the number of them at which the rotation stops. */
  exposure: number;
  rotationBudget: number;
  /** The exchange of another credential holds this one's rotation. */
  held: boolean;
};

/** Reports whether a log-in with AWSCURRENT would succeed. */
export const works = ({ live, locked, current }: Moment): boolean => current === live && !locked;

/** Reports whether a version of the secret holds the live password. */
export const isStored = ({ live, stored }: Moment): boolean => [...stored.values()].includes(live);

/** Reports whether a sealed answer that can be found holds the live password. */
export const isSealed = ({ live, sealed }: Moment): boolean => [...sealed.values()].includes(live);

/** Reports whether only a line of the log that no search finds yet holds it. */
export const isSealedLate = ({ live, sealedLate }: Moment): boolean =>
  [...sealedLate.values()].includes(live);
