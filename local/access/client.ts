import { SignatureV4 } from '@smithy/signature-v4';
import type { SessionDocument } from '../../lambda/session/session-document.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { type Principal, Sha256 } from './signature.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const V2 = 'http://nphase.com/unifiedwebservice/v2';
const CONTRACTS = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

export type SoapCall = { service: string; operation: string; input: string };
/** A request over REST; `path` begins with `/m2m`. */
export type RestCall = { method: string; path: string; body?: object };
export type Call = SoapCall | RestCall;
export type Reply = {
  status: number;
  text: string;
  /** The code of a refusal, with `ThingSpaceAccess.` before it, or ThingSpace's own. */
  code: string | undefined;
  rule: string | undefined;
};

export const deviceList: SoapCall = {
  service: 'DeviceService',
  operation: 'GetDeviceList',
  input: '',
};

export const changeOf = (iccid: string, value: string): SoapCall => ({
  service: 'CarrierService',
  operation: 'ChangeDeviceCustomFields',
  input:
    `<c:CustomFieldsToUpdate><c:CustomField><c:Name>CustomField1</c:Name><c:Value>${value}</c:Value></c:CustomField></c:CustomFieldsToUpdate>` +
    '<c:DeviceList><m:DeviceIdentifierCollection><m:DeviceIdentifiers><m:DeviceIdentifier>' +
    `<m:Identifier>${iccid}</m:Identifier><m:Kind>ICCID</m:Kind>` +
    '</m:DeviceIdentifier></m:DeviceIdentifiers></m:DeviceIdentifierCollection></c:DeviceList>',
});

/** The same requests over both APIs, for what plays on either. */
export const CALLS = {
  soap: {
    list: deviceList,
    listed: 'GetDeviceList',
    change: changeOf,
    changed: 'ChangeDeviceCustomFields',
    newPassword: { service: 'AccountService', operation: 'GetNewPassword', input: '' },
  },
  rest: {
    list: { method: 'POST', path: '/m2m/v1/devices/actions/list', body: {} },
    listed: 'POST /m2m/v1/devices/actions/list',
    change: (id: string, value: string) => ({
      method: 'PUT',
      path: '/m2m/v1/devices/actions/customFields',
      body: {
        customFieldsToUpdate: [{ key: 'CustomField1', value }],
        devices: [{ deviceIds: [{ kind: 'ICCID', id }] }],
      },
    }),
    changed: 'PUT /m2m/v1/devices/actions/customFields',
    newPassword: {
      method: 'PUT',
      path: '/m2m/v1/session/password/actions/reset',
      body: { oldPassword: 'a' },
    },
  },
} satisfies Record<Transport, object>;
export type Calls = (typeof CALLS)[Transport];

type CallOptions = { user?: string; token?: string; credential?: string; region?: string };

/** A caller's request to the access function, signed as AWS wants it. */
export async function callAccess(
  url: string,
  principal: Principal,
  call: Call,
  options: CallOptions = {},
): Promise<Reply> {
  const { user, token, credential = 'fleet', region } = options;
  const { path, method, headers, body } = 'path' in call ? restRequest(call) : soapRequest(call);
  const onBehalf = {
    ...(user === undefined ? {} : { 'x-on-behalf-of': user }),
    ...(token === undefined ? {} : { 'x-on-behalf-of-token': token }),
  };
  const request = { method, headers: { ...headers, ...onBehalf }, ...(body === undefined ? {} : { body }) };
  const response = await signedFetch(`${url}/${credential}${path}`, principal, request, region);
  const { status } = response;
  const text = await response.text();
  if (response.headers.get('content-type')?.includes('json')) {
    const { errorCode: code, rule } = JSON.parse(text) as { errorCode?: string; rule?: string };
    return { status, text, code, rule };
  }
  const inside = (name: string) => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(text)?.[1];
  return { status, text, code: inside('faultcode')?.replace(/^a:/, ''), rule: inside('rule') };
}

const restRequest = ({ method, path, body }: RestCall) => ({
  ...{ method, path },
  headers: { 'content-type': 'application/json' } as Record<string, string>,
  body: body === undefined ? undefined : JSON.stringify(body),
});

/** In the input, `c` is the namespace of the service's members, and `m` that of the common ones. */
export function soapRequest({ service, operation, input }: SoapCall, token?: string) {
  const header = token === undefined ? '' : `<s:Header><token xmlns="${V2}">${token}</token></s:Header>`;
  const body =
    `<s:Envelope xmlns:s="${SOAP}">${header}<s:Body><${operation} xmlns="${V2}"><Input xmlns:c="${CONTRACTS}.${service}" ` +
    `xmlns:m="${CONTRACTS}.Common">${input}</Input></${operation}></s:Body></s:Envelope>`;
  const headers: Record<string, string> = {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: `"${V2}/I${service}/${operation}"`,
  };
  return { method: 'POST', path: `/${service}.svc`, headers, body };
}

export type SessionReply = {
  status: number;
  document: Partial<SessionDocument>;
  error: { code: string; message: string } | undefined;
  retryAfter: string | undefined;
};

/** Asks for the session of a credential or, with a body, says that one is gone. */
export async function callSession(
  url: string,
  principal: Principal,
  {
    gone,
    credential = 'fleet',
  }: { gone?: { generation: number; refused?: 'bearer' }; credential?: string } = {},
): Promise<SessionReply> {
  const address = `${url}/${credential}/session`;
  const response = await (gone === undefined
    ? signedFetch(address, principal, { method: 'GET', headers: {} })
    : signedFetch(`${address}/gone`, principal, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(gone),
      }));
  const text = await response.text();
  const { error, ...document } = text === '' ? {} : JSON.parse(text);
  return {
    status: response.status,
    document,
    error,
    retryAfter: response.headers.get('retry-after') ?? undefined,
  };
}

/** A request as AWS wants it signed. */
async function signedFetch(
  address: string,
  principal: Principal,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
  region = 'us-east-1',
): Promise<Response> {
  const target = new URL(address);
  const signer = new SignatureV4({ service: 'lambda', region, credentials: principal, sha256: Sha256 });
  const signed = await signer.sign({
    method,
    protocol: target.protocol,
    hostname: target.hostname,
    port: Number(target.port),
    path: target.pathname,
    query: {},
    headers: { host: target.host, ...headers },
    body,
  });
  return fetch(target, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
}
