import { PresentableError } from '../errors.ts';
/** The base URL is not one to which a password may be sent. */
export class BaseUrlError extends PresentableError {
  override readonly name = 'BaseUrlError';
  constructor(setting = 'THINGSPACE_BASE_URL', example = 'https://uws.apps.nphase.com/api/v2') {
    super(
      `${setting} must be an https address without user, query and fragment, such as ${example} (plain http only on the loopback interface)`,
    );
  }
}

/** The name of an address's setting, and an example of it. */
type AboutAddress = [setting: string, example: string];

/**
 * Returns the base URL without a slash at its end. Passwords travel in the request, so http is for tests on this
 * machine only. @throws BaseUrlError, which names the setting that `about` gives
 */
export function checkBaseUrl(baseUrl: string, ...about: AboutAddress | []): string {
  const url = URL.parse(baseUrl);
  if (url === null || `${url.username}${url.password}${url.search}${url.hash}` !== '')
    throw new BaseUrlError(...about);
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  if (!secure) throw new BaseUrlError(...about);
  return url.href.replace(/\/+$/, '');
}

/** Reports whether an address is on the loopback interface. The URL parser has turned 127.1 and 0x7f000001 into 127.0.0.1. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
