import { Logger } from '@aws-lambda-powertools/logger';
import type { HttpAnswer } from './fault.ts';
import { type Services, serve } from './serve.ts';
import { wire } from './wiring.ts';

type LambdaContext = { getRemainingTimeInMillis(): number };

const logger = new Logger({ serviceName: 'thingspace-access' });
let services: Services | undefined;

/** Behind a Function URL with IAM authorization: SOAP requests of known callers, sent on with our session. */
export async function handler(event: unknown, context: LambdaContext): Promise<HttpAnswer> {
  services ??= wire(logger);
  return serve(services, event, context.getRemainingTimeInMillis());
}
