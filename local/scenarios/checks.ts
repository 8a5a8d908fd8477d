import type { World } from '../world.ts';
import { type Check, check } from './scenario.ts';

/** Calls to ThingSpace that reached it, from a gateway index on. */
export function thingSpaceCalls(world: World, afterIndex = 0): number {
  return world.gateway.calls.filter(({ service, index }) => service === 'thingspace' && index > afterIndex)
    .length;
}

/** The state of the username's item in the ledger's table. */
export async function ledgerState(world: World): Promise<Record<string, unknown> | undefined> {
  const items = await world.aws.dynamodb.items(world.tableName);
  return items.find(({ item }) => item === 'state');
}

export async function journalState(world: World): Promise<string | undefined> {
  const state = await ledgerState(world);
  return (state?.journal as { state?: string } | undefined)?.state;
}

/** How many alarms of an event were published. */
export function alarms(world: World, event: string): number {
  return world.aws.sns.published.filter(({ attributes }) => attributes.event?.value === event).length;
}

/** Labels and value as a finished rotation must leave them. */
export function rotatedChecks(world: World, token: string, previousVersion: string | undefined): Check[] {
  const versions = world.aws.secretsManager.versions(world.secretArn);
  const holder = (label: string) => versions.find(({ stages }) => stages.includes(label))?.id;
  const [first, last] = [versions[0]?.value, versions.find(({ id }) => id === token)?.value];
  return [
    check(
      'AWSCURRENT holds the live password',
      world.storedPassword() === world.platform.truth(world.username).password,
    ),
    check('AWSCURRENT is on the version of this rotation', holder('AWSCURRENT') === token),
    check('AWSPREVIOUS is on the version before', holder('AWSPREVIOUS') === previousVersion),
    check('AWSPENDING is gone', holder('AWSPENDING') === undefined),
    check('The secret’s other members are untouched', othersOf(first) === othersOf(last)),
  ];
}

export function currentVersion(world: World): string | undefined {
  const versions = world.aws.secretsManager.versions(world.secretArn);
  return versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id;
}

/**
 * Asks the platform itself. The refused log-in costs one of five, so this comes last, and the log-in that
 * works sets the count back.
 */
export function livePasswordChecks(world: World, oldPassword: string): Check[] {
  const { platform, username } = world;
  const stored = world.storedPassword() ?? '';
  return [
    check('The old password is refused', !platform.logIn(username, oldPassword).ok),
    check('The password in AWSCURRENT logs in', platform.logIn(username, stored).ok),
  ];
}

/** Looks for every password there was in everything that was written: the log, the topic, the table. */
export async function nothingLeaked(world: World): Promise<Check> {
  const items = await world.aws.dynamodb.items(world.tableName);
  const written = [
    ...world.aws.logs.lines(world.logGroupName),
    JSON.stringify(world.aws.sns.published),
    JSON.stringify(items),
  ].join('\n');
  // As text and as it would stand in JSON. Short ones ("true", "1e10") stand everywhere for other reasons.
  const passwords = world.platform.truth(world.username).passwords.filter(({ length }) => length >= 8);
  const forms = passwords.flatMap((password) => [password, JSON.stringify(password).slice(1, -1)]);
  return check('No password stands in log, alarms or table', !forms.some((form) => written.includes(form)));
}

function othersOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('string' in value)) return undefined;
  // Compared as text: a number that went through JavaScript may have lost digits.
  const text = String(value.string).replace(/"password":"(?:[^"\\]|\\.)*",?/, '');
  return text;
}
