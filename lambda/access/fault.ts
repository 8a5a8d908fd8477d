import type { Answer } from './forward.ts';
import type { Refusal } from './refusal.ts';
import { escapeXml } from './soap/envelope.ts';

/** An answer as the function's URL needs it: payload format 2.0. */
export type HttpAnswer = {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
};

/** Returns ThingSpace's answer, byte for byte. */
export function answerWith({ httpStatus, body, contentType }: Answer, requestId: string): HttpAnswer {
  return {
    statusCode: statusFor(httpStatus),
    headers: {
      'x-request-id': requestId,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}

/** Returns ThingSpace's status, unless the caller could not get the body with it. */
function statusFor(httpStatus: number): number {
  // HTTP lets no body follow these: on its way to the caller it would be dropped.
  if ((httpStatus >= 100 && httpStatus < 200) || httpStatus === 204 || httpStatus === 304) return 200;
  // A number that is not a status came from a server that does not speak HTTP.
  return httpStatus >= 200 && httpStatus <= 599 ? httpStatus : 502;
}

/**
 * Returns a SOAP 1.1 fault, with HTTP 500 as in SOAP 1.1 and WCF. Its code has the form of ThingSpace's codes: the name
 * of the service, a dot, the error's name.
 */
export function faultWith({ code, message, rule }: Refusal, requestId: string | undefined): HttpAnswer {
  const detail = [
    ...(rule === undefined ? [] : [`<rule>${escapeXml(rule)}</rule>`]),
    ...(requestId === undefined ? [] : [`<requestId>${escapeXml(requestId)}</requestId>`]),
  ].join('');
  const envelope =
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>' +
    `<faultcode xmlns:a="urn:thingspace-access">a:ThingSpaceAccess.${code}</faultcode>` +
    `<faultstring xml:lang="en">${escapeXml(message)}</faultstring>` +
    `<detail><access xmlns="urn:thingspace-access">${detail}</access></detail>` +
    '</s:Fault></s:Body></s:Envelope>';
  return {
    statusCode: 500,
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...(code === 'Throttled' ? { 'retry-after': '60' } : {}),
    },
    body: Buffer.from(envelope).toString('base64'),
    isBase64Encoded: true,
  };
}
