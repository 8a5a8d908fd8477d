import type { Canned } from './call.ts';

/** Services with the query protocol; the others speak JSON. */
const queryServices = new Set(['sns']);

/**
 * An error answer as the service's own protocol writes it, for a fate such as
 * `{ kind: 'answer', ...awsError('kms', 'ThrottlingException', 'Rate exceeded') }`.
 * @param service a front's name: `secretsmanager`, `kms`, `sns`, `dynamodb`, `logs`.
 * @param name the exception as the SDK calls it, e.g. `AccessDeniedException`.
 */
export function awsError(service: string, name: string, message: string, status = 400): Canned {
  return queryServices.has(service)
    ? queryError(name, message, status)
    : jsonError(service, name, message, status);
}

function jsonError(service: string, name: string, message: string, status: number): Canned {
  const dynamodb = service === 'dynamodb';
  return {
    status,
    headers: { 'content-type': `application/x-amz-json-1.${dynamodb ? 0 : 1}` },
    body: JSON.stringify({
      // DynamoDB writes the shape's namespace before the name, the others the bare name.
      __type: dynamodb ? `com.amazonaws.dynamodb.v20120810#${name}` : name,
      message,
    }),
  };
}

/** SNS's codes are its exceptions' names without the ending: `NotFound`, `AuthorizationError`. */
function queryError(name: string, message: string, status: number): Canned {
  const code = name.replace(/Exception$/, '');
  const type = status < 500 ? 'Sender' : 'Receiver';
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body:
      '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">' +
      `<Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error>` +
      '<RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>',
  };
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
