import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Platform } from './thingspace/platform.ts';

/** An act of a person, for a timeline; `did` holds no secret. */
export type PersonEvent = { kind: 'person'; atMs: number; did: string };

/** A person beside the automation: with Secrets Manager's console and a telephone. */
export interface Person {
  /** Reads the secret, changes the member `owner`, and stores the whole as a new version, as the console does. */
  editsMember(owner: string): Promise<void>;
  /** Stores a password in a new version; the other members stay. */
  stores(password: string, what?: string): Promise<void>;
  /** Has M2M Support reset the password; it is in the secret only when it is stored. */
  hasSupportReset(password: string): void;
  subscribe(listener: (event: PersonEvent) => void): void;
}

type Options = {
  clock: { nowMs(): number };
  /** Past the gateway: it records the function's calls, and delays one while a person acts. */
  console: SecretsManagerClient;
  platform: Platform;
  username: string;
  secretArn: string;
};

export function createPerson({ clock, console, platform, username, secretArn }: Options): Person {
  const listeners: ((event: PersonEvent) => void)[] = [];
  const tell = (did: string): void => {
    for (const listener of listeners) listener({ kind: 'person', atMs: clock.nowMs(), did });
  };
  async function storeChanged(change: (text: string) => string): Promise<void> {
    const { SecretString = '' } = await console.send(new GetSecretValueCommand({ SecretId: secretArn }));
    await console.send(
      new PutSecretValueCommand({ SecretId: secretArn, SecretString: change(SecretString) }),
    );
  }
  return {
    async editsMember(owner) {
      await storeChanged((text) => withMember(text, 'owner', owner));
      tell('edits another member of the secret and stores it');
    },
    async stores(password, what = 'a password') {
      await storeChanged((text) => withMember(text, 'password', password));
      tell(`stores ${what} in the secret`);
    },
    hasSupportReset(password) {
      platform.support.reset(username, password);
      tell('has M2M Support reset the password');
    },
    subscribe: (listener) => void listeners.push(listener),
  };
}

/** As text: everything else stays byte for byte, as in the console's editor. */
function withMember(text: string, name: string, value: string): string {
  const member = new RegExp(`("${name}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`);
  return text.replace(member, (_all, head: string) => head + JSON.stringify(value));
}
