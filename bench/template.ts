import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { XMLParser } from 'fast-xml-parser';

/**
 * AWS's generic rotation template (aws-samples/aws-secrets-manager-rotation-lambdas,
 * `SecretsManagerRotationTemplate`), ported line by line and filled in plainly. `npm run bench` measures the product
 * against it. Do not deploy it: it loses the password that ThingSpace made when the process ends before the put.
 */
type RotationEvent = { Step: string; SecretId: string; ClientRequestToken: string };
type Credential = { username: string; password: string };

const client = new SecretsManagerClient();
const baseUrl = process.env.THINGSPACE_BASE_URL ?? '';
const PARSED = { removeNSPrefix: true, parseTagValue: false, trimValues: false, htmlEntities: true };

export async function handler({ Step, SecretId, ClientRequestToken: token }: RotationEvent): Promise<void> {
  const metadata = await client.send(new DescribeSecretCommand({ SecretId }));
  if (!metadata.RotationEnabled) throw new Error(`Secret ${SecretId} is not enabled for rotation`);
  const stages = metadata.VersionIdsToStages?.[token];
  if (!stages) throw new Error(`Secret version ${token} has no stage for rotation of secret ${SecretId}.`);
  if (stages.includes('AWSCURRENT')) return;
  if (!stages.includes('AWSPENDING')) throw new Error(`Secret version ${token} is not set as AWSPENDING.`);
  if (Step === 'createSecret') return createSecret(SecretId, token);
  if (Step === 'testSecret') return testSecret(SecretId, token);
  if (Step === 'finishSecret') return finishSecret(SecretId, token);
  // setSecret: ThingSpace has set the password already, when it made it.
}

async function createSecret(secretId: string, token: string): Promise<void> {
  const current = await read(secretId, { VersionStage: 'AWSCURRENT' });
  try {
    await read(secretId, { VersionId: token, VersionStage: 'AWSPENDING' });
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    const session = await logIn(current);
    const password = await callThingSpace('AccountService', 'GetNewPassword', session, {
      OldPassword: current.password,
    });
    await client.send(
      new PutSecretValueCommand({
        SecretId: secretId,
        ClientRequestToken: token,
        SecretString: JSON.stringify({ ...current, password }),
        VersionStages: ['AWSPENDING'],
      }),
    );
  }
}

async function testSecret(secretId: string, token: string): Promise<void> {
  const session = await logIn(await read(secretId, { VersionId: token, VersionStage: 'AWSPENDING' }));
  await callThingSpace('SessionService', 'LogOut', session, { SessionToken: session });
}

async function finishSecret(secretId: string, token: string): Promise<void> {
  const metadata = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  const versions = Object.entries(metadata.VersionIdsToStages ?? {});
  const current = versions.find(([, stages]) => stages.includes('AWSCURRENT'))?.[0];
  if (current === token) return;
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token,
      RemoveFromVersionId: current,
    }),
  );
}

async function read(
  secretId: string,
  which: { VersionId?: string; VersionStage: string },
): Promise<Credential> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, ...which }));
  return JSON.parse(SecretString ?? '');
}

const logIn = ({ username, password }: Credential): Promise<string> =>
  callThingSpace('SessionService', 'LogIn', undefined, { Username: username, Password: password });

/** One SOAP call. Returns the one member of its answer: the session token, or the new password. */
async function callThingSpace(
  service: string,
  operation: string,
  session: string | undefined,
  members: Record<string, string>,
): Promise<string> {
  const v2 = 'http://nphase.com/unifiedwebservice/v2';
  const contract = `http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.${service}`;
  const input = Object.entries(members).map(([name, value]) => `<c:${name}>${escapeXml(value)}</c:${name}>`);
  const header = session ? `<s:Header><token xmlns="${v2}">${escapeXml(session)}</token></s:Header>` : '';
  const answer = await fetch(`${baseUrl}/${service}.svc`, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${v2}/I${service}/${operation}"`,
    },
    body:
      `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">${header}<s:Body>` +
      `<${operation} xmlns="${v2}"><Input xmlns:c="${contract}">${input.join('')}</Input></${operation}>` +
      '</s:Body></s:Envelope>',
  });
  if (!answer.ok) throw new Error(`${operation} failed with HTTP ${answer.status}`);
  const { Envelope } = new XMLParser(PARSED).parse(await answer.text());
  const { Output } = Envelope.Body[`${operation}Response`];
  return Output.NewPassword ?? Output.SessionToken;
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
