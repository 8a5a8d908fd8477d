import { applicationSecrets } from '../explorer/leaks.ts';
import type { Check } from '../timeline/report.ts';
import type { World } from '../world.ts';
import { check } from './scenario.ts';

/** Calls to ThingSpace so far. */
export const thingSpaceCalls = (world: World): number =>
  world.gateway.calls.filter(({ service }) => service === 'thingspace').length;

/** The state in the journal of the username's item in the ledger's table. */
export async function journalState(world: World): Promise<string | undefined> {
  const items = await world.aws.dynamodb.items(world.tableName);
  // A failure before the username is known has an item of its own, under the secret's ARN.
  const key = world.username.toLowerCase();
  const state = items.find(({ credential, item }) => credential === key && item === 'state');
  return (state?.journal as { state?: string } | undefined)?.state;
}

/** Sealed answers that are kept as items of their own. */
export async function keptAside(world: World): Promise<number> {
  const items = await world.aws.dynamodb.items(world.tableName);
  return items.filter(({ item }) => String(item).startsWith('orphan#')).length;
}

/** How many alarms of an event were published. */
export const alarms = (world: World, event: string): number =>
  world.aws.sns.published.filter(({ attributes }) => attributes.event?.value === event).length;

/** Takes the state before a rotation, with which the state after it is compared. */
export const observe = (world: World) => ({
  truth: world.platform.truth(world.username),
  version: holderOf(world, 'AWSCURRENT'),
});

/** Checks the end of a finished rotation: one new password, labels, value. The last check asks the platform itself. */
export async function rotatedChecks(
  world: World,
  token: string,
  before: ReturnType<typeof observe>,
): Promise<Check[]> {
  const { platform, username, aws, secretArn } = world;
  const { getNewPasswords, failures } = platform.truth(username);
  const versions = aws.secretsManager.versions(secretArn);
  const [first, last] = [versions[0]?.value, versions.find(({ id }) => id === token)?.value];
  const made = getNewPasswords - before.truth.getNewPasswords;
  return [
    check('ThingSpace was asked for one new password, in all attempts together', made === 1),
    check('No log-in failed', failures === before.truth.failures),
    check('AWSCURRENT is on the version of this rotation', holderOf(world, 'AWSCURRENT') === token),
    check('AWSPREVIOUS is on the version before', holderOf(world, 'AWSPREVIOUS') === before.version),
    check('The secret’s other members are untouched', othersOf(first) === othersOf(last)),
    ...(await atRestChecks(world, before)),
  ];
}

/**
 * Checks the state that every successful end leaves, whichever password was stored meanwhile. The refused log-in costs one
 * of five, and the log-in that works sets the count back.
 */
export async function atRestChecks(world: World, before: ReturnType<typeof observe>): Promise<Check[]> {
  const { platform, username } = world;
  return [
    check('AWSCURRENT holds the live password', world.storedPassword() === platform.truth(username).password),
    check('AWSPENDING is gone', holderOf(world, 'AWSPENDING') === undefined),
    await nothingLeaked(world),
    check('The old password is refused', !platform.logIn(username, before.truth.password).ok),
    check('The password in AWSCURRENT logs in', platform.logIn(username, world.storedPassword() ?? '').ok),
  ];
}

/** Looks for every secret there was in everything that was written: the log, the topic, the table, the record of calls. */
export async function nothingLeaked(world: World): Promise<Check> {
  const written = [
    ...world.aws.logs.lines(world.logGroupName),
    JSON.stringify(world.aws.sns.published),
    JSON.stringify(await world.aws.dynamodb.items(world.tableName)),
    JSON.stringify(world.gateway.calls),
  ].join('\n');
  // As text and in its form in JSON. Short ones ("true", "1e10") occur everywhere for other reasons.
  const passwords = world.platform.truth(world.username).passwords.filter(({ length }) => length >= 8);
  const secrets = [...passwords, ...applicationSecrets(world).map(({ secret }) => secret)];
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return check(
    'No password, key, or bearer is in log, alarms, table or timeline',
    !forms.some((form) => written.includes(form)),
  );
}

const holderOf = ({ aws, secretArn }: World, label: string): string | undefined =>
  aws.secretsManager.versions(secretArn).find(({ stages }) => stages.includes(label))?.id;

/** Compared as text: a number that went through JavaScript may have lost digits. */
const othersOf = (value: object | undefined): string | undefined =>
  value && 'string' in value ? String(value.string).replace(/"password":"(?:[^"\\]|\\.)*",?/, '') : undefined;
