/** An HTTP proxy on the way to ThingSpace; the calls to AWS do not go through it. */
export type ProxySettings = {
  /** `http://host:port`, or `https://host:port` for a proxy that is itself reached over TLS. */
  url: string;
  /** The secret with its credentials, `{"username": …, "password": …}`. @default the proxy asks for none */
  secretId?: string | undefined;
};

export const PROXY_URL_RULE =
  'the address of an HTTP proxy without user, path and query, such as http://proxy.example.com:3128';

/** Reports whether the address is one of a proxy. Credentials do not belong into it: every reader of a setting sees it. */
export function isProxyUrl(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return `${url.username}${url.password}${url.search}${url.hash}` === '' && url.pathname === '/';
}
