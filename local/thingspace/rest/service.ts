import type { SeenRequest } from '../../gateway/protocols.ts';
import { drawPassword } from '../passwords.ts';
import type { Platform } from '../platform.ts';
import { type Random, seededRandom } from '../random.ts';
import { drawGuid } from '../sessions.ts';
import { createDevices, type DeviceStore } from '../soap/devices.ts';
import { type ApiSwitches, createApiGateway } from './api-gateway.ts';
import { answerOfBackend, answerToApp } from './backend.ts';
import { type Application, type BearerOptions, type Bearers, createBearers } from './bearers.ts';
import { writeJson } from './json.ts';
import type { SessionCall } from './session-calls.ts';
import { json, type RestAnswer, SHAPES, wordsOf } from './shapes.ts';
import { answerTokenRequest } from './token-endpoint.ts';

/** Properties that are not published; a test may change each at any moment. */
export type RestSwitches = ApiSwitches & {
  /** Where the backend looks for `'`, `<` and `\`. @default decoded */
  fieldCharacters?: 'decoded' | 'raw';
};

export type RestOptions = RestSwitches & Partial<Omit<BearerOptions, 'clock' | 'seed'>>;

/** ThingSpace's REST API over a platform's accounts, without any network. */
export interface Rest {
  /** Changes take effect at the next request. */
  readonly switches: RestSwitches;
  readonly bearers: Bearers;
  readonly applications: readonly Application[];
  /** The gateway answers for the backend, by default for 30 s. */
  suspendBackend(ms?: number): void;
  /** How many calls a test token or an application of a sandbox has made: none of them reached an account. */
  readonly sandboxCalls: number;
  answer(request: SeenRequest): RestAnswer;
}

/** Paths of the two addresses that a caller is configured with. */
export const REST_PATHS = { base: '/api/m2m/v1', token: '/api/ts/v1/oauth2/token' } as const;
const TOKENS = /^\/api\/ts\/v1\/oauth2\/(token|revoke)$/;

export type RestServiceOptions = RestOptions & { clock: { nowMs(): number }; seed: number };

export function createRest(
  platform: Platform,
  options: RestServiceOptions,
  devices: DeviceStore = createDevices(),
): Rest {
  const { clock, seed, applications = [] } = options;
  const random = seededRandom(seed + 2);
  const bearers = createBearers({ ...options, seed: seed + 3, applications });
  const switches: RestSwitches = { ...options };
  const gateway = createApiGateway({ clock, bearers, switches, random, base: REST_PATHS.base });
  let sandboxCalls = 0;

  function answerSessionCall(seen: SeenRequest): RestAnswer {
    const admitted = gateway.admit(seen);
    if (!admitted.ok) return admitted.answer;
    const { call, application } = admitted;
    if (!application) {
      sandboxCalls += 1;
      return json(200, 'output' in call ? writeJson(random, { [call.output]: invented(call, random) }) : {});
    }
    const { apiKey, username: owner } = application;
    const api = platform.through({ transport: 'rest', apiKey, owner });
    return 'onDevices' in call
      ? answerToApp(call, seen, api, random, devices)
      : answerOfBackend(call, seen, api, random, switches.fieldCharacters === 'raw');
  }

  return {
    switches,
    bearers,
    applications,
    get sandboxCalls() {
      return sandboxCalls;
    },
    suspendBackend: gateway.suspendBackend,
    answer(seen) {
      if (seen.path.startsWith(`${REST_PATHS.base}/`)) return answerSessionCall(seen);
      // The gateway's answer to an address that belongs to no API, as Verizon's own page shows it.
      if (!TOKENS.test(seen.path)) return SHAPES.xml(403, '404', wordsOf('404'));
      return gateway.admitTokenRequest() ?? answerTokenRequest(seen, bearers, random);
    },
  };
}

const invented = (call: SessionCall, random: Random): string =>
  call.output === 'newPassword' ? drawPassword(random) : drawGuid(random);
