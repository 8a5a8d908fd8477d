import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { App, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../infra/config.ts';
import { egressOf } from '../../infra/egress.ts';
import { withFiles } from '../../infra/function-asset.ts';
import { selfSigned } from '../../local/proxy/self-signed.ts';
import { configurations, egress, vpc } from './configurations.ts';
import { configWith, type Resource, resourcesOf, sentencesOf } from './synthesize.ts';

const withEgress = (changes: object) => configWith({ egress: changes });
const ca = selfSigned({ ca: true });

describe('the setting of the way to ThingSpace', () => {
  test.each<[string, object, string]>([
    [
      'credentials in the address',
      { proxyUrl: 'http://me:word@proxy:3128' },
      'egress.proxyUrl: write the address of an HTTP proxy without user, path and query, such as http://proxy.example.com:3128; its credentials belong into a secret (proxySecretArn).',
    ],
    ['SOCKS', { proxyUrl: 'socks5://proxy:1080' }, 'egress.proxyUrl: write the address of an HTTP proxy'],
    [
      'a secret without a proxy',
      { proxySecretArn: egress.proxySecretArn },
      'egress.proxySecretArn: leave it out, it belongs to proxyUrl.',
    ],
    [
      'a key without a secret',
      { proxyUrl: egress.proxyUrl, proxySecretKeyArn: egress.proxySecretKeyArn },
      'egress.proxySecretKeyArn: leave it out, it belongs to proxySecretArn.',
    ],
    [
      'a secret of elsewhere',
      { ...egress, proxySecretArn: egress.proxySecretArn.replace('us-east-1', 'eu-west-1') },
      'egress.proxySecretArn: write a secret of the proxy of the region us-east-1.',
    ],
    [
      'a key of elsewhere',
      { ...egress, proxySecretKeyArn: egress.proxySecretKeyArn.replace('us-east-1', 'eu-west-1') },
      'egress.proxySecretKeyArn: write a key of the region us-east-1.',
    ],
    [
      'no certificate',
      { caFile: 'nothing' },
      'egress.caFile: write the path of a PEM file with the certificates of CAs, as seen from this file.',
    ],
    [
      'a private key',
      { caFile: ca.cert + ca.key },
      'egress.caFile: write a file without a private key: it would be in the function’s code;',
    ],
    [
      'the certificate of a server',
      { caFile: ca.cert + selfSigned().cert },
      'egress.caFile: write other certificates: number 2 is not that of a CA, and vouches for no other.',
    ],
    [
      'a certificate that ended',
      { caFile: selfSigned({ ca: true, years: [2010, 2020] }).cert },
      'egress.caFile: write other certificates: number 1 ended on 2020-01-01.',
    ],
    [
      'a certificate that begins later',
      { caFile: selfSigned({ ca: true, years: [2120, 2130] }).cert },
      'egress.caFile: write other certificates: number 1 begins on 2120-01-01.',
    ],
    [
      'a certificate that is cut',
      { caFile: ca.cert.replace(/\n.{64}\n/, '\n') },
      'egress.caFile: write other certificates: number 1 cannot be read.',
    ],
  ])('rejects %s in one sentence', (_, changes, words) => {
    const [sentence, ...others] = sentencesOf(withEgress(changes));
    expect(others).toEqual([]);
    expect(sentence).toContain(words);
    expect(sentence).not.toContain('word@');
  });

  test('rejects a secret with a ThingSpace password, which would go to the proxy', () => {
    const imported = { name: 'fleet', username: 'FleetApi', secretArn: egress.proxySecretArn };
    expect(sentencesOf(configWith({ egress, credentials: [imported] })).join()).toContain(
      "egress.proxySecretArn: write a secret of the proxy's own: that of credentials[0] holds a ThingSpace password",
    );
  });

  test('takes the CAs from a file beside the configuration', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
    const file = path.join(directory, 'config.json');
    writeFileSync(path.join(directory, 'ca.pem'), ca.cert);
    writeFileSync(file, JSON.stringify(withEgress({ caFile: 'ca.pem' })));
    expect(readConfig(file).egress).toEqual({ caFile: ca.cert });
    writeFileSync(file, JSON.stringify(withEgress({ caFile: 'missing.pem' })));
    expect(() => readConfig(file)).toThrow(/egress\.caFile: write the path of a PEM file/);
    rmSync(directory, { recursive: true });
  });

  test('holds for a construct, too', () => {
    const secret = Secret.fromSecretNameV2(new Stack(new App(), 'Stack'), 'Secret', 'proxy');
    expect(() => egressOf({ proxySecret: secret })).toThrow(/^proxySecret: leave it out/);
    expect(() => egressOf({ proxyUrl: 'proxy:3128' })).toThrow(/^proxyUrl: write the address/);
    expect(() => egressOf({ caCertificates: selfSigned().cert })).toThrow(/is not that of a CA/);
  });
});

describe('the template', () => {
  const { Resources } = resourcesOf(configurations.Vpc as object);
  const ofType = (type: string): Resource[] => Object.values(Resources).filter(({ Type }) => Type === type);

  test('names the proxy, its secret, the CAs and IPv6 to both functions', () => {
    const functions = ofType('AWS::Lambda::Function').map(({ Properties }) => Properties);
    expect(functions).toHaveLength(2);
    for (const { Environment, VpcConfig, TracingConfig } of functions) {
      expect(Environment.Variables).toMatchObject({
        THINGSPACE_PROXY_URL: egress.proxyUrl,
        THINGSPACE_PROXY_SECRET: egress.proxySecretArn,
        NODE_EXTRA_CA_CERTS: '/var/task/company-ca.pem',
        AWS_USE_DUALSTACK_ENDPOINT: 'true',
      });
      expect(VpcConfig).toEqual({
        ...{ SubnetIds: vpc.subnetIds, SecurityGroupIds: vpc.securityGroupIds },
        Ipv6AllowedForDualStack: true,
      });
      expect(TracingConfig).toEqual({ Mode: 'Active' });
    }
  });

  test('lets both functions read the secret of the proxy, and decrypt it', () => {
    const policies = JSON.stringify(ofType('AWS::IAM::Policy'));
    expect(policies.split(`"Resource":"${egress.proxySecretArn}"`)).toHaveLength(3);
    expect(policies.split(`"Resource":"${egress.proxySecretKeyArn}"`)).toHaveLength(3);
  });

  test('has none of it without the settings', () => {
    const plain = JSON.stringify(resourcesOf(configWith({})));
    expect(plain).not.toMatch(/PROXY|CA_CERTS|DUALSTACK|Ipv6/);
  });
});

test('puts the files beside the bundle, and removes its copy afterwards', () => {
  const bundle = mkdtempSync(path.join(tmpdir(), 'bundle-'));
  writeFileSync(path.join(bundle, 'index.mjs'), '');
  expect(withFiles(bundle, {}, (directory) => directory)).toBe(bundle);
  const copy = withFiles(bundle, { 'company-ca.pem': ca.cert }, (directory) => directory);
  expect(copy).not.toBe(bundle);
  expect(() => rmSync(copy)).toThrow(/no such file/);
  rmSync(bundle, { recursive: true });
});

describe('with IPv6', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('the clients of AWS call the hosts that have addresses of IPv6', async () => {
    vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
    const hosts: string[] = [];
    const requestHandler = {
      handle: ({ hostname }: { hostname: string }) => {
        hosts.push(hostname);
        return Promise.reject(new Error('none is sent'));
      },
    };
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const settings = {
      region: 'us-east-1',
      maxAttempts: 1,
      requestHandler: requestHandler as never,
      credentials,
    };
    await Promise.allSettled([
      new SecretsManagerClient(settings).send(new ListSecretsCommand({})),
      new KMSClient(settings).send(new ListKeysCommand({})),
      new DynamoDBClient(settings).send(new ListTablesCommand({})),
      new SNSClient(settings).send(new ListTopicsCommand({})),
    ]);
    // The usual name of Secrets Manager has both kinds of addresses.
    expect(hosts.sort()).toEqual([
      'dynamodb.us-east-1.api.aws',
      'kms.us-east-1.api.aws',
      'secretsmanager.us-east-1.amazonaws.com',
      'sns.us-east-1.api.aws',
    ]);
  });
});
