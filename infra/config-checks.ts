import { type Receiver, subscriptions } from './alarm-receivers.ts';
import type { Config } from './config.ts';

/** CloudFormation's quota of resources in one stack. */
export const maxResources = 500;

/** The same of every stack, and of every credential in it; a test counts what is really made. */
const sharedResources = 29;
const resourcesPerCredential = 12;

/** A key's policy holds 32 KiB; every reader of a secret takes about 450 bytes of it. */
const maxGrants = 60;

/** Resources that the configuration makes, at most. */
export function resourceCount(config: Config): number {
  const clients = new Set(config.credentials.flatMap((credential) => credential.clients));
  return (
    sharedResources +
    resourcesPerCredential * config.credentials.length +
    clients.size +
    2 * subscriptionsOf(config).length
  );
}

export function subscriptionsOf(config: Config) {
  const perCredential = config.credentials.map(({ username, alarmReceivers }) => ({
    username,
    receivers: alarmReceivers as Receiver[],
  }));
  return subscriptions(config.alarmReceivers as Receiver[], perCredential);
}

/** What no single setting shows; each sentence says what to write. */
export function crossCheck(config: Config): string[] {
  return [
    ...budgetsFit(config),
    ...eachOnce(config),
    ...importsFit(config),
    ...clientsAreOurs(config),
    ...fitsOneStack(config),
  ];
}

function* budgetsFit({ lockout: { limit, budget, rotationBudget } }: Config) {
  if (budget >= limit) {
    yield `lockout.budget: write less than lockout.limit (${limit}); the rest of the log-ins stays free for people`;
  }
  if (rotationBudget > budget) {
    yield `lockout.rotationBudget: write at most lockout.budget (${budget})`;
  }
}

function* eachOnce({ credentials }: Config) {
  for (const member of ['name', 'username'] as const) {
    const seen = new Map<string, number>();
    for (const [index, credential] of credentials.entries()) {
      const value = credential[member].toLowerCase();
      const first = seen.get(value);
      if (first !== undefined) {
        const why = member === 'username' ? ': one username has one password, so one secret' : '';
        yield `credentials[${index}].${member}: write another than that of credentials[${first}] (letter case makes no difference)${why}`;
      }
      seen.set(value, first ?? index);
    }
  }
}

function* importsFit({ account, region, credentials }: Config) {
  for (const [index, { secretArn, secretKeyArn, readers, clients }] of credentials.entries()) {
    const at = `credentials[${index}]`;
    if (secretKeyArn !== undefined && secretArn === undefined) {
      yield `${at}.secretKeyArn: leave it out, it belongs to secretArn; a new secret is encrypted with the sealing key`;
    }
    if (secretArn === undefined) continue;
    const [, , , ofRegion, ofAccount] = secretArn.split(':');
    if ((account ?? ofAccount) !== ofAccount || (region ?? ofRegion) !== ofRegion) {
      yield `${at}.secretArn: write a secret of the stack's own account and region, or deploy a stack in ${ofAccount}, ${ofRegion}: a rotation schedule cannot be made from elsewhere`;
    }
    if (readers.length + clients.length > 0) {
      yield `${at}.readers: leave readers and clients out and name them in the imported secret's own resource policy, which this stack does not replace`;
    }
  }
}

function* clientsAreOurs({ account, credentials }: Config) {
  if (account === undefined) return;
  for (const [index, { clients }] of credentials.entries()) {
    for (const client of clients) {
      if (client.split(':')[4] !== account) {
        yield `credentials[${index}].clients: write roles of the account ${account} only; a role of another account can be a reader, without the ledger`;
      }
    }
  }
}

function* fitsOneStack(config: Config) {
  const resources = resourceCount(config);
  if (resources > maxResources) {
    const fit = Math.floor((maxResources - sharedResources) / resourcesPerCredential);
    yield `credentials: write at most about ${fit} in one stack (these make ${resources} resources and CloudFormation takes ${maxResources}), and the others into a second configuration with another stackName`;
  }
  const grants = config.credentials.reduce(
    (sum, { readers, clients }) => sum + new Set([...readers, ...clients, ...config.operators]).size,
    0,
  );
  if (grants > maxGrants) {
    yield `credentials: write at most ${maxGrants} readers, clients and operators, counted once per credential (these are ${grants}): the key's policy holds no more`;
  }
}
