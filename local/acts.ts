/** A person beside the automation, with Secrets Manager's console and a telephone; each world has a driver. */
export interface Person {
  /** The text of AWSCURRENT. */
  reads(): Promise<string>;
  /** The text in an editor that was opened before the first rotation. */
  readonly firstText: string;
  /** Stores a value as a new version, which is AWSCURRENT. */
  storesText(text: string): Promise<void>;
  storesBinary(): Promise<void>;
  /** Stores a password in a new version. */
  stores(password: string): Promise<void>;
  /** Has M2M Support reset the password; it is in the secret only when it is stored. */
  hasSupportReset(password: string): void;
  /** The password that ThingSpace takes, as support knows it. */
  livePassword(): string;
}

/**
 * An act of an operator or support at any moment (docs/design.md, "What people do"). `password` is the one that
 * support sets, where the act needs one.
 */
export type Act<Someone extends Person = Person> = {
  name: string;
  act: (person: Someone, password: string) => Promise<void>;
  /** The act that follows an hour later, unasked. */
  later?: (person: Someone, password: string) => Promise<void>;
  /** A text that the operator has put into the secret and that must survive. */
  keeps?: string;
  /** Failed log-ins that it may cost at most, where the design says so. */
  mostFailures?: number;
};

export const EDIT = 'edited by a person';
/** docs/aws.md: of a secret's value. */
const MAX_BYTES = 65_536;

/** Replaces a member of a secret as text: everything else stays byte for byte, as in the console's editor. */
export function withMember(text: string, name: string, value: string): string {
  const member = new RegExp(`("${name}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`);
  return text.replace(member, (_all, head: string) => head + JSON.stringify(value));
}

/** Fills the value to so many bytes with another member, in place of its last notes. */
export function withNotes(text: string, bytes: number): string {
  const { notes: _, ...members } = JSON.parse(text);
  const value = (notes: string) => JSON.stringify({ ...members, notes });
  return value('x'.repeat(bytes - Buffer.byteLength(value(''))));
}

/** Stores AWSCURRENT's value with a change, as a new version. */
const edits = (change: (text: string) => string) => async (person: Person) =>
  person.storesText(change(await person.reads()));

const edited = (text: string) => withMember(text, 'region', EDIT);

/** Values that they store in the secret. */
export const EDITS: readonly Act[] = [
  { name: 'edits another member', act: edits(edited), keeps: EDIT, mostFailures: 1 },
  {
    name: 'saves a stale editor with an old password and an edited member',
    act: (person) => person.storesText(edited(person.firstText)),
    keeps: EDIT,
    mostFailures: 1,
  },
  { name: 'stores a wrong password', act: edits((text) => withMember(text, 'password', 'Mistyped 1')) },
  { name: 'stores a value that is not JSON', act: (person) => person.storesText('password: Mistyped') },
  { name: 'stores SecretBinary', act: (person) => person.storesBinary() },
  {
    name: 'edits another member and leaves a line break behind the username',
    act: edits((text) => withMember(edited(text), 'username', `${usernameIn(text)}\n`)),
    keeps: EDIT,
    mostFailures: 1,
  },
  { name: 'fills the secret to 64 KB', act: edits((text) => withNotes(text, MAX_BYTES)), mostFailures: 1 },
  {
    name: 'writes the username in capitals',
    act: edits((text) => withMember(text, 'username', usernameIn(text).toUpperCase())),
    mostFailures: 1,
  },
  {
    name: 'changes the username to another one',
    act: edits((text) => withMember(text, 'username', 'Somebody-Else')),
  },
];

const usernameIn = (text: string): string => JSON.parse(text).username;

/** Support resets the password by telephone. */
export const SUPPORT: readonly Act[] = [
  {
    name: 'has support reset the password and stores it',
    async act(person, password) {
      person.hasSupportReset(password);
      await person.stores(password);
    },
  },
  {
    name: 'has support reset the password and stores it an hour later',
    act: async (person, password) => person.hasSupportReset(password),
    async later(person, password) {
      if (person.livePassword() === password) await person.stores(password);
    },
  },
];
