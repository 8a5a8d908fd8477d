import { type SoapCall, soapRequest } from '../access/client.ts';

type Headers = Readonly<Record<string, string>>;

/** Any call with a session; the text of the answer. @param headers further ones */
export const getDeviceInformation = (
  baseUrl: string,
  token: string,
  headers: Headers = {},
): Promise<string> =>
  soap(
    baseUrl,
    {
      service: 'DeviceService',
      operation: 'GetDeviceInformation',
      input: '<c:Device>89148000000000000000</c:Device>',
    },
    token,
    headers,
  );

export async function soap(
  baseUrl: string,
  call: SoapCall,
  token?: string,
  more: Headers = {},
): Promise<string> {
  const { path, method, headers, body } = soapRequest(call, token);
  const response = await fetch(`${baseUrl}${path}`, { method, headers: { ...more, ...headers }, body });
  return response.text();
}
