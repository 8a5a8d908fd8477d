const V2 = 'http://nphase.com/unifiedwebservice/v2';
const DEVICE =
  'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.DeviceService';

/** Any call with a session; the text of the answer. @param headers further ones */
export function getDeviceInformation(
  baseUrl: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  return soap(
    baseUrl,
    'DeviceService',
    'GetDeviceInformation',
    `<h:token xmlns:h="${V2}">${token}</h:token>`,
    `<d:Device xmlns:d="${DEVICE}">89148000000000000000</d:Device>`,
    headers,
  );
}

export async function soap(
  baseUrl: string,
  service: string,
  operation: string,
  header: string,
  members: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(`${baseUrl}/${service}.svc`, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${V2}/I${service}/${operation}"`,
    },
    body:
      `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>${header}</s:Header><s:Body>` +
      `<v:${operation} xmlns:v="${V2}"><v:Input>${members}</v:Input></v:${operation}></s:Body></s:Envelope>`,
  });
  return response.text();
}
