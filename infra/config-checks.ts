import {
  addressOf,
  combinations,
  MOST_COMBINATIONS,
  type Receiver,
  subscriptions,
} from './alarm-receivers.ts';
import type { Config } from './config.ts';
import { accessFits } from './config-access.ts';
import { calendarFits } from './config-calendar.ts';
import { egressFits } from './config-egress.ts';
import { placesFit, replicasFit } from './config-places.ts';
import { type Rotation, scheduleOf } from './rotation-schedule.ts';
import { apiFits, type ThingSpaceApiOptions } from './thingspace-api.ts';

export function subscriptionsOf(config: Config) {
  const perCredential = config.credentials.map(({ username, alarmReceivers }) => ({
    username,
    receivers: alarmReceivers as Receiver[],
  }));
  return subscriptions(config.alarmReceivers as Receiver[], perCredential);
}

/** Returns the mistakes that no single setting shows; each sentence says what to write. */
export function crossCheck(config: Config): string[] {
  return [
    ...transportFits(config),
    ...budgetsFit(config),
    ...eachOnce(config),
    ...namesAreFree(config),
    ...importsFit(config),
    ...rolesTakePolicies(config),
    ...rolesHaveOnePath(config),
    ...placesFit(config),
    ...replicasFit(config),
    ...receiversAgree(config),
    ...filtersFit(config),
    ...logOutlivesRotations(config),
    ...egressFits(config),
    ...calendarFits(config),
    ...accessFits(config),
  ];
}

function* transportFits({ thingspace }: Config) {
  for (const mistake of apiFits(thingspace as ThingSpaceApiOptions)) yield `thingspace.${mistake}`;
}

function* budgetsFit({ lockout: { limit, budget, rotationBudget } }: Config) {
  if (budget >= limit) {
    yield `lockout.budget: write less than lockout.limit (${limit}); the rest of the log-ins stays free for operators`;
  }
  if (rotationBudget > budget) {
    yield `lockout.rotationBudget: write at most lockout.budget (${budget})`;
  }
}

function* eachOnce({ credentials }: Config) {
  const why = {
    name: ' (letter case makes no difference)',
    username: ' (letter case makes no difference): one username has one password, so one secret',
    secretArn: ': one secret holds one username',
  };
  for (const member of ['name', 'username', 'secretArn'] as const) {
    const seen = new Map<string, number>();
    for (const [index, credential] of credentials.entries()) {
      const value = credential[member]?.toLowerCase();
      if (value === undefined) continue;
      const first = seen.get(value);
      if (first !== undefined) {
        yield `credentials[${index}].${member}: write another than that of credentials[${first}]${why[member]}`;
      }
      seen.set(value, first ?? index);
    }
  }
  yield* madeTwice(credentials);
}

/** A secret that one credential makes, and another is given by its ARN. */
function* madeTwice(credentials: Config['credentials']) {
  const made = credentials.filter(({ secretArn }) => secretArn === undefined);
  for (const [index, { secretArn }] of credentials.entries()) {
    const name = secretArn?.split(':')[6]?.slice(0, -'-AbCdEf'.length);
    const other = made.find((credential) => `thingspace/${credential.name}` === name);
    if (other) {
      yield `credentials[${index}].secretArn: write another secret, this is the one that the credential ${other.name} makes`;
    }
  }
}

/** The ids of the stack's own constructs (`stack.ts`); a credential is a construct beside them. */
const innerConstructs =
  /^(service|dashboard|access|accessurl|accessfunctionname|accesstable|accessstreamarn|accesscallerspolicyarn|vpc|givensealingkey|givenoperationskey|givenproxysecret|givenproxykey|functionname|ledgertable|alarmtopicarn|sealingkeyarn|operatorspolicyarn\d*|servicename|credentials\d*|cdkmetadata|bootstrapversion|checkbootstrapversion|exports|(role|given|givenkey|subnet|sg)-.*)$/i;

function* namesAreFree({ credentials }: Config) {
  for (const [index, { name }] of credentials.entries()) {
    if (innerConstructs.test(name)) {
      yield `credentials[${index}].name: write another name, the stack calls a part of itself "${name}"`;
    }
  }
}

function* importsFit({ credentials }: Config) {
  for (const [index, credential] of credentials.entries()) {
    const { secretArn, secretKeyArn, adopt, readers, clients } = credential;
    const at = `credentials[${index}]`;
    if (secretKeyArn !== undefined && secretArn === undefined) {
      yield `${at}.secretKeyArn: leave it out, it belongs to secretArn; a new secret is encrypted with the sealing key`;
    }
    if (adopt && secretArn === undefined) {
      yield `${at}.adopt: write it only together with secretArn, for a secret that an earlier deployment made and kept`;
    }
    if (secretArn !== undefined && !adopt && readers.length + clients.length > 0) {
      yield `${at}.readers: leave readers and clients out and name them in the imported secret's own resource policy, which this stack does not replace`;
    }
  }
}

/** AWS lets nobody attach a policy to roles of these paths (IAM User Guide, "protected roles"). */
const PROTECTED_ROLE = /:role\/aws-(?:reserved|service-role)\//;

/** The stack attaches a policy to each client, and to each reader of a new secret under a key that is imported. */
function* rolesTakePolicies({ credentials, sealingKeyArn }: Config) {
  for (const [index, { clients, readers, secretArn }] of credentials.entries()) {
    const attached = {
      clients,
      readers: sealingKeyArn !== undefined && secretArn === undefined ? readers : [],
    };
    for (const [member, arns] of Object.entries(attached)) {
      for (const [position, arn] of arns.entries()) {
        if (!PROTECTED_ROLE.test(arn)) continue;
        const way =
          member === 'clients'
            ? ', or make it a reader'
            : ', or leave sealingKeyArn out, or let it assume a role of yours';
        yield `credentials[${index}].${member}[${position}]: write a role of your own${way}: AWS lets nobody attach a policy to ${arn}`;
      }
    }
  }
}

/** An account has one role of a name, whatever its path; a secret's policy that names another one is refused. */
function* rolesHaveOnePath({ credentials }: Config) {
  const known = new Map<string, string>();
  for (const [index, credential] of credentials.entries()) {
    for (const member of ['readers', 'clients'] as const) {
      for (const [position, arn] of credential[member].entries()) {
        const role = `${arn.split(':')[4]} ${arn.split('/').at(-1)}`.toLowerCase();
        const first = known.get(role) ?? arn;
        known.set(role, first);
        if (arn === first) continue;
        yield `credentials[${index}].${member}[${position}]: write ${first}, as elsewhere, or correct that one: an account has one role of a name, letter case and path make no difference`;
      }
    }
  }
}

/** SNS knows one subscription of an address, with one filter. */
function* receiversAgree(config: Config) {
  const chosen = new Map<string, string>();
  const all = [
    ...config.alarmReceivers.map((receiver, index) => ({ receiver, path: `alarmReceivers[${index}]` })),
    ...config.credentials.flatMap(({ alarmReceivers }, at) =>
      alarmReceivers.map((receiver, index) => ({
        receiver,
        path: `credentials[${at}].alarmReceivers[${index}]`,
      })),
    ),
  ];
  for (const { receiver, path } of all) {
    const address = addressOf(receiver as Receiver);
    const severities = [...(receiver.severities ?? ['as usual'])].sort().join(' ');
    if ((chosen.get(address) ?? severities) !== severities) {
      yield `${path}.severities: write the same for the same address everywhere, it gets one subscription`;
    }
    chosen.set(address, severities);
  }
}

function* filtersFit(config: Config) {
  for (const subscribed of subscriptionsOf(config)) {
    const values = combinations(subscribed);
    if (values <= MOST_COMBINATIONS) continue;
    const address = addressOf(subscribed.receiver);
    const isIt = (receiver: unknown) => addressOf(receiver as Receiver) === address;
    const at = config.credentials.findIndex(({ alarmReceivers }) => alarmReceivers.some(isIt));
    const index = config.credentials[at]?.alarmReceivers.findIndex(isIt);
    yield `credentials[${at}].alarmReceivers[${index}]: write this address at every credential, or with fewer severities, or in the stack's alarmReceivers: its credentials and severities make ${values} combinations, and a filter of SNS takes ${MOST_COMBINATIONS}`;
  }
}

/** The log must still hold what the rotation before the last one sealed. */
function* logOutlivesRotations({ credentials, rotation, logRetentionDays }: Config) {
  for (const [index, credential] of credentials.entries()) {
    const { everyDays } = scheduleOf((credential.rotation ?? rotation) as Rotation);
    if (logRetentionDays >= 2 * everyDays) continue;
    const path = credential.rotation === undefined ? 'rotation' : `credentials[${index}].rotation`;
    yield `logRetentionDays: write at least two intervals of ${path}, ${2 * everyDays} days or more: the log holds sealed passwords`;
    return;
  }
}
