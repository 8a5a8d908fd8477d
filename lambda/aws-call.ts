import { PresentableError } from './errors.ts';
/**
 * An AWS call that did not succeed. The SDK's own error stays out of the chain: it holds the request,
 * and a validator's message may quote it (PutSecretValue's request is the password).
 */
export class AwsCallError extends PresentableError {
  override readonly name = 'AwsCallError';
  readonly operation: string;
  /** The service's exception name, or the network's code (`ECONNRESET`). */
  readonly errorName: string;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;

  constructor(operation: string, failure: unknown) {
    const { name, code, message, $metadata } = failure as {
      name?: string;
      code?: string;
      message?: string;
      $metadata?: { httpStatusCode?: number; requestId?: string };
    };
    const isNameless = name === 'Error' || name === 'AggregateError';
    const noRegion = message === 'Region is missing' ? 'RegionMissing' : undefined;
    const errorName = (isNameless ? (code ?? noRegion) : name) ?? 'UnknownError';
    const said = SAYS_NOTHING_SECRET.test(errorName) && message ? `: ${message}` : '';
    super(`${operation} failed with ${errorName}${said}`);
    this.operation = operation;
    this.errorName = errorName;
    this.httpStatus = $metadata?.httpStatusCode;
    this.requestId = $metadata?.requestId;
  }

  /** Returns the same failure with a sentence that says what to do. */
  withAdvice(advice: string): AwsCallError {
    const { operation, errorName, httpStatus, requestId } = this;
    const metadata = {
      ...(httpStatus === undefined ? {} : { httpStatusCode: httpStatus }),
      ...(requestId === undefined ? {} : { requestId }),
    };
    const advised = new AwsCallError(operation, { name: errorName, $metadata: metadata });
    advised.message = `${this.message.replace(/\.$/, '')}. ${advice}`;
    return advised;
  }
}

/** Exceptions whose text names principals, resources and rates only; others are known by name alone. */
const SAYS_NOTHING_SECRET =
  /^(AccessDenied|Throttl|TooManyRequests|ProvisionedThroughput|ResourceNotFound|NotFound|Disabled|KMSInvalidState|KMSDisabled|InternalService|InternalFailure|ServiceUnavailable|LimitExceeded|DecryptionFailure|EncryptionFailure|TimeoutError|CredentialsProviderError)/;

/** Runs one SDK call and turns whatever it throws into an `AwsCallError`. */
export async function awsCall<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (failure) {
    throw new AwsCallError(operation, failure);
  }
}
