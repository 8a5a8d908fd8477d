import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type Person, withMember } from './acts.ts';
import type { Platform } from './thingspace/platform.ts';

/** An act of a person, for a timeline; `did` holds no secret. */
export type PersonEvent = { kind: 'person'; atMs: number; did: string };

/** A person in the local world; a timeline shows the acts. */
export interface ToldPerson extends Person {
  /** Reads the secret, changes the member `region`, and stores the whole as a new version, as the console does. */
  editsMember(region: string): Promise<void>;
  /** Stores a password in a new version; the other members stay. */
  stores(password: string, what?: string): Promise<void>;
  subscribe(listener: (event: PersonEvent) => void): void;
}

type Options = {
  clock: { nowMs(): number };
  /** Past the gateway: it records the function's calls, and delays one while a person acts. */
  console: SecretsManagerClient;
  platform: Platform;
  username: string;
  secretArn: string;
  firstText: string;
};

export function createPerson({
  clock,
  console,
  platform,
  username,
  secretArn,
  firstText,
}: Options): ToldPerson {
  const listeners: ((event: PersonEvent) => void)[] = [];
  const tell = (did: string): void => {
    for (const listener of listeners) listener({ kind: 'person', atMs: clock.nowMs(), did });
  };
  const put = (value: { SecretString: string } | { SecretBinary: Uint8Array }) =>
    console.send(new PutSecretValueCommand({ SecretId: secretArn, ...value }));
  const person: ToldPerson = {
    firstText,
    async reads() {
      const { SecretString = '' } = await console.send(new GetSecretValueCommand({ SecretId: secretArn }));
      return SecretString;
    },
    async storesText(text) {
      await put({ SecretString: text });
      tell('stores a value in the secret');
    },
    async storesBinary() {
      await put({ SecretBinary: Buffer.from('a file') });
      tell('stores SecretBinary in the secret');
    },
    async editsMember(region) {
      await put({ SecretString: withMember(await person.reads(), 'region', region) });
      tell('edits another member of the secret and stores it');
    },
    async stores(password, what = 'a password') {
      await put({ SecretString: withMember(await person.reads(), 'password', password) });
      tell(`stores ${what} in the secret`);
    },
    hasSupportReset(password) {
      platform.support.reset(username, password);
      tell('has M2M Support reset the password');
    },
    livePassword: () => platform.truth(username).password,
    subscribe: (listener) => void listeners.push(listener),
  };
  return person;
}
