import { createHash } from 'node:crypto';
import { DEFAULT_BASE_URL, DEFAULT_REST_BASE_URL, DEFAULT_TOKEN_URL } from '../defaults.ts';
import type { MaybeApiKey, ThingSpaceApi, Transport } from '../thingspace/api.ts';
import { createThingSpaceApi } from '../thingspace/create-api.ts';
import { type Send, sendOnce } from '../thingspace/http-call.ts';
import { createRestApi, type RestApi } from '../thingspace/rest/api.ts';
import { TRANSPORTS, transportOfAddress } from '../transport.ts';
import { withPauses } from './bearers.ts';
import { SessionSettingsError } from './errors.ts';
import type { ClientClock } from './waiting.ts';

export type ThingSpaceSettings = {
  /** ThingSpace's API: SOAP, or REST ("Connectivity Management"). @default 'soap' */
  transport?: Transport | undefined;
  /** ThingSpace's address above its services (SOAP), or above `/session/login` (REST). @default the published one */
  baseUrl?: string | undefined;
  /** REST only: the address that gives a bearer for key and secret of the application. @default the published one */
  tokenUrl?: string | undefined;
  /** REST only: allows different hosts in `baseUrl` and `tokenUrl`. @default false */
  tokenHostMayDiffer?: boolean | undefined;
};

/** The calls to ThingSpace, and the name of the item that the sessions over them are shared in. */
export type ThingSpace = {
  api: ThingSpaceApi;
  /** The same calls, where they are those of REST. */
  rest: RestApi | undefined;
  itemOf: ItemOf;
};

/** Returns the name of the fleet's item for sessions that this key opens. */
export type ItemOf = (key: MaybeApiKey) => string;

/** @throws SessionSettingsError, BaseUrlError, TokenHostError for settings that cannot work */
export function thingSpaceOf(
  settings: ThingSpaceSettings,
  clock: ClientClock,
  send: Send = sendOnce,
): ThingSpace {
  const { transport = 'soap', tokenHostMayDiffer } = settings;
  mustFit(settings, transport);
  if (transport === 'soap') {
    const { baseUrl = DEFAULT_BASE_URL } = settings;
    return {
      api: createThingSpaceApi({ baseUrl }, send),
      rest: undefined,
      itemOf: () => itemOver('soap', baseUrl),
    };
  }
  const { baseUrl = DEFAULT_REST_BASE_URL, tokenUrl = DEFAULT_TOKEN_URL } = settings;
  const rest = withPauses(createRestApi({ baseUrl, tokenUrl, tokenHostMayDiffer }, clock, send), clock);
  const itemOf: ItemOf = ({ apiKey = '' }) => itemOver('rest', baseUrl, digestOf(tokenUrl, apiKey));
  return { api: rest, rest, itemOf };
}

function mustFit({ baseUrl, tokenUrl }: ThingSpaceSettings, transport: Transport): void {
  if (!TRANSPORTS.includes(transport)) {
    throw new SessionSettingsError('`transport` must be "soap" or "rest".');
  }
  if (transport === 'soap' && tokenUrl !== undefined) {
    throw new SessionSettingsError('`tokenUrl` belongs to REST: set `transport` to "rest", or leave it out.');
  }
  const other = transportOfAddress(baseUrl ?? '') ?? transport;
  if (other !== transport) {
    throw new SessionSettingsError(
      `\`baseUrl\` is an address of ${other.toUpperCase()}, and \`transport\` is "${transport}". Set both for the same API, or leave ` +
        'the address out.',
    );
  }
}

/**
 * Names the item after what opens its sessions: a token is assumed to be valid over its own API, address and key alone.
 * So programs of two kinds never take each other's session, nor each other's place, during a switch. The name of SOAP
 * at the published address is the one that every earlier client uses.
 */
function itemOver(transport: Transport, baseUrl: string, keyDigest?: string): string {
  const address = baseUrl.replace(/\/+$/, '');
  if (transport === 'soap' && address === DEFAULT_BASE_URL) return 'session';
  return ['session', transport, address, keyDigest].filter((part) => part !== undefined).join('#');
}

/** The key is as secret as the password, and long and random. */
const digestOf = (tokenUrl: string, apiKey: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['session', tokenUrl, apiKey]))
    .digest('base64url')
    .slice(0, 22);
