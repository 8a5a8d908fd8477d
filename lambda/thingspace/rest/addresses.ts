import { PresentableError } from '../../errors.ts';
import { checkBaseUrl } from '../base-url.ts';

export type RestAddresses = {
  /** The address above `/session/login` (THINGSPACE_BASE_URL). */
  baseUrl: string;
  /** The address of the token service (THINGSPACE_TOKEN_URL). */
  tokenUrl: string;
  /** Allows two hosts (THINGSPACE_TOKEN_HOST_DIFFERS). @default false */
  tokenHostMayDiffer?: boolean | undefined;
};

/** Key, secret and password would go to two hosts, and no setting allows that. */
export class TokenHostError extends PresentableError {
  override readonly name = 'TokenHostError';
  constructor() {
    super(
      'THINGSPACE_TOKEN_URL and THINGSPACE_BASE_URL name different hosts. Key and secret of the application go to the first, ' +
        'username and password to the second: correct the one that is wrong, or allow two hosts with ' +
        'THINGSPACE_TOKEN_HOST_DIFFERS=yes.',
    );
  }
}

/** Returns both addresses as `checkBaseUrl` does. @throws BaseUrlError, TokenHostError */
export function checkAddresses(addresses: RestAddresses): { baseUrl: string; tokenUrl: string } {
  const host = 'https://thingspace.verizon.com';
  const baseUrl = checkBaseUrl(addresses.baseUrl, 'THINGSPACE_BASE_URL', `${host}/api/m2m/v1`);
  const tokenUrl = checkBaseUrl(addresses.tokenUrl, 'THINGSPACE_TOKEN_URL', `${host}/api/ts/v1/oauth2/token`);
  const differs = new URL(baseUrl).host !== new URL(tokenUrl).host;
  if (differs && addresses.tokenHostMayDiffer !== true) throw new TokenHostError();
  return { baseUrl, tokenUrl };
}
