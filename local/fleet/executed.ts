import type { Call } from '../gateway/gateway.ts';
import { type Protocol, thingSpace } from '../gateway/protocols.ts';

/** The apps of this machine number their requests in this header: ThingSpace does not read it. */
const REQUEST_ID = 'x-request-id';

/** Returns the header of a request with this number, which it keeps when it is sent again. */
export const numbered = (requestId: string): Record<string, string> => ({ [REQUEST_ID]: requestId });

/** The front of a fleet's apps: a call shows the number that its app gave it. */
export const appsProtocol: Protocol = {
  ...thingSpace,
  detailOf({ headers }): Record<string, string> {
    const requestId = headers[REQUEST_ID];
    return typeof requestId === 'string' ? { requestId } : {};
  },
};

const WORK = /^(GetDeviceInformation|POST .*\/devices\/actions\/list)$/;

/** The requests of apps that ThingSpace executed, at a front. */
export type Executed = {
  requests: number;
  /** Executions beyond the first one of a request. */
  again: number;
  /** The requests without a number: those of the example in Python. */
  unnumbered: number;
};

/** Counts the executed requests of apps. A fault is not one: ThingSpace executed nothing. */
export function executedAt(front: string, calls: readonly Call[]): Executed {
  const done = calls.filter(
    ({ service, operation, httpStatus }) => service === front && WORK.test(operation) && httpStatus === 200,
  );
  const ids = done.flatMap(({ detail }) => detail?.requestId ?? []);
  const requests = new Set(ids).size;
  return { requests, again: ids.length - requests, unnumbered: done.length - ids.length };
}
