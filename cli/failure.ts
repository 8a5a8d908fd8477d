import { CommanderError } from 'commander';
import { AwsCallError } from '../lambda/aws-call.ts';
import { presentable } from '../lambda/errors.ts';
import { withoutSteps } from '../lambda/situations/steps.ts';
import { EndedError, SettingsDisagreeError, UsageError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** Returns the exit code of a failure, as docs/runbook.md has them. */
export function exitCodeOf(failure: unknown): ExitCode {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? EXIT.well : EXIT.wrong;
  if (failure instanceof EndedError) return failure.exitCode;
  if (failure instanceof UsageError || failure instanceof SettingsDisagreeError) return EXIT.wrong;
  const aws = awsCause(presentable(failure));
  return aws && yours(aws) !== undefined ? EXIT.denied : EXIT.act;
}

/**
 * One line for a person. Where AWS did not answer, or refused, it is about this person's own rights and network:
 * the texts of the function's errors speak of the function's. Texts that nobody has vouched for (they may quote a
 * secret) stay behind.
 */
export function lineOf(failure: unknown): string {
  const error = presentable(failure);
  const aws = awsCause(error);
  const own = aws && yours(aws);
  const text = own ?? `${error.message}${aws === undefined || aws === error ? '' : ` (${aws.message})`}`;
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

/** The error for a terminal: its text and name, then its steps, one a line, each with its commands below it. */
export function inLines(failure: unknown): string {
  const text = lineOf(failure);
  const happened = withoutSteps(text);
  const [, ...steps] = text.slice(happened.length).split(/ (?=\d+\. )/);
  const lines = steps.map((step) =>
    step.replace(/(?: `[^`]+`)+$/, (commands) => commands.replaceAll(/ `([^`]+)`/g, '\n     $1')),
  );
  return [
    `Error: ${happened} [${presentable(failure).name}]`,
    ...(lines.length === 0 ? [] : ['To do:', ...lines]),
  ].join('\n');
}

/** Reports whether AWS takes no call of this person now, whatever the service. */
export const concernsEveryCall = ({ errorName }: AwsCallError): boolean =>
  NO_CREDENTIALS.test(errorName) || BAD_CREDENTIALS.test(errorName);

const NO_CREDENTIALS = /^CredentialsProviderError/;
const BAD_CREDENTIALS =
  /ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|TokenRefresh/;
const UNREACHABLE =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|TimeoutError)$/;
const THROTTLED = /^(Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughput|SlowDown)/;

/** Returns the meaning of the error for the operator; undefined where AWS's own answer says it best. */
export function yours({ operation, errorName, message }: AwsCallError): string | undefined {
  if (/^AccessDenied|^NotAuthorized|AuthorizationError/.test(errorName)) {
    return `Your own AWS credentials may not ${operation}. Ask for that right, or use another --profile (${message}).`;
  }
  const profile = process.env.AWS_PROFILE;
  if (NO_CREDENTIALS.test(errorName)) {
    if (profile !== undefined) {
      return `The AWS profile ${profile} gives no credentials: check its name (\`aws configure list-profiles\`), or log in (\`aws sso login --profile ${profile}\`).`;
    }
    return 'No AWS credentials are found: log in (`aws sso login`), or give --profile or AWS_ACCESS_KEY_ID and its secret.';
  }
  if (BAD_CREDENTIALS.test(errorName)) {
    const whose = profile === undefined ? '' : ` of the profile ${profile}`;
    return `AWS does not take your credentials${whose} (${errorName}): log in again, or use another --profile.`;
  }
  if (THROTTLED.test(errorName)) {
    return `AWS throttles ${operation} (${errorName}): your rights are not at fault. Wait a minute, then run it again.`;
  }
  if (UNREACHABLE.test(errorName)) {
    return (
      `AWS cannot be reached from here (${operation}: ${errorName}): check your network, VPN and proxy, and --region and ` +
      '--endpoint.'
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/.test(errorName)) {
    return `The certificate of what answered ${operation} is not trusted (${errorName}): a proxy stands between you and AWS.`;
  }
  if (/^(SyntaxError|UnknownError|Unknown)$/.test(errorName)) {
    return `The server that answered ${operation} is not AWS: a proxy or a log-in page of your network, or a wrong --endpoint.`;
  }
  return undefined;
}

/** Returns the call to AWS that an error goes back to. */
export function awsCause(error: Error): AwsCallError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AwsCallError) return cause;
  }
  return undefined;
}
