import { AwsCallError } from '../lambda/aws-call.ts';
import { LedgerUnavailableError } from '../lambda/ledger/errors.ts';
import {
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from '../lambda/session/errors.ts';

/**
 * The troubles that end in an error: `refused` (LogInRefusedError), `stopped` (LogInStoppedError), `waits`
 * (LogInWaitsError, with `retryAt`), `unavailable` (ThingSpaceUnavailableError), `setup` (SessionSetupError), `aws`
 * (AwsCallError), `ledger` (LedgerUnavailableError).
 */
export type FakeTrouble = 'refused' | 'stopped' | 'waits' | 'unavailable' | 'setup' | 'aws' | 'ledger';

const VERSION = 'fake-version';
const MINUTE_MS = 60_000;

const ERRORS: Record<FakeTrouble, () => Error> = {
  refused: () => new LogInRefusedError(`The fake session refused version ${VERSION}.`, undefined, VERSION),
  stopped: () => new LogInStoppedError('The fake session lets no process log in.', undefined, VERSION),
  waits: () => new LogInWaitsError('The fake session waits for a minute.', Date.now() + MINUTE_MS, VERSION),
  unavailable: () =>
    new ThingSpaceUnavailableError('The fake session cannot be reached.', undefined, VERSION),
  setup: () =>
    new SessionSetupError('The fake session has a secret that cannot be used.', undefined, VERSION),
  aws: () =>
    new AwsCallError('secretsmanager:GetSecretValue', {
      name: 'InternalServiceError',
      message: 'the fake session has no AWS',
      $metadata: { httpStatusCode: 500 },
    }),
  ledger: () => new LedgerUnavailableError('The fake session has no ledger.'),
};

export const errorOfTrouble = (trouble: FakeTrouble): Error => ERRORS[trouble]();
