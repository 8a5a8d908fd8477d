import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AWS_CLIENT } from '../aws-client.ts';
import type { Transport } from '../thingspace/api.ts';
import { admissionOver } from './admission.ts';
import type { HttpAnswer } from './answer.ts';
import { dynamoDbCount } from './count-table.ts';
import { readCaller } from './event.ts';
import type { Services } from './serve.ts';
import { readSettings } from './settings.ts';
import type { Wire } from './wire.ts';

/**
 * A cold start loads no more than the first remote call needs, which counts the request. All other code is loaded, in
 * one go, while that call is under way and before the request is served. Code that cannot be loaded fails the request
 * before anything is recorded or sent to ThingSpace.
 */

type LambdaContext = { getRemainingTimeInMillis(): number };
type Loaded = { serve: typeof import('./serve.ts').serve; services: Services };

let loaded: Loaded | undefined;

/**
 * Serves a Function URL with IAM authorization: passes the requests of known callers on with the shared session.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<HttpAnswer> {
  const remainingMs = () => context.getRemainingTimeInMillis();
  if (loaded) return loaded.serve(loaded.services, event, remainingMs());
  const settings = readSettings(process.env, new URL('.', import.meta.url));
  const dynamodb = new DynamoDBClient(AWS_CLIENT);
  const { auditTable, requestsPerMinute } = settings;
  const admit = admissionOver(dynamoDbCount(dynamodb, auditTable), requestsPerMinute, Date.now);
  const counted = counting(admit, event);
  const [{ serve }, { servicesOf }, wire] = await Promise.all([
    import('./serve.ts'),
    import('./wiring.ts'),
    wireOf(settings.transport),
  ]);
  loaded = { serve, services: await servicesOf(settings, dynamodb, admit, wire) };
  return serve({ ...loaded.services, admit: counted }, event, remainingMs());
}

/** A process reads one format: the code of the other one is not loaded. */
const wireOf = async (transport: Transport): Promise<Wire> =>
  transport === 'rest'
    ? (await import('./rest/wire.ts')).REST_WIRE
    : (await import('./soap/wire.ts')).SOAP_WIRE;

/** Returns the admission with its first call already under way. */
function counting(admit: Services['admit'], event: unknown): Services['admit'] {
  const principal = principalIn(event);
  let first = principal === undefined ? undefined : admit(principal);
  // Its failure is thrown where it is awaited; unhandled until then, it would end the process.
  first?.catch(() => undefined);
  return (asked) => {
    const answer = asked === principal ? first : undefined;
    first = undefined;
    return answer ?? admit(asked);
  };
}

/** Returns undefined when the event does not name the caller: `serve` then answers why nothing is sent. */
function principalIn(event: unknown): string | undefined {
  try {
    return readCaller(event).caller.principal;
  } catch {
    return undefined;
  }
}
