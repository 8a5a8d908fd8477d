import type { Transport } from './index.ts';

/** An answer of ThingSpace or its gateway, for a stub server or a mock of HTTP. */
export type FakeAnswer = { status: number; headers: Record<string, string>; body: string };

/** A request: its headers over REST (plain, of Node.js, or of `fetch`), or the token of a SOAP envelope. */
export type Sent = string | Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const GONE = 'UnifiedWebService.REQUEST_FAILED.SessionToken.Expired';
const TEXT = 'The session token has expired.';

/** The answers as ThingSpace's documentation has them. */
export const refusals = {
  session: (transport: Transport): FakeAnswer =>
    transport === 'rest'
      ? json(400, { errorCode: GONE, errorMessage: TEXT })
      : {
          status: 500,
          headers: { 'content-type': 'text/xml; charset=utf-8' },
          body:
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>' +
            `<faultcode xmlns:a="http://nphase.com/unifiedwebservice/v2">a:${GONE}</faultcode>` +
            `<faultstring xml:lang="en-US">${TEXT}</faultstring></s:Fault></s:Body></s:Envelope>`,
        },
  bearer: (): FakeAnswer =>
    json(401, { fault: { code: 900901, message: 'Invalid Credentials', description: 'Access failure' } }),
};

const json = (status: number, content: object): FakeAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(content),
});

export function sentIn(sent: Sent): { token: string | undefined; bearer: string | undefined } {
  if (typeof sent === 'string') return { token: sent, bearer: undefined };
  const entries = sent instanceof Headers ? [...sent] : Object.entries(sent);
  const headerOf = (wanted: string) => {
    const [, value] = entries.find(([name]) => name.toLowerCase() === wanted) ?? [];
    return typeof value === 'string' ? value : value?.[0];
  };
  return {
    token: headerOf('vz-m2m-token'),
    bearer: /^Bearer (.+)$/.exec(headerOf('authorization') ?? '')?.[1],
  };
}
