import type { ThingSpaceApi } from './api.ts';
import { createSoapApi, type SoapSettings } from './soap/api.ts';

/** `transport` absent: SOAP. */
export type ThingSpaceSettings = { transport?: 'soap' | undefined } & SoapSettings;

/**
 * Makes the calls to ThingSpace over the configured transport.
 * @throws BaseUrlError, PasswordElementError for settings with which nothing may be sent
 */
export function createThingSpaceApi(settings: ThingSpaceSettings): ThingSpaceApi {
  return createSoapApi(settings);
}
