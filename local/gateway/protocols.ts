import type { Canned } from '../faults.ts';
import { escapeXml } from '../thingspace/soap/xml.ts';

/** A whole request. Header names are in lower case. */
export type SeenRequest = {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

/** How a service is spoken to: what a request may be called, and which harmless facts it holds. */
export type Protocol = {
  operationOf(request: SeenRequest): string;
  /** Must never return a secret. */
  detailOf?(request: SeenRequest): Record<string, string>;
};

/** Members of AWS requests that may be shown: names, ids and labels, never a value. */
const HARMLESS =
  'SecretId VersionId VersionStage VersionStages ClientRequestToken MoveToVersionId RemoveFromVersionId KeyId TableName logGroupName'.split(
    ' ',
  );

/** `X-Amz-Target: secretsmanager.GetSecretValue`, and JSON. */
export const awsJson: Protocol = {
  operationOf: (request) => header(request, 'x-amz-target').split('.').at(-1) || methodAndPath(request),
  detailOf({ body }) {
    let input: Record<string, unknown>;
    try {
      input = JSON.parse(body.toString());
    } catch {
      return {};
    }
    const shown = HARMLESS.filter((name) => Object.hasOwn(input, name));
    return Object.fromEntries(shown.map((name) => [name, String(input[name])]));
  },
};

/** A form: `Action=Publish`. Its subject tells what kind of message it is. */
export const awsQuery: Protocol = {
  operationOf: (request) => formOf(request).get('Action') ?? methodAndPath(request),
  detailOf(request) {
    const shown = [...formOf(request)].filter(([name]) => name === 'TopicArn' || name === 'Subject');
    return Object.fromEntries(shown);
  },
};

/** The calls of the REST API have the names of their twins in SOAP, so that one story can be told of both. */
const REST_OPERATIONS: Record<string, string> = {
  'POST /api/ts/v1/oauth2/token': 'GetBearer',
  'POST /api/m2m/v1/session/login': 'LogIn',
  'PUT /api/m2m/v1/session/password/actions/reset': 'GetNewPassword',
  'POST /api/m2m/v1/session/logout': 'LogOut',
};

/** The last part of the SOAPAction, or the name of the REST call; method and path for others and `?wsdl`. */
export const thingSpace: Protocol = {
  operationOf: (request) =>
    header(request, 'soapaction').replaceAll('"', '').split('/').at(-1) ||
    (REST_OPERATIONS[methodAndPath(request)] ?? methodAndPath(request)),
};

const formOf = ({ body }: SeenRequest) => new URLSearchParams(body.toString());
const methodAndPath = ({ method, path }: SeenRequest) => `${method} ${path}`;
const header = ({ headers }: SeenRequest, name: string) => [headers[name]].flat()[0] ?? '';

/**
 * The exception's name or the fault's code in an error answer, in whichever protocol it is written:
 * AWS JSON (`__type`), AWS query (`<Code>`), SOAP (`<faultcode>`), ThingSpace REST (`errorCode`, and the `code` or
 * `error` of what stands before it). Undefined for a success and for an answer that names none. Quotes nothing else of the body.
 */
export function errorNameOf(status: number, body: string): string | undefined {
  if (status < 400) return undefined;
  const named =
    /"__type"\s*:\s*"(?:[^"#]*#)?([\w.:]+)"/.exec(body) ??
    /<Code>([\w.]+)<\/Code>/.exec(body) ??
    /<faultcode[^>]*>([\w.:]+)<\/faultcode>/.exec(body) ??
    /<am[st]?:code>(\d+)<\/am/.exec(body);
  return named?.[1] ?? restErrorOf(body);
}

/** JSON may write any character of a code as an escape. */
function restErrorOf(body: string): string | undefined {
  let read: { errorCode?: unknown; fault?: { code?: unknown }; code?: unknown; error?: unknown } | null;
  try {
    read = JSON.parse(body);
  } catch {
    return undefined;
  }
  const code = read?.errorCode ?? read?.fault?.code ?? read?.code ?? read?.error;
  return code !== undefined && /^[\w.]{1,128}$/.test(String(code)) ? String(code) : undefined;
}

/**
 * An error answer as the service's own protocol writes it, for a fate such as
 * `{ fault: 'failed-before', ...awsError('kms', 'KMSInternalException', 'It failed') }`.
 * @param service a front's name: `secretsmanager`, `kms`, `sns`, `dynamodb`, `logs`.
 * @param name the exception as the SDK calls it, e.g. `AccessDeniedException`.
 */
export function awsError(service: string, name: string, message: string, status = 400): Canned {
  if (service === 'sns') return queryError(name, message, status);
  const dynamodb = service === 'dynamodb';
  return {
    status,
    headers: { 'content-type': `application/x-amz-json-1.${dynamodb ? 0 : 1}` },
    // DynamoDB writes the shape's namespace before the name, the others the bare name.
    body: JSON.stringify({ __type: dynamodb ? `com.amazonaws.dynamodb.v20120810#${name}` : name, message }),
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
