import { JSON_DOCUMENTS } from '../../thingspace/rest/documents.ts';
import { basicOf } from '../../thingspace/rest/token-request.ts';
import { bytesOf, type Caller, type FunctionUrlEvent } from '../event.ts';
import { notSent } from '../refusal.ts';
import type { Call, HttpRequest, SessionOfCall, Wire } from '../wire.ts';
import { judgeAnswer } from './answers.ts';
import { errorWith } from './fault.ts';
import { namedOperation } from './named-operation.ts';
import { readRequest } from './request.ts';

/** REST: method and path are the operation, and the session's token and bearer are headers. */
export const REST_WIRE: Wire = { readCall, judgeAnswer, secretsOf, answerRefusal: errorWith };

const ADDRESS = /^\/([A-Za-z0-9][\w-]{0,47})(\/m2m\/.*)$/;

/** @throws Refusal `RequestRefused` */
function readCall(caller: Caller, event: FunctionUrlEvent, baseUrl: string): Call {
  const { method } = event.requestContext.http;
  const [, credential, path] = ADDRESS.exec(event.rawPath) ?? [];
  if (credential === undefined || path === undefined) {
    throw notSent(
      'this service calls ThingSpace over REST, and the address is not /<credential>/m2m/v1/… (or v2)',
    );
  }
  if (event.rawQueryString !== '')
    throw notSent('its address has a query, which this function does not send on');
  const { operation, service, reads } = namedOperation(method, path);
  if (path.startsWith('/m2m/v2/') && !baseUrl.endsWith('/v1')) {
    throw notSent(
      'the address of ThingSpace in the configuration does not end with /v1, so that of version 2 is not known',
    );
  }
  return {
    ...caller,
    ...{ credential, service, operation, reads },
    read() {
      const { subjects, own, wide, text } = readRequest({
        method,
        path,
        headers: event.headers,
        body: bytesOf(event),
      });
      return {
        content: { subjects, own, kind: '' },
        wide,
        requestFor: ({ headers }) => requestFor(method as HttpRequest['method'], path, headers, text),
      };
    },
  };
}

/**
 * The configured address is that of version 1; the other one stands beside it. Beside another address may be a server
 * that must not get the session.
 */
const belowBase = (path: string): string =>
  path.replace(/^\/m2m\/(?:v1|(v\d))/, (_, other) => (other === undefined ? '' : `/../${other}`));

function requestFor(
  method: HttpRequest['method'],
  path: string,
  session: SessionOfCall['headers'],
  body: string,
): HttpRequest {
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  return {
    method,
    path: belowBase(path),
    headers: { ...session, accept: 'application/json', ...type },
    body,
    documents: JSON_DOCUMENTS,
  };
}

/** An answer may repeat the key of the application (docs/thingspace-api.md, "REST"), and a careless one anything. */
function secretsOf({ token, headers, key }: SessionOfCall): string[] {
  const { apiKey = '', apiSecret = '' } = key;
  const bearer = headers.Authorization?.replace(/^Bearer /, '') ?? '';
  const basic = apiKey === '' || apiSecret === '' ? '' : basicOf({ apiKey, apiSecret });
  return [token, bearer, apiKey, apiSecret, basic].filter((one) => one !== '');
}
