import { awsError } from '../gateway/protocols.ts';
import { meets } from '../meets.ts';
import type { World } from '../world.ts';
import { MINUTE_MS, SETTLED_MS, type Situation } from './situation.ts';

const REFUSED = awsError('secretsmanager', 'InternalServiceError', 'An error occurred.', 500);

/** Sealed, and not stored: Secrets Manager takes nothing for so many processes. */
export async function sealedOnly(world: World, attempts = 1): Promise<void> {
  meets(world, 'PutSecretValue', { fault: 'failed-before', ...REFUSED }, Number.POSITIVE_INFINITY);
  await world.conductor.rotate(world.secretArn, { attempts });
  world.gateway.decide = () => 'ok';
}

/** Each invocation dies with a log-in in its hands, until the rotation's share is used up. */
export async function closeGuard(world: World): Promise<void> {
  meets(world, 'LogIn', 'killed-before', 2);
  for (let process = 1; process <= 3; process += 1) {
    await world.conductor.rotate(world.secretArn, { attempts: 1 });
    world.clock.advance(2 * SETTLED_MS);
  }
  await world.conductor.rotate(world.secretArn, { attempts: 1 });
}

/** An administrator takes the right to decrypt from the function; the secret can still be read. */
export function takeDecrypt(world: World): void {
  world.gateway.decide = ({ service, operation }) =>
    service === 'kms' && operation === 'Decrypt' && world.functionRuns()
      ? { fault: 'failed-before', ...awsError('kms', 'AccessDeniedException', 'Not authorized.', 400) }
      : 'ok';
}

export function giveDecrypt(world: World): void {
  world.gateway.decide = () => 'ok';
}

const DAY_MS = 24 * 60 * MINUTE_MS;

/** An administrator deletes the ledger's table and makes it again; the daily check is the first to look. */
async function ledgerBecomes(world: World, restored?: readonly Record<string, unknown>[]): Promise<void> {
  world.clock.advance(DAY_MS);
  // Lambda keeps no process for a day without an invocation.
  await world.gateway.onKill();
  await world.aws.dynamodb.replaceTable(world.tableName, restored);
  world.clock.advance(SETTLED_MS);
  await world.conductor.recover(world.secretArn);
}

const HEARD_WRONG = 'Heard Wrong 1';

export const situations: readonly Situation[] = [
  {
    name: 'lost',
    shows: 'A rotation failed in the night.',
    best: { failures: 0, calls: 1 },
    async arise(world) {
      meets(world, 'GetNewPassword', 'response-lost');
      await world.conductor.rotate(world.secretArn, { attempts: 1 });
      await world.conductor.recover(world.secretArn);
    },
  },
  {
    name: 'unknown',
    shows: 'A rotation failed some minutes ago.',
    best: { failures: 0, calls: 0 },
    async arise(world) {
      meets(world, 'GetNewPassword', 'request-lost');
      await world.conductor.rotate(world.secretArn, { attempts: 1 });
      world.clock.advance(3 * MINUTE_MS);
    },
  },
  {
    name: 'wrong-password',
    shows: 'Apps cannot log in.',
    world: { storedPassword: 'mistyped-by-somebody' },
    best: { failures: 0, calls: 1 },
    async arise(world) {
      await world.conductor.rotate(world.secretArn);
    },
  },
  {
    name: 'not-stored',
    shows: 'Apps cannot log in since the rotation.',
    best: { failures: 0, calls: 0 },
    // The outage ends while the operator wakes up; no retry has come yet.
    arise: (world) => sealedOnly(world, 2),
  },
  {
    name: 'guard-closed',
    shows: 'The rotation makes no log-in.',
    best: { failures: 0, calls: 0 },
    arise: closeGuard,
  },
  {
    name: 'superseded',
    shows: 'An operator stored a password during a rotation.',
    best: { failures: 0, calls: 1 },
    async arise(world) {
      await sealedOnly(world);
      world.person.hasSupportReset('Read Out By Support 1');
      await world.person.stores(HEARD_WRONG, 'what they heard wrong');
      await world.conductor.rotate(world.secretArn, { attempts: 2 });
    },
  },
  {
    name: 'unreadable-envelope',
    shows: 'The function cannot open what it has sealed.',
    best: { failures: 0, calls: 0 },
    async arise(world) {
      await sealedOnly(world);
      takeDecrypt(world);
      await world.conductor.rotate(world.secretArn, { attempts: 2 });
    },
    colleague: {
      offers: 'the function’s rights on the key are looked at and repaired',
      does(world) {
        giveDecrypt(world);
        return 'The key’s policy had lost the function’s kms:Decrypt; a colleague has put it back.';
      },
    },
  },
  {
    name: 'ledger-gone',
    shows: 'Somebody deleted a table and made it again, and a rotation had not ended.',
    section: 'the-ledger-is-gone-or-restored',
    best: { failures: 0, calls: 0 },
    async arise(world) {
      await sealedOnly(world);
      await ledgerBecomes(world);
    },
  },
  {
    name: 'ledger-restored',
    shows: 'Somebody restored a table from yesterday’s backup.',
    section: 'the-ledger-is-gone-or-restored',
    best: { failures: 0, calls: 0 },
    async arise(world) {
      await world.conductor.rotate(world.secretArn);
      const copy = await world.aws.dynamodb.items(world.tableName);
      // Failures that the copy does not know: two more would lock the username.
      for (let failure = 0; failure < 3; failure += 1) world.platform.logIn(world.username, 'of an app');
      await ledgerBecomes(world, copy);
    },
  },
];
