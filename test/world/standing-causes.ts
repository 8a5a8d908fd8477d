import { credentialKey } from '../../lambda/ledger/state.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate, Plan } from './fate.ts';
import { startService } from './service.ts';
import { createWorld, MINUTE_MS, USERNAME, type World } from './world.ts';

/** A cause that stops the rotation until an operator repairs it. */
export type Cause = {
  name: string;
  /** Only this API knows it. @default both */
  only?: Transport;
  /** The world it is in. @default one credential */
  world?: (transport: Transport) => World;
  /** Begins it, a quarter after a healthy rotation. */
  begin?: (world: World) => void | Promise<void>;
  /** Begins it for the time of each rotation only. */
  duringRotation?: (world: World) => void;
  /** Repairs it, as the messages advise. */
  end: (world: World) => unknown;
  /** Messages and troubles that may be announced while it lasts. */
  says: readonly string[];
  /** The day from which on every day has a message; day 1 is that of the rotation. @default 1 */
  from?: number;
  /** Another client locks the username: the world's observer need not blame the function. */
  lockedByOthers?: boolean;
};

const allWell: Plan = () => 'ok';
const heal = (world: World): void => {
  world.plan.decide = allWell;
};

const failing =
  (calls: RegExp, fate: Fate = 'failed-before') =>
  (world: World): void => {
    world.plan.decide = ({ name }) => (calls.test(name) ? fate : 'ok');
  };

const resetByPhone = ({ platform }: World): void => platform.support.reset(USERNAME, 'Reset By Phone 1');
const restore = (world: World): void => world.restoreByHand('Restored By Support 7');

export function lockedByOthers({ platform }: World): void {
  for (let failure = 0; failure < 5; failure += 1) platform.logIn(USERNAME, 'A Guess');
}

/** Writes into the ledger which secret rotates the username. */
function rotatedBy(world: World, secretArn: string): void {
  const state = world.state();
  const changed = { ...state, revision: state.revision + 1, secretArn };
  world.aws.table.set(credentialKey(USERNAME), JSON.stringify(changed));
}

const REFUSED = 'stored-password-refused';

export const causes: readonly Cause[] = [
  {
    name: 'support reset the password, and the operator did not store it',
    begin: resetByPhone,
    end: (world) => world.storeByHand(world.truth().password),
    says: [REFUSED, 'failed-log-in'],
  },
  {
    name: 'another client locked the username, and the refusal has no listed code',
    begin: lockedByOthers,
    end: restore,
    says: [REFUSED, 'failed-log-in'],
    lockedByOthers: true,
  },
  {
    name: 'the secret is not JSON, and support reset the password before it',
    begin: (world) => {
      resetByPhone(world);
      world.aws.store('password: Mistyped');
    },
    end: restore,
    says: [REFUSED, 'failed-log-in'],
  },
  {
    name: 'no log-in gets an answer',
    begin: failing(/^LogIn$/, 'request-lost'),
    end: (world) => {
      heal(world);
      return world.trial();
    },
    says: ['guard-closed', 'rotation-failing', 'failed-log-in'],
  },
  {
    name: 'the function cannot reach ThingSpace',
    begin: failing(/^LogIn$/),
    end: heal,
    says: ['rotation-failing'],
  },
  {
    name: 'the secret is too large for a new password',
    begin: (world) => {
      const value = JSON.parse(world.aws.currentValue() ?? '{}');
      world.aws.store(JSON.stringify({ ...value, notes: 'x'.repeat(65_000) }));
    },
    end: (world) => world.storeByHand(world.truth().password),
    says: ['rotation-failing'],
  },
  {
    name: 'the sealing key is denied',
    begin: failing(/^GenerateDataKey$/),
    end: heal,
    says: ['rotation-failing'],
  },
  {
    name: 'the secret cannot be read',
    begin: failing(/^GetSecretValue$/),
    end: heal,
    says: ['rotation-failing'],
  },
  {
    name: 'every invocation of a rotation is killed',
    begin: failing(/^GenerateDataKey$/, 'killed-before'),
    end: heal,
    says: ['rotation-failing'],
    from: 2,
  },
  {
    name: 'another secret rotates the username',
    begin: (world) => rotatedBy(world, 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-MnOpQr'),
    end: (world) => rotatedBy(world, world.aws.identity.arn),
    says: ['rotation-failing'],
  },
  {
    name: 'the username was changed while an exchange was open',
    begin: async (world) => {
      await world.rotateMeeting('GetNewPassword', 'request-lost');
      world.aws.store(world.valueWith(world.truth().password, 'Somebody-Else'));
    },
    end: (world) => world.storeByHand(world.truth().password),
    says: ['username-changed', 'password-unknown'],
  },
  {
    name: 'the answer with the new password was lost',
    begin: async (world) => {
      await world.rotateMeeting('GetNewPassword', 'response-lost');
      world.advance(25 * MINUTE_MS);
      await world.recover();
    },
    end: restore,
    says: ['lost', 'password-unknown', 'password-lost'],
  },
  {
    name: 'the answer with the new password was lost, and the log cannot be searched',
    begin: async (world) => {
      await world.rotateMeeting('GetNewPassword', 'response-lost');
      failing(/^FilterLogEvents$/)(world);
    },
    end: (world) => {
      heal(world);
      restore(world);
    },
    says: ['unknown', 'password-unknown', 'failed-log-in'],
  },
  {
    name: 'the contract changed, and no answer with a password can be read',
    begin: (world) => {
      world.link.spoil = () =>
        ({ outcome: 'answered', body: Buffer.from('<html>'), contentType: 'text/html' }) as never;
    },
    end: (world) => {
      world.link.spoil = undefined;
      restore(world);
    },
    says: ['lost', 'unknown', 'password-unknown', 'password-lost'],
  },
  {
    name: 'a sealed answer does not open, and its process died',
    begin: async (world) => {
      await world.rotateMeeting('stdout', 'killed-after');
      failing(/^Decrypt$/)(world);
    },
    end: heal,
    says: ['unknown', 'password-unknown'],
  },
  {
    name: 'the new password cannot be stored',
    begin: failing(/^PutSecretValue$/),
    end: heal,
    says: ['not-stored'],
  },
  {
    name: 'ThingSpace makes passwords that cannot be used',
    world: (transport) => {
      const made = ['A Healthy Password 1'];
      return createWorld({ transport, nextPassword: () => made.pop() ?? "it's" });
    },
    end: restore,
    says: ['unusable-password'],
  },
  {
    name: 'an operator stored a password over a sealed one, and ThingSpace refuses both',
    begin: async (world) => {
      await world.rotateMeeting('PutSecretValue', 'failed-before');
      resetByPhone(world);
      world.storeByHand('Mistyped 1');
    },
    end: restore,
    says: ['superseded', 'failed-log-in', 'not-stored'],
  },
  heldByOther(),
  {
    name: 'the ledger is not available during every rotation',
    duringRotation: failing(/Item/),
    end: () => undefined,
    says: ['rotation-failing'],
    from: 2,
  },
  {
    name: 'over REST, the application’s key is not active in the portal',
    only: 'rest',
    begin: (world) => world.rest.bearers.setActive(apiKeyOf(world), false),
    end: (world) => world.rest.bearers.setActive(apiKeyOf(world), true),
    says: ['rotation-failing'],
  },
  {
    name: 'over REST, the token service gives no answer',
    only: 'rest',
    begin: failing(/^GetBearer$/, 'request-lost'),
    end: heal,
    says: ['rotation-failing'],
  },
];

const apiKeyOf = ({ rest }: World): string => rest.applications[0]?.apiKey ?? '';

function heldByOther(): Cause {
  let service = startService();
  return {
    name: 'a lost exchange of another credential, whose secret is out of service, holds it',
    world: (transport) => {
      service = startService({ transport });
      return service.second;
    },
    begin: async () => {
      const { first } = service;
      await first.rotateMeeting('GetNewPassword', 'response-lost');
      first.advance(25 * MINUTE_MS);
      await first.recover();
    },
    end: () => service.override(),
    says: ['held'],
  };
}
