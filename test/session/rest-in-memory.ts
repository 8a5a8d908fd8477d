import type { SessionHeaders } from '../../lambda/session/session.ts';
import type { ItemOf } from '../../lambda/session/thingspace.ts';
import { thingSpaceOf } from '../../lambda/session/thingspace.ts';
import type { MaybeApiKey, NeverSent, ThingSpaceApi, Transport } from '../../lambda/thingspace/api.ts';
import type { RestApi } from '../../lambda/thingspace/rest/api.ts';
import { BearerError } from '../../lambda/thingspace/rest/bearer-error.ts';
import { type Application, createBearers } from '../../local/thingspace/rest/bearers.ts';
import type { Process } from '../world/fate.ts';
import type { World } from '../world/world.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const APPLICATION: Application = { apiKey: 'Key-Marker-1', apiSecret: 'Secret:Marker-1' };
export const OTHER_APPLICATION: Application = { apiKey: 'Key-Marker-2', apiSecret: 'Secret:Marker-2' };

/** An error as axios throws it for an answer with an error status. */
export const axiosError = (status: number, data: unknown) =>
  Object.assign(new Error(`Request failed with status code ${status}`), {
    code: status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE',
    status,
    response: { status, data },
  });

const refusal = (code: string) => axiosError(401, { fault: { code, message: 'Invalid Credentials' } });

/** REST in virtual time: the simulator's bearers and accounts behind the product's sessions, without HTTP. */
export function restInMemory(world: World, clock: VirtualClock) {
  const bearers = createBearers({ clock, seed: 1, applications: [APPLICATION, OTHER_APPLICATION] });
  const applicationOf = (bearer: string | undefined) => {
    const standing = bearers.standing(bearer);
    return standing.state === 'valid' ? standing.application : undefined;
  };
  const through = ({ apiKey }: Application) => world.platform.through({ transport: 'rest', apiKey });
  const requests: string[] = [];

  return {
    bearers,
    /** The keys of all token requests. */
    requests,

    itemOf: (transport: Transport): ItemOf => thingSpaceOf({ transport }, clock).itemOf,

    /** One request of an app. */
    use(token: string, headers: SessionHeaders): string {
      const application = applicationOf(headers.Authorization?.replace('Bearer ', ''));
      if (!application || headers['VZ-M2M-Token'] !== token) throw refusal('900901');
      const used = through(application).use(token);
      if (used.ok) return used.value;
      throw axiosError(400, { errorCode: `UnifiedWebService.${used.code}`, errorMessage: 'It failed.' });
    },

    /** The calls of one process, which remembers its bearers. */
    api(soap: ThingSpaceApi, process: Process): RestApi {
      const held = new Map<string, { bearer: string; endsAtMs: number }>();
      async function bearerOf({
        apiKey,
        apiSecret,
      }: MaybeApiKey): Promise<{ outcome: 'done'; value: string } | NeverSent> {
        if (!apiKey || !apiSecret) return { outcome: 'never-sent', cause: new BearerError('no-key') };
        const known = held.get(apiKey);
        if (known && clock.nowMs() < known.endsAtMs) return { outcome: 'done', value: known.bearer };
        const issued = await world.wire.remote(process, 'GetBearer', () => {
          requests.push(apiKey);
          return bearers.request(apiKey, apiSecret);
        });
        if (!issued.ok) return { outcome: 'never-sent', cause: new BearerError('wrong-key') };
        held.set(apiKey, {
          bearer: issued.bearer,
          endsAtMs: clock.nowMs() + (issued.expiresIn ?? 0) * 1_000,
        });
        return { outcome: 'done', value: issued.bearer };
      }
      return {
        ...soap,
        transport: 'rest',
        bearer: bearerOf,
        forgetBearer(bearer) {
          for (const [key, known] of held) if (known.bearer === bearer) held.delete(key);
        },
        async prepare(key) {
          const got = await bearerOf(key);
          return got.outcome === 'done' ? { outcome: 'done' } : got;
        },
        async logIn(credential) {
          const got = await bearerOf(credential);
          if (got.outcome !== 'done') return got;
          const verdict = await world.wire.remote(process, 'LogIn', () => {
            const application = applicationOf(got.value);
            if (!application) return { ok: false as const, code: 'Gateway.900901' };
            return through(application).logIn(credential.username, credential.password);
          });
          return verdict.ok
            ? { outcome: 'done', value: verdict.value }
            : { outcome: 'refused', code: verdict.code };
        },
      };
    },
  };
}
