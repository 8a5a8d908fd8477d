import type { SeenRequest } from './call.ts';

/** AWS JSON protocols: `X-Amz-Target: secretsmanager.GetSecretValue`. */
export function awsJsonOperation({ headers, method, path }: SeenRequest): string {
  return single(headers['x-amz-target'])?.split('.').at(-1) ?? `${method} ${path}`;
}

/** AWS query protocol: `Action=Publish` in the form. */
export function awsQueryOperation({ body, method, path }: SeenRequest): string {
  return new URLSearchParams(body.toString()).get('Action') ?? `${method} ${path}`;
}

/** ThingSpace: the last part of the SOAPAction; method and path for REST and `?wsdl`. */
export function thingSpaceOperation({ headers, method, path }: SeenRequest): string {
  const action = single(headers.soapaction)?.replaceAll('"', '').split('/').at(-1);
  return action || `${method} ${path}`;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
