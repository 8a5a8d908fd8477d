import type { Desk } from './desk.ts';
import { notRight } from './errors.ts';

type Statement = {
  Effect?: string;
  Principal?: { Service?: string | string[] } | string;
  Action?: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
};

/** The error of a part whose name only the function's configuration has. */
export const notKnown = (what: string) => notRight(`${what} is not known: the function could not be asked.`);

/**
 * Looks at the policies of the keys. A company's own key may lack a statement (docs/deploy.md, "Keys of your own"), and
 * nothing else shows it: an alarm that CloudWatch may not encrypt is dropped without an error.
 */
export const keyPolicyChecks = (desk: Desk) => [
  { check: 'alarms’ key', look: () => ofAlarmsKey(desk) },
  { check: 'sealed passwords', look: () => ofSealingPolicy(desk) },
];

async function ofAlarmsKey({ function: found, surroundings }: Desk): Promise<string> {
  const name = found?.logGroup;
  if (name === undefined) throw notKnown('it');
  // The topic has the key of the log group (infra/rotation-service.ts).
  const keyArn = await surroundings.keyOfLogGroup(name);
  if (keyArn === undefined) return 'the log group has no key of yours';
  if (statementsOf(await surroundings.keyPolicy(keyArn)).some(letsCloudWatchPublish)) {
    return 'CloudWatch may use it';
  }
  throw notRight(
    `no statement in the policy of ${keyArn} lets cloudwatch.amazonaws.com use it, and without one its alarms do not arrive: write AlarmsOfThisAccountReachTheTopic (docs/deploy.md) into it.`,
  );
}

async function ofSealingPolicy({ settings, surroundings }: Desk): Promise<string> {
  const { sealingKeyId } = settings;
  if (sealingKeyId === undefined) throw notKnown('the key');
  if (statementsOf(await surroundings.keyPolicy(sealingKeyId)).some(deniesOthers)) {
    return 'only named principals open them';
  }
  throw notRight(
    'no statement in the sealing key’s policy keeps other principals from opening them: write OnlyTheNamedOpenSealedPasswords (docs/deploy.md) into it.',
  );
}

const statementsOf = (policy: string): Statement[] => [JSON.parse(policy).Statement ?? []].flat();

const letsCloudWatchPublish = ({ Effect, Principal, Action }: Statement): boolean =>
  Effect === 'Allow' &&
  typeof Principal === 'object' &&
  [Principal.Service].flat().includes('cloudwatch.amazonaws.com') &&
  ['kms:Decrypt', 'kms:GenerateDataKey'].every((needed) =>
    [Action].flat().some((one) => covers(one, needed)),
  );

const deniesOthers = ({ Effect, Action, Condition }: Statement): boolean =>
  Effect === 'Deny' &&
  [Action].flat().some((one) => covers(one, 'kms:Decrypt')) &&
  Condition?.Null?.['kms:EncryptionContext:token'] === 'false';

const covers = (pattern: string | undefined, action: string): boolean =>
  pattern === action || (pattern?.endsWith('*') === true && action.startsWith(pattern.slice(0, -1)));
