import type { RawAnswer } from '../thingspace/api.ts';

/** ThingSpace's answer, which is passed on unchanged. */
export type Answer = Pick<RawAnswer, 'httpStatus' | 'body' | 'contentType'>;

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
