import { AnswerFormatError } from '../answer-format.ts';
import { textOf } from '../answer-text.ts';
import type { ApiKey, RawAnswer } from '../api.ts';
import type { Send } from '../http-call.ts';
import { ProxyError } from '../proxy-error.ts';
import { BearerError, type BearerProblem } from './bearer-error.ts';
import { JSON_DOCUMENTS } from './documents.ts';
import { type JsonObject, type JsonValue, membersNamed } from './json.ts';
import { objectIn } from './object.ts';
import { refusalIn } from './refusals.ts';

/** `lifeS`: seconds that the token service says are left; undefined when it does not say. */
export type Token = { bearer: string; lifeS: number | undefined };

const MAX_ANSWER_BYTES = 64 * 1024;

/** The value of the header Authorization for the token service. */
export const basicOf = ({ apiKey, apiSecret }: ApiKey): string =>
  Buffer.from(`${apiKey}:${apiSecret}`).toString('base64');

/**
 * Asks the token service once for the bearer of a key: within an hour it gives the same one again.
 * @throws BearerError, ProxyError
 */
export async function requestToken(
  send: Send,
  tokenUrl: string,
  key: ApiKey,
  timeoutMs: number,
): Promise<Token> {
  const headers = {
    authorization: `Basic ${basicOf(key)}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  const body = 'grant_type=client_credentials';
  const answer = await send(
    {
      method: 'POST',
      url: tokenUrl,
      headers,
      body,
      documents: JSON_DOCUMENTS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    },
    { timeoutMs },
  );
  if (answer.outcome !== 'answered') {
    if (answer.cause instanceof ProxyError) throw answer.cause;
    const code = 'code' in answer.cause ? answer.cause.code : undefined;
    throw new BearerError('unavailable', typeof code === 'string' ? code : undefined);
  }
  if (answer.httpStatus === 200) return tokenIn(answer);
  throw new BearerError(problemIn(answer), answer.httpStatus);
}

function tokenIn(answer: RawAnswer): Token {
  const root = objectOf(answer);
  // Its end did not arrive: that says nothing about the address.
  if (!answer.complete && !root?.closed) throw new BearerError('unavailable');
  const [bearer, ...others] = root ? membersNamed(root, 'access_token') : [];
  const isUsable = bearer?.kind === 'string' && /^[\x21-\x7e]{1,4096}$/.test(bearer.text);
  if (!root?.closed || !isUsable || others.length > 0) throw new BearerError('no-bearer');
  return { bearer: bearer.text, lifeS: secondsIn(membersNamed(root, 'expires_in')) };
}

function secondsIn([value, ...others]: JsonValue[]): number | undefined {
  const isText = value?.kind === 'number' || value?.kind === 'string';
  return isText && others.length === 0 && /^\d{1,9}$/.test(value.text) ? Number(value.text) : undefined;
}

/** Tells the errors of the token service apart: only a wrong key is certain. */
function problemIn(answer: RawAnswer): BearerProblem {
  const { httpStatus } = answer;
  const root = objectOf(answer);
  const [error] = root ? membersNamed(root, 'error') : [];
  const named = error?.kind === 'string' ? error.text : undefined;
  if (httpStatus === 400 || httpStatus === 401) {
    if (named === 'invalid_client' || named === 'unauthorized_client' || saysInactive(root))
      return 'wrong-key';
    if (named !== undefined && /^(?:invalid_request|unsupported_grant_type)$/.test(named))
      return 'request-refused';
  }
  if (httpStatus === 404 || /^Gateway\.(?:404|900906)$/.test(gatewayCodeIn(answer))) return 'wrong-address';
  return 'unavailable';
}

function saysInactive(root: JsonObject | undefined): boolean {
  const [text] = root ? membersNamed(root, 'error_description') : [];
  return text?.kind === 'string' && /not in active state/i.test(text.text);
}

function gatewayCodeIn(answer: RawAnswer): string {
  try {
    return refusalIn(answer, []);
  } catch {
    return '';
  }
}

function objectOf(answer: RawAnswer): JsonObject | undefined {
  try {
    return answer.gapAt === undefined ? objectIn(textOf(answer)) : undefined;
  } catch (error) {
    if (error instanceof AnswerFormatError) return undefined;
    throw error;
  }
}
