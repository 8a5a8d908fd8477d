import {
  DEFAULT_BASE_URL,
  DEFAULT_PASSWORD_ELEMENT,
  DEFAULT_REST_BASE_URL,
  DEFAULT_TOKEN_URL,
} from '../lambda/defaults.ts';
import type { Transport } from '../lambda/thingspace/api.ts';
import { transportOfAddress } from '../lambda/transport.ts';

/** The API of ThingSpace that the function calls, and its addresses. */
export interface ThingSpaceApiOptions {
  /** The API: SOAP ("Wireless Network Services") or REST ("Connectivity Management"). @default soap */
  readonly transport?: Transport;
  /**
   * ThingSpace's address, https.
   * @default - the public one: https://uws.apps.nphase.com/api/v2, with REST https://thingspace.verizon.com/api/m2m/v1
   */
  readonly baseUrl?: string;
  /**
   * With REST: the address that gives a bearer for the secret's `apiKey` and `apiSecret`, https.
   * @default - the public one, https://thingspace.verizon.com/api/ts/v1/oauth2/token
   */
  readonly tokenUrl?: string;
  /** With REST: whether the token's address may have another host than `baseUrl`. @default false */
  readonly tokenHostMayDiffer?: boolean;
  /** With SOAP: element of GetNewPassword that carries the current password. @default OldPassword */
  readonly passwordElement?: string;
}

/** The settings of the transport contradict each other. */
export class ThingSpaceApiError extends Error {
  override readonly name = 'ThingSpaceApiError';
}

const OPERATIONS = { soap: 'asks for no token', rest: 'has no such element' };
const EXAMPLES = { soap: DEFAULT_BASE_URL, rest: DEFAULT_REST_BASE_URL };

/** Yields one sentence for each mistake, with the setting's name before it; each says what to write. */
export function* apiFits(options: ThingSpaceApiOptions): Generator<string> {
  const { transport = 'soap' } = options;
  const [other, alien] =
    transport === 'soap'
      ? (['rest', ['tokenUrl', 'tokenHostMayDiffer']] as const)
      : (['soap', ['passwordElement']] as const);
  for (const name of alien) {
    if (options[name] === undefined) continue;
    yield `${name}: leave it out: it belongs to "transport": "${other}", and ${transport.toUpperCase()} ${OPERATIONS[transport]}`;
  }
  if (transportOfAddress(options.baseUrl ?? '') === other) {
    yield `baseUrl: leave it out, or write the address of ${transport.toUpperCase()}, such as ${EXAMPLES[transport]}: this is an address of ${other.toUpperCase()}, which belongs to "transport": "${other}"`;
    return;
  }
  if (transport === 'rest') yield* tokenHostFits(options);
}

/** Key and secret go to the one host, bearer and password to the other. */
function* tokenHostFits(options: ThingSpaceApiOptions): Generator<string> {
  const base = URL.parse(options.baseUrl ?? DEFAULT_REST_BASE_URL);
  const token = URL.parse(options.tokenUrl ?? DEFAULT_TOKEN_URL);
  // An address of another stack is known at deployment only: the function checks it.
  if (!base || !token || base.host === token.host || options.tokenHostMayDiffer) return;
  yield `tokenUrl: write an address of the host ${base.host}, as thingspace.baseUrl has it: the key, the secret and the bearer are of one service (if ${token.host} is right, add "tokenHostMayDiffer": true)`;
}

/** Returns the variables of the function's environment. @throws ThingSpaceApiError */
export function apiEnvironment(options: ThingSpaceApiOptions): Record<string, string> {
  const [mistake] = apiFits(options);
  if (mistake !== undefined) throw new ThingSpaceApiError(mistake);
  const { transport = 'soap' } = options;
  if (transport === 'soap') {
    return {
      THINGSPACE_TRANSPORT: transport,
      THINGSPACE_BASE_URL: options.baseUrl ?? DEFAULT_BASE_URL,
      THINGSPACE_PASSWORD_ELEMENT: options.passwordElement ?? DEFAULT_PASSWORD_ELEMENT,
    };
  }
  return {
    THINGSPACE_TRANSPORT: transport,
    THINGSPACE_BASE_URL: options.baseUrl ?? DEFAULT_REST_BASE_URL,
    THINGSPACE_TOKEN_URL: options.tokenUrl ?? DEFAULT_TOKEN_URL,
    ...(options.tokenHostMayDiffer ? { THINGSPACE_TOKEN_HOST_DIFFERS: 'yes' } : {}),
  };
}
