import { DEFAULT_TOKEN_URL } from '../lambda/defaults.ts';
import type { MaybeApiKey } from '../lambda/thingspace/api.ts';
import { isLoopback } from '../lambda/thingspace/base-url.ts';
import { BearerError } from '../lambda/thingspace/rest/bearer-error.ts';
import type { Desk } from './desk.ts';
import { notRight } from './errors.ts';

const TIMEOUT_MS = 20_000;

/**
 * Asks once for a bearer, which proves the key, the secret and the token's address; presents no username and no password.
 * @returns the words for what is proven and what is not
 * @throws NotRightError with what is wrong and what to do
 */
export async function bearerProof(
  desk: Desk,
  { apiKey, apiSecret }: MaybeApiKey,
  givenUrl?: string,
): Promise<string> {
  const { thingSpace } = desk.settings;
  const configured = thingSpace?.transport === 'rest' ? thingSpace.tokenUrl : DEFAULT_TOKEN_URL;
  const tokenUrl = givenUrl ?? configured;
  mustBeSecure(tokenUrl);
  if (apiKey === undefined || apiSecret === undefined) {
    const missing =
      apiKey !== undefined ? 'apiSecret' : apiSecret !== undefined ? 'apiKey' : 'apiKey and no apiSecret';
    throw notRight(
      `the secret holds no ${missing}, without which REST gives no bearer: \`store --api-key\`.`,
    );
  }
  const answer = await desk.rest(givenUrl).prepare({ apiKey, apiSecret }, { timeoutMs: TIMEOUT_MS });
  const problem = answer.outcome === 'done' ? undefined : answer.cause;
  const reason = problem instanceof BearerError ? problem.reason : undefined;
  if (problem !== undefined && reason !== 'near-its-end') {
    const isKey = reason === 'wrong-key' || reason === 'unsendable-key';
    const todo = isKey ? ' Store the right ones: `store --api-key`.' : '';
    throw notRight(`${tokenUrl}: ${problem.message}${todo}`);
  }
  const unproven = thingSpace?.transport === 'rest' ? thingSpace.baseUrl : 'a log-in over REST';
  return (
    `${tokenUrl} gave a bearer: the key, the secret and this address are right. No password was presented; ` +
    `${unproven} is proven by \`trial\` only.`
  );
}

/** @throws NotRightError for an address to which no password and no key may go */
export function mustBeSecure(address: string): void {
  const url = URL.parse(address);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return;
  throw notRight(`${address} is not https: passwords and keys would travel in clear.`);
}
