import { lacksKey, type Sight, whyNoLogIn } from '../../cli/sight.ts';
import { verdictOn } from '../../cli/verdict.ts';
import type { Budgets } from '../../lambda/ledger/budgets.ts';
import { isKnownDead } from '../../lambda/ledger/fingerprint.ts';
import type { Closing } from '../../lambda/ledger/pause.ts';
import { type CredentialState, credentialKey } from '../../lambda/ledger/state.ts';
import { sweep } from '../../lambda/ledger/sweep.ts';
import { asStored } from '../../lambda/secret/stored-version.ts';
import { findings } from '../../lambda/situations/all.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Said } from '../../local/judge/words.ts';
import type { Aws } from './memory-aws.ts';

type Place = {
  aws: Aws;
  now: number;
  budgets: Budgets;
  transport: Transport;
  /** The username of the world, and the items of it and of the one that the secret names. */
  username: string;
  stateOf: (username: string) => CredentialState;
  closing: Closing | undefined;
};

/** The verdict that `status` would print now, as its reader reads it. Sends and changes nothing. */
export async function verdictSaid(place: Place): Promise<Said> {
  const { finding } = verdictOn(await sightOf(place));
  const { short, means, byItself } = findings[finding];
  return { by: `status (${finding})`, text: `${short}. ${means} ${byItself}`, facts: {} };
}

/** The sight of an operator who may read everything, as `look` in cli/sight.ts has it. */
async function sightOf({ aws, now, budgets, transport, username, stateOf, closing }: Place): Promise<Sight> {
  const secretArn = aws.identity.arn;
  const versionId = aws.stages.get('AWSCURRENT') ?? '';
  const stored = aws.versions.get(versionId);
  const holder =
    stored?.value === undefined
      ? undefined
      : asStored(secretArn, { versionId, value: stored.value, createdAt: stored.createdAt });
  const named = holder?.credential?.username ?? username;
  const state = structuredClone(stateOf(named));
  const waits = state.outbox;
  sweep(state, budgets, now);
  state.outbox = waits;
  const pending = aws.stages.get('AWSPENDING');
  const isPending = pending !== undefined && pending !== versionId;
  const isFormer = credentialKey(named) !== credentialKey(username);
  return {
    username: named,
    secretArn,
    now,
    closedUntil: closing?.closedNow(state, now),
    state,
    budgets,
    holder,
    unseen: undefined,
    holderDead: holder !== undefined && (await isKnownDead(named, state, holder)),
    keyMissing: holder?.credential !== undefined && lacksKey(transport, holder),
    mayNot: holder && (await whyNoLogIn(state, secretArn, holder, budgets, now)),
    pending: !isPending ? 'none' : aws.versions.get(pending)?.value ? 'with a value' : 'without a value',
    former: isFormer ? { username, journal: stateOf(username).journal } : undefined,
    facts: {
      arn: secretArn,
      name: 'fleet',
      rotationEnabled: aws.rotation.enabled,
      functionArn: 'function',
      lastRotatedAt: undefined,
      nextRotationAt: undefined,
      deletedAt: undefined,
    },
    heldBy: undefined,
    wasHeld: false,
  };
}
