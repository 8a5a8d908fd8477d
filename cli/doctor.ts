import { PresentableError } from '../lambda/errors.ts';
import { bytesTooMany } from '../lambda/secret/credential.ts';
import { readProxy, type ThingSpaceSettings } from '../lambda/settings.ts';
import { VERSION, VERSION_VARIABLE } from '../lambda/version.ts';
import { bearerProof, mustBeSecure } from './bearer-proof.ts';
import { contract, type Fetch } from './contract.ts';
import type { Desk } from './desk.ts';
import { keyPolicyChecks, notKnown } from './doctor-keys.ts';
import { NotWellError, notRight, UsageError } from './errors.ts';
import { awsCause, concernsEveryCall, yours } from './failure.ts';
import type { Options } from './options.ts';
import { look as lookAt, type Sight } from './sight.ts';
import type { Trail } from './surroundings.ts';
import { iso } from './times.ts';

type SoapSettings = Extract<ThingSpaceSettings, { transport: 'soap' }>;
type Result = { check: string; ok: boolean; says: string; errorName?: string };
/** `look` returns one sentence about a part that is right, or throws one about a part that is not. */
type Check = { check: string; look: () => Promise<string> };

const MAX_SKEW_MS = 60_000;
const MIN_TIMEOUT_SECONDS = 60;

/**
 * Looks at everything that a rotation needs, one sentence each; presents no password and changes nothing.
 * @throws NotWellError when one is not right; UsageError where no credential is named
 */
export async function doctor(desk: Desk, fetch: Fetch, options: Options): Promise<void> {
  if (options.secret === undefined && options.username === undefined) {
    throw new UsageError('Name the credential: --secret <name or ARN>, or --username <username>.');
  }
  const results: Result[] = [];
  const failedAt = new Map<unknown, string>();
  for (const { check, look } of checksOf(desk, fetch, options)) {
    let stops = false;
    const result = await look().then(
      (says) => ({ check, ok: true, says }),
      (failure) => {
        stops = failsEveryCheck(failure);
        const before = failedAt.get(failure);
        failedAt.set(failure, before ?? check);
        // One failed look is the failure of several checks.
        const says = before === undefined ? sentence(failure) : `cannot be seen, as "${before}" says.`;
        return { check, ok: false, says, errorName: nameOf(failure) };
      },
    );
    results.push(result);
    if (!options.json) desk.terminal.say(`${result.ok ? 'ok ' : 'NOT'}  ${check}: ${result.says}`);
    if (!stops) continue;
    if (!options.json) desk.terminal.say('The other checks would end in the same way: they were left out.');
    break;
  }
  if (options.json) desk.terminal.say(JSON.stringify(results, null, 2));
  if (results.some(({ ok }) => !ok)) throw new NotWellError(1);
}

function sentence(failure: unknown): string {
  if (!(failure instanceof PresentableError)) throw failure;
  const aws = awsCause(failure);
  return (aws && (yours(aws) ?? aws.message)) ?? failure.message;
}

/** AWS's own name where it refused. */
const nameOf = (failure: Error): string => awsCause(failure)?.errorName ?? failure.name;

function failsEveryCheck(failure: unknown): boolean {
  const aws = failure instanceof Error ? awsCause(failure) : undefined;
  return aws !== undefined && concernsEveryCall(aws);
}

function checksOf(desk: Desk, fetch: Fetch, options: Options): Check[] {
  const { surroundings } = desk;
  let seen: Promise<Sight> | undefined;
  const sight = () => {
    seen ??= lookAt(desk, options);
    return seen;
  };
  return [
    { check: 'function', look: async () => ofFunction(desk) },
    { check: 'version', look: async () => ofVersion(desk) },
    { check: 'secret', look: async () => ofSecret(await sight()) },
    { check: 'rotation', look: async () => ofRotation(desk, await sight()) },
    { check: 'replicas', look: async () => ofReplicas(await sight()) },
    { check: 'sealing key', look: () => ofKey(desk) },
    { check: 'ledger table', look: () => ofTable(desk) },
    { check: 'ledger item', look: async () => `readable, revision ${(await sight()).state.revision}` },
    { check: 'clock', look: async () => ofClock(desk, await sight()) },
    { check: 'log group', look: () => ofLogGroup(desk) },
    { check: 'topic', look: () => ofTopic(desk) },
    ...keyPolicyChecks(desk),
    { check: 'SMS', look: () => ofSms(desk) },
    { check: 'CloudTrail', look: async () => ofTrails(await surroundings.trails()) },
    ...ofProxy(desk),
    ...ofThingSpace(desk, fetch, options, sight),
    {
      check: 'messages',
      look: async () => {
        const { outbox } = (await sight()).state;
        if (outbox.length === 0) return 'none waits';
        throw notRight(
          `${outbox.length} wait to be published: the function’s right to publish, or the topic’s key.`,
        );
      },
    },
    {
      check: 'audit trail',
      look: async () =>
        `readable, ${(await surroundings.auditItems((await sight()).state.credential)).length} rows`,
    },
  ];
}

/** Only where the function has a proxy. */
function ofProxy({ function: found, settings: { thingSpace }, tunnelFailure }: Desk): Check[] {
  const proxy = found && readProxy(found.environment);
  if (proxy === undefined || thingSpace === undefined) return [];
  const { host } = new URL(thingSpace.baseUrl);
  const look = async () => {
    const failure = await tunnelFailure(proxy, thingSpace.baseUrl);
    if (failure === undefined) return `${proxy.url} opens a tunnel to ${host}, tried from this machine`;
    throw notRight(
      `tried from this machine: ${failure.message}. If only this machine has no way to it, see the function’s own last error: \`status\`.`,
    );
  };
  return [{ check: 'proxy', look }];
}

/** Each transport has its check: SOAP publishes a contract, REST gives a bearer. */
function ofThingSpace(desk: Desk, fetch: Fetch, options: Options, sight: () => Promise<Sight>): Check[] {
  const { thingSpace } = desk.settings;
  const checks: Check[] = [];
  if (thingSpace?.transport !== 'rest') {
    checks.push({ check: 'ThingSpace', look: () => ofContract(desk, fetch, thingSpace) });
  }
  if (thingSpace?.transport === 'rest' || options.rest) {
    const key = async () => (await sight()).holder?.credential ?? {};
    checks.push({ check: 'REST', look: async () => bearerProof(desk, await key(), options.tokenUrl) });
  }
  return checks;
}

async function ofContract(desk: Desk, fetch: Fetch, settings: SoapSettings | undefined): Promise<string> {
  if (settings === undefined) {
    throw notKnown('its address');
  }
  const { baseUrl, passwordElement } = settings;
  mustBeSecure(baseUrl);
  const quiet = { terminal: { ...desk.terminal, say: () => undefined } };
  await contract(quiet, fetch, { baseUrl, passwordElement });
  return `${baseUrl} answers, and its contract takes the element ${passwordElement}`;
}

const unseenFunction = ({ functionUnseen = 'you need lambda:GetFunctionConfiguration.' }: Desk['settings']) =>
  notRight(`the function could not be asked: ${functionUnseen}`);

function ofFunction({ settings, function: found }: Desk): string {
  if (!found) throw unseenFunction(settings);
  if (found.state !== undefined && found.state !== 'Active')
    throw notRight(`it is ${found.state}, not Active.`);
  if (found.timeoutSeconds !== undefined && found.timeoutSeconds < MIN_TIMEOUT_SECONDS) {
    throw notRight(
      `its timeout is ${found.timeoutSeconds} s: hanging up early can lose a password, set 900 s.`,
    );
  }
  const { limit, budget, rotation } = settings.budgets ?? { limit: '?', budget: '?', rotation: '?' };
  return `${found.arn}, deployed ${found.modifiedAt ?? 'at an unknown time'}; stops at ${rotation} and ${budget} of ${limit} failures`;
}

/** Another version of the software may not know all that this one writes into the ledger, and the other way round. */
function ofVersion({ settings, function: found }: Desk): string {
  if (!found) throw unseenFunction(settings);
  const deployed = found.environment[VERSION_VARIABLE];
  if (deployed === undefined) {
    throw notRight(`the function names none, this tool is ${VERSION}: deploy this version.`);
  }
  if (deployed === VERSION) return `${VERSION}, function and tool`;
  throw notRight(
    `the function is ${deployed}, this tool is ${VERSION}: use the tool of the deployed version, or deploy.`,
  );
}

function ofSecret({ facts, holder, unseen, username }: Sight): string {
  if (facts?.deletedAt !== undefined) throw notRight('it is scheduled for deletion: restore it.');
  if (unseen !== undefined) throw notRight(`AWSCURRENT cannot be read by you (${unseen}).`);
  if (!holder) throw notRight('it has no current value: store the credentials.');
  if (holder.problem) throw holder.problem;
  const tooMany = bytesTooMany(holder.value);
  if (tooMany > 0)
    throw notRight(`it has no room for a new password: shorten other members by ${tooMany} bytes.`);
  return `holds the credentials of ${username}`;
}

function ofRotation({ function: found }: Desk, { facts, pending }: Sight): string {
  if (!facts) throw notRight('the secret could not be described.');
  if (!facts.rotationEnabled) throw notRight('it is off: turn it on, or deploy again.');
  const own =
    found === undefined || facts.functionArn?.startsWith(found.arn.split(':').slice(0, 7).join(':'));
  if (!own) throw notRight(`the secret is rotated by ${facts.functionArn}, not by this function.`);
  if (pending === 'with a value')
    throw notRight('AWSPENDING is stuck on a version with a value: run `recover`.');
  return `on; next ${facts.nextRotationAt === undefined ? 'not known' : iso(facts.nextRotationAt)}`;
}

function ofReplicas({ facts }: Sight): string {
  const replicas = facts?.replicas ?? [];
  if (replicas.length === 0) return 'none';
  const late = replicas.filter(({ status }) => status !== 'InSync');
  if (late.length === 0) return `${replicas.map(({ region }) => region).join(', ')} in sync`;
  const words = late.map(
    ({ region, status, message = '' }) => `${region} is ${status}${message && ` (${message})`}`,
  );
  throw notRight(`${words.join(', ')}: its readers may get a dead password.`);
}

async function ofKey({ settings, surroundings }: Desk): Promise<string> {
  const { sealingKeyId } = settings;
  if (sealingKeyId === undefined) throw notKnown('it');
  const { state, manager, usage } = await surroundings.key(sealingKeyId);
  if (manager === 'AWS') throw notRight('it is AWS-managed and cannot seal: use a customer-managed one.');
  if (usage !== 'ENCRYPT_DECRYPT') throw notRight(`it is for ${usage}, not for encryption.`);
  if (state === 'PendingDeletion')
    throw notRight('it is about to be deleted: cancel that, or nothing sealed ever opens.');
  if (state !== 'Enabled') throw notRight(`it is ${state}: enable it.`);
  return 'enabled, customer-managed';
}

async function ofTable({ settings, surroundings }: Desk): Promise<string> {
  const { status, keys } = await surroundings.table();
  if (status !== 'ACTIVE') throw notRight(`${settings.table} is ${status}, not ACTIVE.`);
  if (keys.join() !== 'credential,item') {
    throw notRight(`${settings.table} has the keys ${keys.join(' and ')}, not credential and item.`);
  }
  return `${settings.table} is active`;
}

function ofClock({ isSimulated }: Desk, { now }: Sight): string {
  // In a drill hours pass at once.
  if (isSimulated) return 'not compared: AWS is a simulation on this machine, with a clock of its own';
  const skewMs = Date.now() - now;
  if (Math.abs(skewMs) > MAX_SKEW_MS) {
    const minutes = (Math.abs(skewMs) / 60_000).toFixed(1);
    throw notRight(
      `this machine’s is ${minutes} min ${skewMs < 0 ? 'behind' : 'ahead of'} AWS’s: so are times that you type.`,
    );
  }
  return 'agrees with AWS’s';
}

async function ofLogGroup({ function: found, surroundings }: Desk): Promise<string> {
  const name = found?.logGroup;
  if (name === undefined) throw notKnown('it');
  if (!(await surroundings.logGroupExists(name))) {
    throw notRight(`${name} does not exist: a sealed answer in it could not be found again.`);
  }
  return name;
}

async function ofTopic({ settings, surroundings }: Desk): Promise<string> {
  const { alarmTopicArn } = settings;
  if (alarmTopicArn === undefined) throw notKnown('it');
  const found = await surroundings.subscriptions(alarmTopicArn);
  if (found.length === 0) throw notRight('it has no subscription: no message reaches a receiver.');
  const waiting = found.filter(({ confirmed }) => !confirmed);
  if (waiting.length > 0) {
    const protocols = waiting.map(({ protocol }) => protocol).join(', ');
    throw notRight(`${waiting.length} of ${found.length} subscriptions are not confirmed (${protocols}).`);
  }
  return `${found.length} confirmed subscription(s): ${[...new Set(found.map(({ protocol }) => protocol))].join(', ')}`;
}

/** SNS sends SMS of a sandbox only to numbers that were verified, and reports no error. */
async function ofSms({ settings, surroundings }: Desk): Promise<string> {
  const { alarmTopicArn } = settings;
  if (alarmTopicArn === undefined) throw notKnown('the topic');
  const found = await surroundings.subscriptions(alarmTopicArn);
  if (!found.some(({ protocol }) => protocol === 'sms')) return 'the topic has no subscription by SMS';
  if (await surroundings.smsSandbox()) {
    throw notRight(
      'the account is in SNS’s SMS sandbox: only verified numbers get any; leave it in SNS’s console.',
    );
  }
  return 'the account is out of SNS’s sandbox';
}

/** EventBridge hears of Secrets Manager's events (RotationFailed) only through a trail: docs/aws.md. */
function ofTrails(found: readonly Trail[]): string {
  if (found.length === 0) {
    throw notRight('no trail sees this region: a rotation that failed is not recovered at once, only daily.');
  }
  const logging = found.filter((trail) => trail.logging);
  if (logging.length === 0) throw notRight(`${names(found)} is not logging: start it.`);
  const right = logging.filter((trail) => trail.managementWrites);
  if (right.length === 0) {
    throw notRight(`${names(logging)} logs no management events that write: RotationFailed is not seen.`);
  }
  return `${names(right)} logs management events`;
}

const names = (found: readonly Trail[]): string => found.map(({ name }) => name).join(', ');
