import type { HttpAnswer } from '../answer.ts';
import type { Refusal } from '../refusal.ts';
import { escapeXml } from './envelope.ts';

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
