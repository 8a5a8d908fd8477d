import type { SessionHeaders } from '../../lambda/session/session.ts';
import type { RestApi } from '../../lambda/thingspace/rest/api.ts';
import type { Application } from '../../local/thingspace/rest/bearers.ts';
import type { Process } from '../world/fate.ts';
import { restInMemory } from '../world/memory-rest.ts';
import type { World } from '../world/world.ts';

export const APPLICATION: Application = { apiKey: 'Key-Marker-1', apiSecret: 'Secret:Marker-1' };
export const OTHER_APPLICATION: Application = { apiKey: 'Key-Marker-2', apiSecret: 'Secret:Marker-2' };

/** Secrets that an operator stores by mistake beside the key of `APPLICATION`. */
export const WRONG_SECRETS = ['wrong', 'Secret:Marker-0'] as const;

/** The calls over REST of one process, in a world whose rotation speaks SOAP. */
export function restOf({ rest, clock, wire, link, restLink, observer }: World, process: Process): RestApi {
  return restInMemory({ rest, clock, wire, link, restLink, observer, onAnswer: () => undefined }, process);
}

/** One request of an app: the gateway looks at the bearer, then the platform at the session. */
export function useOverRest({ rest, platform }: World, token: string, headers: SessionHeaders): string {
  const standing = rest.bearers.standing(headers.Authorization?.replace('Bearer ', ''));
  if (standing.state !== 'valid' || headers['VZ-M2M-Token'] !== token) {
    throw axiosError(401, { fault: { code: '900901', message: 'Invalid Credentials' } });
  }
  const used = platform.through({ transport: 'rest', apiKey: standing.application.apiKey }).use(token);
  if (used.ok) return used.value;
  throw axiosError(400, { errorCode: `UnifiedWebService.${used.code}`, errorMessage: 'It failed.' });
}

/** An error as axios throws it for an answer with an error status. */
const axiosError = (status: number, data: unknown) =>
  Object.assign(new Error(`Request failed with status code ${status}`), {
    code: 'ERR_BAD_REQUEST',
    status,
    response: { status, data },
  });
