import type { ThingSpaceApi } from './api.ts';
import type { RestAddresses } from './rest/addresses.ts';
import { createRestApi } from './rest/api.ts';
import { createSoapApi, type SoapSettings } from './soap/api.ts';

/** `transport` absent: SOAP. */
export type ThingSpaceSettings =
  | ({ transport?: 'soap' | undefined } & SoapSettings)
  | ({ transport: 'rest' } & RestAddresses);

/**
 * Makes the calls to ThingSpace over the configured transport.
 * @throws BaseUrlError, PasswordElementError, TokenHostError for settings with which nothing may be sent
 */
export function createThingSpaceApi(settings: ThingSpaceSettings): ThingSpaceApi {
  return settings.transport === 'rest' ? createRestApi(settings) : createSoapApi(settings);
}
