import { readFileSync } from 'node:fs';
import { selfSigned } from '../../local/proxy/self-signed.ts';

/**
 * The configurations that must synthesize strictly, lint clean and live through the model of CloudFormation. Their
 * stacks have different names, so that one app holds all of them.
 */
const account = '123456789012';
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const keyArn = (digit: string, region = 'us-east-1') =>
  `arn:aws:kms:${region}:${account}:key/${digit.repeat(8)}-0000-4000-8000-000000000000`;

export const sealingKeyArn = keyArn('a');
export const operationsKeyArn = keyArn('b');

const place = { account, region: 'us-east-1', alarmReceivers: [{ email: 'operations@example.com' }] };
const fleet = { name: 'fleet', username: 'FleetApi', readers: [roleArn('fleet-app')] };
const metering = { name: 'metering', username: 'MeterApi', clients: [roleArn('metering-app')] };

const accessOver = (credentials: string[]) => ({
  rules: [{ name: 'fleet', principals: [roleArn('portal')], credentials, operations: ['reads'] }],
});

/** The longest name that a credential may have, and the longest username. */
export const longestName = (index: number) =>
  `credential-with-the-longest-name-allowed-no_${index}`.padEnd(48, '_');
export const longestUsername = (index: number) => `user${index}-`.padEnd(256, 'u');

export const departments = { ...place, stackName: 'Departments', credentials: [fleet, metering] };

/** A hundred credentials, all at their longest: one client of all, access over all, mailboxes of all and of most. */
export const hundred = {
  ...place,
  stackName: 'Hundred-with-a-name-of-forty-characters-',
  region: 'ap-southeast-1',
  access: accessOver(['*']),
  operators: [roleArn('operators')],
  credentials: Array.from({ length: 100 }, (_, index) => ({
    name: longestName(index),
    username: longestUsername(index),
    readers: [roleArn('reader'), 'arn:aws:iam::999999999999:role/reader'],
    clients: [roleArn('app')],
    alarmReceivers: [
      { email: 'fleet@example.com', severities: ['critical', 'warning'] },
      ...(index === 0 ? [] : [{ email: 'most@example.com', severities: ['critical'] }]),
    ],
  })),
};

/** Keys of the company's own, and a hundred secrets that an earlier deployment made and kept. */
export const hundredAdopted = {
  ...hundred,
  stackName: 'HundredAdopted',
  sealingKeyArn: keyArn('a', hundred.region),
  operationsKeyArn: keyArn('b', hundred.region),
  credentials: hundred.credentials.map((credential) => ({
    ...credential,
    adopt: true,
    secretArn: `arn:aws:secretsmanager:${hundred.region}:${account}:secret:thingspace/${credential.name}-AbC123`,
    secretKeyArn: keyArn('a', hundred.region),
  })),
};

export const vpc = {
  vpcId: 'vpc-0a1b2c3d',
  subnetIds: ['subnet-0a1b2c3d', 'subnet-0b1c2d3e'],
  securityGroupIds: ['sg-0a1b2c3d'],
};

export const egress = {
  proxyUrl: 'http://proxy.example.com:3128',
  proxySecretArn: `arn:aws:secretsmanager:us-east-1:${account}:secret:proxy-AbC123`,
  proxySecretKeyArn: keyArn('d'),
  // `readConfig` puts the content of the file in its place.
  caFile: selfSigned({ ca: true }).cert,
};

export const importedSecret = {
  name: 'imported',
  username: 'Imported',
  secretArn: `arn:aws:secretsmanager:us-east-1:${account}:secret:vendor-AbC123`,
  secretKeyArn: keyArn('c'),
};

const example = (file: string) => JSON.parse(readFileSync(`infra/${file}`, 'utf8'));

/** By stack name. */
export const configurations: Record<string, object> = Object.fromEntries(
  [
    { ...example('example.config.json'), stackName: 'Example' },
    { ...example('example.rest.config.json'), stackName: 'ExampleRest' },
    {
      ...departments,
      stackName: 'Replicas',
      replicas: [{ region: 'us-west-2' }, { region: 'eu-west-1', keyArn: keyArn('d', 'eu-west-1') }],
    },
    hundred,
    hundredAdopted,
    { ...departments, stackName: 'Access', access: accessOver(['fleet']) },
    {
      ...departments,
      stackName: 'Vpc',
      vpc: { ...vpc, ipv6: true },
      egress,
      tracing: true,
      access: accessOver(['fleet']),
    },
    {
      ...departments,
      stackName: 'ImportedKeys',
      sealingKeyArn,
      operationsKeyArn,
      access: accessOver(['fleet']),
      credentials: [fleet, metering, importedSecret],
    },
  ].map((config) => [config.stackName, config]),
);
