import type { AuditRecord } from '../../lambda/access/audit.ts';
import { serve } from '../../lambda/access/serve.ts';
import type { HttpRequest } from '../../lambda/access/wire.ts';
import { answered, createAccessWorld, OPS, requestOf, responseTo, seen } from '../access/access-world.ts';
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

const PLAIN: Mutated = {
  service: 'DeviceService',
  operation: 'GetDeviceList',
  body: Buffer.from(requestOf().body, 'base64'),
  mutations: [],
};

/** Starts an access function in memory: its real main line, for a caller that may do everything. */
export async function startRecorder(): Promise<(request: Mutated) => Promise<Decision>> {
  const world = await createAccessWorld({ requestsPerMinute: Number.MAX_SAFE_INTEGER });
  const { services } = world.start();
  let sent: string[] = [];
  const watched = {
    ...services,
    send: async ({ headers, body }: HttpRequest) => {
      sent.push(body);
      return answered(200, responseTo(headers.soapaction?.split(/[/"]/).at(-2) ?? ''));
    },
  };

  async function decide({ service, operation, body }: Mutated, token: string): Promise<Decision> {
    world.items.clear();
    world.logged.length = 0;
    sent = [];
    const event = { ...requestOf({ caller: OPS, service, operation }), body: body.toString('base64') };
    const answer = seen(await serve(watched, event, 90_000));
    const records = world.records() as (AuditRecord & { outcome?: string })[];
    const [envelope] = sent;
    if (envelope === undefined) return { refused: `${answer.code}: ${answer.message}` };
    const [record] = records;
    if (!record || records.length > 1 || sent.length > 1) throw new Error('A request has not one record.');
    return { recorded: { ...wordOf(record), inPath: [], token, sent: envelope } };
  }

  const first = await decide(PLAIN, '');
  const token = 'recorded' in first ? tokenIn(first.recorded.sent) : undefined;
  if (token === undefined) throw new Error('A plain request was not sent with a token.');
  return (request) => decide(request, token);
}

const tokenIn = (sent: string) => new RegExp(`<token xmlns="${V2}">([^<]+)</token>`).exec(sent)?.[1];

const wordOf = ({ service, operation, kind = '', devices, groups, wide }: AuditRecord) => ({
  ...{ service, operation, kind },
  isNarrow: wide !== true && !operation.startsWith('Get'),
  devices: devices.map((device) => `${device.kind} ${device.identifier}`),
  groups: groups.map((group) => (/^\w*Filter /.test(group) ? (group.split(' ')[0] ?? '') : group)),
});
