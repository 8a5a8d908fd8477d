import { systemClock } from '../clock.ts';
import type { ThingSpaceApi } from './api.ts';
import { type Send, sendOnce } from './http-call.ts';
import type { RestAddresses } from './rest/addresses.ts';
import { createRestApi } from './rest/api.ts';
import { createSoapApi, type SoapSettings } from './soap/api.ts';

/** `transport` absent: SOAP. */
export type ThingSpaceSettings =
  | ({ transport?: 'soap' | undefined } & SoapSettings)
  | ({ transport: 'rest' } & RestAddresses);

/**
 * Makes the calls to ThingSpace over the configured transport.
 * @param send through a proxy, where there is one
 * @throws BaseUrlError, PasswordElementError, TokenHostError for settings with which nothing may be sent
 */
export function createThingSpaceApi(settings: ThingSpaceSettings, send: Send = sendOnce): ThingSpaceApi {
  return settings.transport === 'rest'
    ? createRestApi(settings, systemClock, send)
    : createSoapApi(settings, send);
}
