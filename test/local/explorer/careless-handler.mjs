// A rotation function as the field writes it: it parses and logs before it stores, keeps no journal, and
// does everything again on a retry. Only to show that the explorer sees what such a function does.
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { createSoapApi } from '../../../lambda/thingspace/soap/api.ts';

const limits = { timeoutMs: 5_000 };

export const handler = async ({ Step, SecretId, ClientRequestToken, Recover }) => {
  const secrets = new SecretsManagerClient({ maxAttempts: 1 });
  const current = await secrets.send(new GetSecretValueCommand({ SecretId: SecretId ?? Recover }));
  if (Recover) throw new Error('The password is lost: nobody has the new one.');
  if (Step === 'createSecret') await createSecret(secrets, current, ClientRequestToken);
  if (Step === 'finishSecret' && current.VersionId !== ClientRequestToken) {
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: ClientRequestToken,
        RemoveFromVersionId: current.VersionId,
      }),
    );
  }
};

async function createSecret(secrets, { ARN, SecretString }, ClientRequestToken) {
  const { username, password } = JSON.parse(SecretString);
  const api = createSoapApi({ baseUrl: process.env.THINGSPACE_BASE_URL });
  const session = await api.logIn({ username, password }, limits);
  if (session.outcome !== 'done') throw new Error(`Log-in: ${session.outcome}`);
  const { body } = await api.getNewPassword({ token: session.value }, password, limits);
  console.log(`Answer: ${body.toString('base64')}`);
  const read = api.readNewPassword({ body });
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: ARN,
      ClientRequestToken,
      VersionStages: ['AWSPENDING'],
      SecretString: JSON.stringify({ username, password: read.value }),
    }),
  );
}
