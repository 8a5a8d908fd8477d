import type { Transport } from './thingspace/api.ts';

export const TRANSPORTS = ['soap', 'rest'] as const satisfies readonly Transport[];

/**
 * Returns the API that an address is known to belong to, by ThingSpace's public addresses; undefined for any other address,
 * such as that of a proxy. A password that goes to the other API is a log-in that may count as failed.
 */
export function transportOfAddress(baseUrl: string): Transport | undefined {
  const url = URL.parse(baseUrl);
  if (url?.hostname === 'uws.apps.nphase.com') return 'soap';
  return url && /\/m2m\/v\d+\/*$/.test(url.pathname) ? 'rest' : undefined;
}
