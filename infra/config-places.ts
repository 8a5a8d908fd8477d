import type { Config } from './config.ts';
import { partitionOf } from './regions.ts';

/**
 * Yields one sentence for each replica that cannot be made, or that a reader could not decrypt: AWS's own key for
 * Secrets Manager cannot be used from another account.
 */
export function* replicasFit({ account, region, replicas, credentials }: Config): Generator<string> {
  const readers = credentials
    .filter(({ secretArn }) => secretArn === undefined)
    .flatMap((one) => one.readers);
  const foreign = readers.find((reader) => reader.split(':')[4] !== account);
  for (const [index, { region: to, keyArn }] of replicas.entries()) {
    const at = `replicas[${index}]`;
    if (to === region) yield `${at}.region: write another region than that of the stack`;
    else if (partitionOf(to) !== partitionOf(region))
      yield `${at}.region: write a region of the partition ${partitionOf(region)}`;
    if (replicas.findIndex((other) => other.region === to) < index)
      yield `${at}.region: write each region once`;
    const [, , , ofRegion, ofAccount] = keyArn?.split(':') ?? [];
    if (keyArn !== undefined && (ofRegion !== to || ofAccount !== account))
      yield `${at}.keyArn: write a key of the account ${account} and the region ${to}`;
    if (keyArn === undefined && foreign !== undefined)
      yield `${at}.keyArn: write a customer-managed key of ${to}: the reader ${foreign} is of another account and cannot use AWS’s own`;
  }
}

type Place = { path: string; arn: string; what: string };

/**
 * Yields one sentence for each ARN of another account or region. All resources of a stack are of its own account
 * and region; readers may be of other accounts of the partition.
 */
export function* placesFit(config: Config): Generator<string> {
  const { account, region } = config;
  const partition = partitionOf(region);
  for (const { path, arn, what } of allPlaces(config)) {
    const [, ofPartition, , ofRegion, ofAccount] = arn.split(':');
    const wrong = [
      ...(ofPartition === partition ? [] : [`the partition ${partition}`]),
      ...(ofAccount === account || ofAccount === 'aws' || what === 'reader'
        ? []
        : [`the account ${account}`]),
      ...(ofRegion === region || ofRegion === '' ? [] : [`the region ${region}`]),
    ];
    if (wrong.length > 0) yield `${path}: write ${advice(what)} of ${wrong.join(' and ')}${why(what)}`;
  }
}

const advice = (what: string) => (/^[aeiou]/.test(what) ? `an ${what}` : `a ${what}`);

function why(what: string): string {
  switch (what) {
    case 'secret':
      return ', or deploy a stack where it is: a rotation schedule cannot be made from elsewhere';
    case 'client':
      return '; a role of another account can be a reader, without the ledger';
    case 'operator':
      return ': the operators’ policy is made there';
    default:
      return '';
  }
}

function* allPlaces(config: Config): Generator<Place> {
  for (const member of ['sealingKeyArn', 'operationsKeyArn'] as const) {
    const arn = config[member];
    if (arn !== undefined) yield { path: member, arn, what: 'key' };
  }
  for (const [index, arn] of config.operators.entries()) {
    yield { path: `operators[${index}]`, arn, what: 'operator' };
  }
  for (const [index, arn] of config.deploymentRoles.entries()) {
    yield { path: `deploymentRoles[${index}]`, arn, what: 'role' };
  }
  const { permissionsBoundaryArn: boundary } = config;
  if (boundary !== undefined) yield { path: 'permissionsBoundaryArn', arn: boundary, what: 'policy' };
  const { proxySecretArn, proxySecretKeyArn } = config.egress ?? {};
  if (proxySecretArn !== undefined) {
    yield { path: 'egress.proxySecretArn', arn: proxySecretArn, what: 'secret of the proxy' };
  }
  if (proxySecretKeyArn !== undefined) {
    yield { path: 'egress.proxySecretKeyArn', arn: proxySecretKeyArn, what: 'key' };
  }
  yield* receivers('', config.alarmReceivers);
  for (const [index, credential] of config.credentials.entries()) {
    const at = `credentials[${index}]`;
    const { secretArn, secretKeyArn } = credential;
    if (secretArn !== undefined) yield { path: `${at}.secretArn`, arn: secretArn, what: 'secret' };
    if (secretKeyArn !== undefined) yield { path: `${at}.secretKeyArn`, arn: secretKeyArn, what: 'key' };
    yield* receivers(`${at}.`, credential.alarmReceivers);
    for (const [member, what] of [
      ['readers', 'reader'],
      ['clients', 'client'],
    ] as const) {
      for (const [position, arn] of credential[member].entries()) {
        yield { path: `${at}.${member}[${position}]`, arn, what };
      }
    }
  }
}

function* receivers(prefix: string, given: Config['alarmReceivers']): Generator<Place> {
  for (const [index, { lambda }] of given.entries()) {
    if (lambda === undefined) continue;
    yield { path: `${prefix}alarmReceivers[${index}].lambda`, arn: lambda, what: 'function' };
  }
}
