import { Logger } from '@aws-lambda-powertools/logger';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AWS_CLIENT, OWN_PROGRAM } from '../aws-client.ts';
import { causesOf, presentable } from '../errors.ts';
import { type SecretStore, secretsManagerStore } from '../secret/secrets-manager.ts';
import { readEvent, type Services, secretIdIn } from './context.ts';

/**
 * A cold start loads no more than the first remote call needs. All other code of a step is loaded, in one go, while
 * that call is under way and before the step begins. Code that cannot be loaded fails the invocation before anything is
 * sent to ThingSpace, never after an answer has come.
 */

type LambdaContext = { getRemainingTimeInMillis(): number };
type Loaded = { perform: typeof import('./steps.ts').perform; services: Services };

const logger = new Logger({ serviceName: 'thingspace-rotation' });
let loaded: Loaded | undefined;

/** Secrets Manager's rotation function; also takes `{"Recover": "<secret ARN>"}`. */
export async function handler(event: unknown, context: LambdaContext): Promise<void> {
  try {
    const remainingMs = () => context.getRemainingTimeInMillis();
    if (loaded) return await loaded.perform(loaded.services, event, remainingMs());
    const client = new SecretsManagerClient({ ...AWS_CLIENT, userAgentAppId: OWN_PROGRAM });
    const store = secretsManagerStore(client);
    const described = describing(store, event);
    loaded = await load(store, client);
    await loaded.perform({ ...loaded.services, store: described }, event, remainingMs());
  } catch (failure) {
    const error = presentable(failure);
    // All secrets share one log: the operator's tool finds the lines of one secret by `secretId`.
    const facts = { errorName: error.name, causes: causesOf(error), secretId: secretIdIn(event) };
    logger.error(error.message, facts);
    throw error;
  }
}

async function load(store: SecretStore, client: SecretsManagerClient): Promise<Loaded> {
  const [{ perform }, { wire }] = await Promise.all([import('./steps.ts'), import('./wiring.ts')]);
  return { perform, services: await wire(logger, store, client) };
}

/** Returns the store with its first `describe` already under way: every step except setSecret begins with it. */
function describing(store: SecretStore, input: unknown): SecretStore {
  const { step, secretId } = readEvent(input);
  if (step === 'setSecret') return store;
  let first: ReturnType<SecretStore['describe']> | undefined = store.describe(secretId);
  // Its failure is thrown where it is awaited; unhandled until then, it would end the process.
  first.catch(() => undefined);
  return {
    ...store,
    describe(asked) {
      const answer = asked === secretId ? first : undefined;
      first = undefined;
      return answer ?? store.describe(asked);
    },
  };
}
