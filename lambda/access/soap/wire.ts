import { charsetsIn, codingsIn } from '../../thingspace/answer-text.ts';
import { bytesOf, type Caller, type FunctionUrlEvent, textOf } from '../event.ts';
import { isWide } from '../reach.ts';
import { contradiction, notSent } from '../refusal.ts';
import { hasKinds } from '../state-change.ts';
import type { Call, ReadRequest, Wire } from '../wire.ts';
import { subjectsIn } from './devices.ts';
import { readEnvelope, withToken } from './envelope.ts';
import { faultWith } from './fault.ts';
import { judgeAnswer } from './judge.ts';
import { kindIn } from './kind.ts';
import { listsDevices, ownSelectors } from './own-selectors.ts';

const PATH = /^\/([A-Za-z0-9][\w-]{0,47})\/([A-Za-z]\w{0,63})\.svc$/;
const ACTION =
  /^("?)(http:\/\/nphase\.com\/unifiedwebservice\/v2\/I([A-Za-z]\w{0,63})\/([A-Za-z]\w{0,63}))\1$/;

/** SOAP 1.1: SOAPAction is the operation, and the session's token goes into the envelope. */
export const SOAP_WIRE: Wire = {
  readCall,
  judgeAnswer,
  secretsOf: ({ token }) => [token],
  answerRefusal: faultWith,
};

/** @throws Refusal `RequestRefused` */
function readCall(caller: Caller, event: FunctionUrlEvent): Call {
  const { rawPath, rawQueryString, headers } = event;
  if (event.requestContext.http.method !== 'POST') refuse('the method is not POST');
  const [, credential, service] = PATH.exec(rawPath) ?? [];
  if (!credential || !service || rawQueryString !== '') {
    refuse('the address is not /<credential>/<Service>.svc, without a query');
  }
  const contentType = headers['content-type'] ?? '';
  const isUtf8 = charsetsIn(contentType).every((charset) => /^utf-?8$/.test(charset));
  if (!/^text\/xml\s*(?:;|$)/i.test(contentType) || !isUtf8) {
    refuse('its Content-Type is not text/xml in UTF-8, as SOAP 1.1 has it');
  }
  if (codingsIn(headers['content-encoding']).length > 0) refuse('it is compressed');
  const [, , action, contract, operation] = ACTION.exec(headers.soapaction ?? '') ?? [];
  if (!action || !operation) {
    refuse('its SOAPAction is not http://nphase.com/unifiedwebservice/v2/I<Service>/<Operation>');
  }
  if (contract !== service) refuse('its SOAPAction is of another service than its address');
  return {
    ...caller,
    ...{ credential, service, operation },
    // Every operation of ThingSpace's documentation that only reads begins so.
    reads: operation.startsWith('Get'),
    read: () => readRequest({ service, operation, action }, bytesOf(event)),
  };
}

/** @throws Refusal */
function readRequest(
  { service, operation, action }: { service: string; operation: string; action: string },
  body: Buffer,
): ReadRequest {
  const envelope = readEnvelope(textOf(body), action);
  const { payload } = envelope;
  if (envelope.operation !== operation) {
    throw contradiction('its Body holds another operation than SOAPAction names');
  }
  const subjects = subjectsIn(payload);
  return {
    content: {
      kind: hasKinds(operation) ? kindIn(payload) : '',
      subjects,
      own: ownSelectors(payload, service),
    },
    wide: isWide(subjects) || !listsDevices(payload, { service, operation }),
    requestFor: ({ token }) => ({
      method: 'POST',
      path: `/${service}.svc`,
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${action}"` },
      body: withToken(envelope, token),
    }),
  };
}

function refuse(what: string): never {
  throw notSent(what);
}
