import type { AuditRecord } from '../../lambda/access/audit.ts';
import { serve } from '../../lambda/access/serve.ts';
import type { HttpRequest } from '../../lambda/access/wire.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { answered, answeredJson, createAccessWorld, requestOf, responseTo } from '../access/access-world.ts';
import { V2 } from '../access/arbitrary-envelope.ts';
import type { Mutated } from './soap-requests.ts';

/** The access function's word about a request that it sent on, and the text that ThingSpace gets. */
export type Recorded = {
  service: string;
  operation: string;
  /** A change that is recorded as one of the devices that it names, and of no other. */
  isNarrow: boolean;
  kind: string;
  /** Each as `ICCID 8914…`. */
  devices: string[];
  /** Accounts and groups, each behind the name of its element; of a filter, that name alone. */
  groups: string[];
  /** Those of them that stand in the address. */
  inPath: string[];
  /** The session token that the function put into the request. */
  token: string;
  sent: string;
};
/** Either a request was sent and recorded, or the fault's text says why it was not. */
export type Decision = { recorded: Recorded } | { refused: string };

type Handled = { record: AuditRecord; request: HttpRequest } | { refused: string };

/** Starts an access function in memory: its real main line, for a caller that may do everything. */
export async function startFunction(transport: Transport): Promise<(event: object) => Promise<Handled>> {
  const world = await createAccessWorld({ transport, requestsPerMinute: Number.MAX_SAFE_INTEGER });
  const { services } = world.start();
  let sent: HttpRequest[] = [];
  const watched = {
    ...services,
    send: async (request: HttpRequest) => {
      sent.push(request);
      const { soapaction } = request.headers;
      return soapaction === undefined
        ? answeredJson(200, { requestId: '7d' })
        : answered(200, responseTo(soapaction.split(/[/"]/).at(-2) ?? ''));
    },
  };
  return async (event) => {
    world.items.clear();
    world.logged.length = 0;
    sent = [];
    const { body } = await serve(watched, event, 90_000);
    const [request, ...again] = sent;
    if (request === undefined) return { refused: body };
    const [record, ...others] = world.records() as unknown as AuditRecord[];
    if (!record || others.length + again.length > 0) throw new Error('A request has not one record.');
    return { record, request };
  };
}

/** Starts a function that decides about requests over SOAP. */
export async function startRecorder(): Promise<(request: Mutated) => Promise<Decision>> {
  const handle = await startFunction('soap');
  const first = await handle(requestOf());
  const token = 'request' in first ? tokenIn(first.request.body) : undefined;
  if (token === undefined) throw new Error('A plain request was not sent with a token.');
  return async ({ service, operation, body }) => {
    const handled = await handle({ ...requestOf({ service, operation }), body: body.toString('base64') });
    if ('refused' in handled) return handled;
    const { record, request } = handled;
    return { recorded: { ...wordOf(record), inPath: [], token, sent: request.body } };
  };
}

const tokenIn = (sent: string) => new RegExp(`<token xmlns="${V2}">([^<]+)</token>`).exec(sent)?.[1];

const wordOf = ({ service, operation, kind = '', devices, groups, wide }: AuditRecord) => ({
  ...{ service, operation, kind },
  isNarrow: wide !== true && !operation.startsWith('Get'),
  devices: devices.map((device) => `${device.kind} ${device.identifier}`),
  groups: groups.map((group) => (/^\w*Filter /.test(group) ? (group.split(' ')[0] ?? '') : group)),
});
