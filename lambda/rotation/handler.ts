import { Logger } from '@aws-lambda-powertools/logger';
import { causesOf, presentable } from '../errors.ts';
import type { Services } from './context.ts';
import { perform } from './steps.ts';
import { wire } from './wiring.ts';

type LambdaContext = { getRemainingTimeInMillis(): number };

const logger = new Logger({ serviceName: 'thingspace-rotation' });
let services: Services | undefined;

/** Secrets Manager's rotation function; also takes `{"Recover": "<secret ARN>"}`. */
export async function handler(event: unknown, context: LambdaContext): Promise<void> {
  try {
    services ??= wire(logger);
    await perform(services, event, context.getRemainingTimeInMillis());
  } catch (failure) {
    const error = presentable(failure);
    logger.error(error.message, { errorName: error.name, causes: causesOf(error) });
    throw error;
  }
}
