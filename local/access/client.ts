import { SignatureV4 } from '@smithy/signature-v4';
import { type Principal, Sha256 } from './signature.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const V2 = 'http://nphase.com/unifiedwebservice/v2';
const CONTRACTS = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

export type SoapCall = { service: string; operation: string; input: string };
export type SoapReply = {
  status: number;
  text: string;
  faultcode: string | undefined;
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

/** A caller's SOAP request to the access function, signed as AWS wants it. */
export async function callAccess(
  url: string,
  principal: Principal,
  { service, operation, input }: SoapCall,
  options: { user?: string; credential?: string; region?: string } = {},
): Promise<SoapReply> {
  const { user, credential = 'fleet', region = 'us-east-1' } = options;
  const target = new URL(`${url}/${credential}/${service}.svc`);
  const body =
    `<s:Envelope xmlns:s="${SOAP}"><s:Body><${operation} xmlns="${V2}"><Input xmlns:c="${CONTRACTS}.${service}" ` +
    `xmlns:m="${CONTRACTS}.Common">${input}</Input></${operation}></s:Body></s:Envelope>`;
  const signer = new SignatureV4({ service: 'lambda', region, credentials: principal, sha256: Sha256 });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: target.protocol,
    hostname: target.hostname,
    port: Number(target.port),
    path: target.pathname,
    query: {},
    headers: {
      host: target.host,
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${V2}/I${service}/${operation}"`,
      ...(user === undefined ? {} : { 'x-on-behalf-of': user }),
    },
    body,
  });
  const response = await fetch(target, { method: 'POST', headers, body });
  const text = await response.text();
  const inside = (name: string) => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(text)?.[1];
  return { status: response.status, text, faultcode: inside('faultcode'), rule: inside('rule') };
}
