import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientAt } from '../aws/client.ts';
import type { Side } from './check.ts';

const region = 'us-east-1';

/** The moto server did not come up, or refused what the comparison needs of it. */
class MotoFailed extends Error {
  override name = 'MotoFailed';
}

/** A moto server of our own on a free port, with a topic and a function that does nothing. */
export async function startMotoSide(motoServer: string): Promise<{ side: Side; close(): Promise<void> }> {
  const child = spawn(motoServer, ['--host', '127.0.0.1', '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const close = async () => {
    if (child.exitCode !== null || !child.kill()) return;
    await once(child, 'exit');
  };
  try {
    const endpoint = await addressOf(child);
    const options = clientAt(endpoint, region);
    const kms = new KMSClient(options);
    const sns = new SNSClient(options);
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
    const side: Side = {
      secretsManager: new SecretsManagerClient(options),
      kms,
      sns,
      topicArn: TopicArn ?? '',
      functionArn: await createFunction(endpoint),
      deniedFunctionArn: `arn:aws:lambda:${region}:123456789012:function:denied`,
      endpoint,
      async freshKey() {
        const { KeyMetadata } = await kms.send(
          new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT', KeySpec: 'SYMMETRIC_DEFAULT' }),
        );
        // The id, not the ARN: moto's DisableKey knows no other name.
        return KeyMetadata?.KeyId ?? '';
      },
      async disableKey(KeyId) {
        await kms.send(new DisableKeyCommand({ KeyId }));
      },
    };
    return { side, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  const spawned = once(child, 'spawn').catch((cause) => {
    throw new MotoFailed('The moto server could not be started.', { cause });
  });
  await spawned;
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address === undefined) continue;
    // Its request log continues; no code reads it.
    child.stderr?.resume();
    return address;
  }
  throw new MotoFailed('The moto server ended before it listened.');
}

/** A function that moto pretends to run, without Docker: RotateSecret there wants one that exists. */
async function createFunction(endpoint: string): Promise<string> {
  const post = async (path: string, service: string, body: string | URLSearchParams) => {
    const scope = `local/20260101/${region}/${service}/aws4_request`;
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    };
    const answer = await fetch(endpoint + path, { method: 'POST', headers, body });
    if (!answer.ok) throw new MotoFailed(`The moto server answered ${answer.status} to POST ${path}.`);
    return answer.text();
  };
  await post('/moto-api/config', 'moto', '{"lambda":{"use_docker":false}}');
  const role = { Action: 'CreateRole', Version: '2010-05-08', RoleName: 'rotation' };
  await post('/', 'iam', new URLSearchParams({ ...role, AssumeRolePolicyDocument: '{}' }));
  const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]).toString('base64');
  const created = await post(
    '/2015-03-31/functions',
    'lambda',
    JSON.stringify({
      FunctionName: 'rotation',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::123456789012:role/rotation',
      Code: { ZipFile: emptyZip },
    }),
  );
  return (JSON.parse(created) as { FunctionArn: string }).FunctionArn;
}
