import { admissionOver, type Count } from '../../lambda/access/admission.ts';
import type { HttpAnswer } from '../../lambda/access/answer.ts';
import { type AuditTable, auditOver, type Item, type ItemKey } from '../../lambda/access/audit.ts';
import { GET_SESSION } from '../../lambda/access/by-name.ts';
import type { Send } from '../../lambda/access/forward.ts';
import type { Policy } from '../../lambda/access/policy.ts';
import { REST_WIRE } from '../../lambda/access/rest/wire.ts';
import { type Services, serve } from '../../lambda/access/serve.ts';
import { SOAP_WIRE } from '../../lambda/access/soap/wire.ts';
import type { HttpRequest } from '../../lambda/access/wire.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { LOG_IN_PAIR_MS } from '../../lambda/session/create-session.ts';
import type { SessionDocument } from '../../lambda/session/session-document.ts';
import type { RawAnswer, Transport } from '../../lambda/thingspace/api.ts';
import { readXml } from '../../local/thingspace/soap/xml.ts';
import { createFleetWorld } from '../session/fleet-world.ts';
import { APPLICATION } from '../session/rest-client.ts';
import { fault } from '../thingspace/envelopes.ts';
import { KilledError, NetworkError, type Process, type Wire } from '../world/fate.ts';
import { FIRST_PASSWORD, USERNAME } from '../world/world.ts';
import { V2 } from './arbitrary-envelope.ts';

export const ACCOUNT = '111122223333';
export const OPS = `arn:aws:sts::${ACCOUNT}:assumed-role/operations/ann`;
export const VIEWER = `arn:aws:iam::${ACCOUNT}:user/people/vic`;
export const PORTAL = `arn:aws:sts::${ACCOUNT}:assumed-role/portal/i-0a1b2c3d`;
export const SHOP = `arn:aws:sts::${ACCOUNT}:assumed-role/shop/i-0a1b2c3d`;
export const DEVICE = '89148000000800139708';

export const POLICY: Policy = {
  rules: [
    {
      name: 'operations',
      principals: [`arn:aws:iam::${ACCOUNT}:role/teams/operations`],
      credentials: ['fleet'],
      operations: ['*'],
    },
    {
      name: 'viewers',
      principals: [`arn:aws:iam::${ACCOUNT}:user/people/*`],
      credentials: ['*'],
      operations: ['Get*'],
    },
    {
      name: 'portal-users',
      principals: [`arn:aws:iam::${ACCOUNT}:role/portal`],
      credentials: ['fleet'],
      operations: ['ChangeDevice*'],
      users: ['alice@example.com'],
    },
    {
      name: 'shops',
      principals: [`arn:aws:iam::${ACCOUNT}:role/shop`],
      credentials: ['fleet', 'gone'],
      operations: [GET_SESSION],
    },
  ],
  speakers: [`arn:aws:iam::${ACCOUNT}:role/portal`],
};

/** The changes that the platform executed. */
type Executed = { operation: string; source: string };
export type AccessWorld = Awaited<ReturnType<typeof createAccessWorld>>;

/** The access function in memory: the real session, ledger and main line, on the fleet's world. */
export async function createAccessWorld(
  options: {
    policy?: Policy;
    requestsPerMinute?: number;
    platform?: NonNullable<Parameters<typeof createFleetWorld>[0]>['platform'];
    rotations?: number;
    transport?: Transport;
    baseUrl?: string;
  } = {},
) {
  const { policy = POLICY, requestsPerMinute = 1_000, transport = 'soap', baseUrl = BASE_URL } = options;
  const fleet = await createFleetWorld({
    transport,
    ...(options.platform ? { platform: options.platform } : {}),
    rotations: options.rotations ?? 0,
  });
  if (transport === 'rest') {
    const { apiKey, apiSecret } = APPLICATION;
    fleet.world.aws.store(
      JSON.stringify({ username: USERNAME, password: FIRST_PASSWORD, apiKey, apiSecret }),
    );
  }
  const items = new Map<string, Record<string, unknown>>();
  const executed: Executed[] = [];
  /** Every token that ThingSpace was shown. */
  const tokens = new Set<string>();
  const link: { spoil?: ((answer: RawAnswer) => Awaited<ReturnType<Send>>) | undefined; fault?: string } = {};
  const counted: string[] = [];
  const logged: string[] = [];

  const send =
    (wire: Wire, process: Process): Send =>
    async (request) => {
      try {
        const answer = await wire.remote(process, `Send ${operationIn(request)}`, () =>
          transport === 'rest' ? executeRest(request) : execute(request.body),
        );
        return link.spoil?.(answer) ?? answer;
      } catch (failure) {
        if (!(failure instanceof NetworkError)) throw failure;
        const sent = !failure.message.includes('did not arrive');
        return { outcome: sent ? 'unknown' : 'never-sent', cause: failure };
      }
    };

  function execute(source: string): RawAnswer {
    const root = readXml(source);
    const [header, body] = root.children;
    const token =
      header?.children.find(({ name, namespace }) => name === 'token' && namespace === V2)?.text ?? '';
    tokens.add(token);
    const used = fleet.platform.use(token);
    const operation = body?.children[0]?.name ?? '';
    if (!used.ok) return answered(500, fault(`UnifiedWebService.${used.code}`));
    if (link.fault) return answered(500, fault(link.fault));
    executed.push({ operation, source });
    return answered(200, responseTo(operation));
  }

  function executeRest({ method, path, headers, body }: HttpRequest): RawAnswer {
    const { Authorization = '', 'VZ-M2M-Token': token = '' } = headers;
    tokens.add(token);
    const standing = fleet.rest.bearers.standing(Authorization.replace('Bearer ', ''));
    if (standing.state !== 'valid') return answeredJson(401, { fault: { code: '900901', message: 'No.' } });
    const { apiKey } = standing.application;
    const used = fleet.platform.through({ transport: 'rest', apiKey }).use(token);
    const fault = used.ok ? link.fault : used.code;
    if (fault) return answeredJson(400, { errorCode: `UnifiedWebService.${fault}`, errorMessage: 'No.' });
    executed.push({ operation: `${method} ${path}`, source: body });
    return answeredJson(200, { requestId: '7d' });
  }

  function start(wire: Wire = fleet.wire) {
    const { session, process, events } = fleet.client({
      actor: 'access function',
      transport,
      pairMs: LOG_IN_PAIR_MS,
    });
    const services: Services = {
      policy,
      thingSpace: { transport, baseUrl },
      wire: transport === 'rest' ? REST_WIRE : SOAP_WIRE,
      sessionOf: (credential) => (credential === 'fleet' ? session : undefined),
      send: send(wire, process),
      audit: auditOver(memoryAudit(items, wire, process), { retentionDays: 400 }, fleet.clock.nowMs),
      admit: admissionOver(memoryCount(items, wire, process), requestsPerMinute, fleet.clock.nowMs),
      clock: fleet.clock,
      nowMs: fleet.clock.nowMs,
      count: (name) => void counted.push(name),
      log: (message, facts) => void logged.push(`${message} ${JSON.stringify(facts)}`),
    };
    return {
      process,
      events,
      services,
      /** `killed` when the process died meanwhile. */
      async call(event: unknown, remainingMs = 90_000): Promise<HttpAnswer | 'killed'> {
        const answer = serve(services, event, remainingMs).catch((failure: Error) => {
          if (failure instanceof KilledError || process.dead) return 'killed' as const;
          throw failure;
        });
        return Promise.race([answer, process.died]);
      },
    };
  }

  return {
    ...fleet,
    start,
    items,
    executed,
    tokens,
    link,
    counted,
    logged,
    /** The records, oldest first. */
    records: () =>
      [...items.values()]
        .filter(({ subject }) => String(subject).startsWith('by#'))
        .sort((a, b) => Number(a.at) - Number(b.at) || order(a) - order(b)),
    /** Pointers under a subject. */
    pointers: (subject: string) => [...items.values()].filter((item) => item.subject === subject),
  };
}

export const answered = (httpStatus: number, body: string): RawAnswer => ({
  outcome: 'answered',
  httpStatus,
  body: Buffer.from(body),
  contentType: 'text/xml; charset=utf-8',
  complete: true,
});

export const answeredJson = (httpStatus: number, body: unknown): RawAnswer => ({
  ...answered(httpStatus, typeof body === 'string' ? body : JSON.stringify(body)),
  contentType: 'application/json',
});

export const responseTo = (operation: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">\r\n<s:Body><${operation}Response xmlns="${V2}"><Output>\u00e9</Output></${operation}Response></s:Body></s:Envelope>`;

export const BASE_URL = 'https://thingspace.example/api/m2m/v1';

/** Requests of one millisecond are in the order in which they were made. */
const order = ({ requestId }: Record<string, unknown>) => Number(String(requestId).split('-').at(-1));

const keyText = ({ subject, item }: ItemKey) => `${subject} ${item}`;

const memoryCount =
  (items: Map<string, Record<string, unknown>>, wire: Wire, process: Process): Count =>
  (key, by, limit, expiresAt) =>
    wire.remote(process, 'UpdateItem (count)', () => {
      const requests = Number(items.get(keyText(key))?.requests ?? 0);
      if (requests + by > limit) return false;
      items.set(keyText(key), { ...key, requests: requests + by, expiresAt });
      return true;
    });

function memoryAudit(items: Map<string, Record<string, unknown>>, wire: Wire, process: Process): AuditTable {
  const refused = (operation: string) => {
    throw new AwsCallError(operation, { name: 'ConditionalCheckFailedException' });
  };
  return {
    put: (item) =>
      wire.remote(process, `PutItem (${nameOf(item)})`, () => void items.set(keyText(item), item)),
    create: (item: Item) =>
      wire.remote(process, 'PutItem (record)', () => {
        const present = items.get(keyText(item));
        if (present && present.attempt !== item.attempt) refused('dynamodb:PutItem');
        items.set(keyText(item), structuredClone(item));
      }),
    complete: (key, attempt, outcome) =>
      wire.remote(process, 'UpdateItem (outcome)', () => {
        const present = items.get(keyText(key));
        const open = [undefined, 'sent', outcome.outcome];
        if (present?.attempt !== attempt || !open.includes(present.outcome as string | undefined)) {
          refused('dynamodb:UpdateItem');
        }
        items.set(keyText(key), { ...present, ...outcome });
      }),
  };
}

/** The kinds of items that lead to a record, by the beginnings of their keys. */
const LEADS: Record<string, string> = { callers: 'caller of the day', device: 'device', wide: 'wide' };
const nameOf = ({ subject }: ItemKey) => LEADS[subject.split('#')[0] ?? ''] ?? subject;

/** The name of an operation of SOAP, or method and path. */
const operationIn = ({ headers, method, path }: HttpRequest) =>
  headers.soapaction?.replaceAll('"', '').split('/').at(-1) ?? `${method} ${path}`;

let requests = 0;

type RequestOptions = {
  caller?: string | undefined;
  credential?: string;
  service?: string;
  operation?: string;
  body?: string;
  envelope?: string;
  headers?: Record<string, string>;
  path?: string;
  query?: string;
  method?: string;
};

/** A request as a Function URL hands it over. */
export function requestOf(options: RequestOptions = {}) {
  const {
    caller = OPS,
    credential = 'fleet',
    service = 'DeviceService',
    operation = 'GetDeviceList',
  } = options;
  const { path = `/${credential}/${service}.svc`, body = `<v:${operation}/>` } = options;
  const envelope = options.envelope ?? envelopeOf(body);
  requests += 1;
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: options.query ?? '',
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${V2}/I${service}/${operation}"`,
      ...options.headers,
    },
    requestContext: {
      requestId: `request-${requests}`,
      authorizer: { iam: { userArn: caller, accountId: ACCOUNT, userId: 'AROAEXAMPLE:ann' } },
      http: { method: options.method ?? 'POST' },
    },
    body: Buffer.from(envelope).toString('base64'),
    isBase64Encoded: true,
  };
}

export const envelopeOf = (body: string, header = '') =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:v="${V2}">${header}<s:Body>${body}</s:Body></s:Envelope>`;

/** The namespace of the requests of CarrierService. */
export const CARRIER =
  'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.CarrierService';

export const changeOf = (...devices: string[]) => ({
  service: 'CarrierService',
  operation: 'ChangeDeviceCustomFields',
  body: `<v:ChangeDeviceCustomFields><v:Input xmlns:c="${CARRIER}"><c:DeviceList><c:DeviceIdentifierCollection><c:DeviceIdentifiers>${devices
    .map(
      (device) =>
        `<c:DeviceIdentifier><c:Identifier>${device}</c:Identifier><c:Kind>ICCID</c:Kind></c:DeviceIdentifier>`,
    )
    .join(
      '',
    )}</c:DeviceIdentifiers></c:DeviceIdentifierCollection></c:DeviceList></v:Input></v:ChangeDeviceCustomFields>`,
});

/** A request over REST as a Function URL hands it over. */
export function restRequestOf(
  path: string,
  options: Omit<RequestOptions, 'body' | 'path'> & { body?: unknown } = {},
) {
  const { credential = 'fleet', body, headers = {}, ...others } = options;
  const { isBase64Encoded: _encoded, ...event } = requestOf({ ...others, path: `/${credential}${path}` });
  if (body === undefined) return { ...event, headers, body: '' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { ...event, headers: { 'content-type': 'application/json', ...headers }, body: text };
}

/** The parts of an answer that a client of REST sees. */
export function seenJson(answer: HttpAnswer | 'killed') {
  const { status, body, headers } = read(answer);
  const { errorCode, errorMessage, rule } = (body ?? {}) as {
    errorCode?: string;
    errorMessage?: string;
    rule?: string;
  };
  return {
    status,
    headers,
    body,
    code: errorCode?.replace('ThingSpaceAccess.', ''),
    message: errorMessage,
    rule,
  };
}

/** The parts of an answer that a SOAP client sees. */
export function seen(answer: HttpAnswer | 'killed') {
  if (answer === 'killed') return { text: 'killed' };
  const text = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8').toString();
  const inside = (name: string) => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(text)?.[1];
  return {
    status: answer.statusCode,
    text,
    code: inside('faultcode')?.replace(/^.*?ThingSpaceAccess\./, ''),
    message: inside('faultstring'),
    rule: inside('rule'),
  };
}

/** A request for the session, or that says that a generation is gone. */
export const sessionRequest = (options: RequestOptions & { gone?: object | string } = {}) => {
  const { gone, ...others } = options;
  const {
    body: _body,
    isBase64Encoded: _encoded,
    headers: _headers,
    ...event
  } = requestOf({
    caller: SHOP,
    method: gone === undefined ? 'GET' : 'POST',
    path: `/${options.credential ?? 'fleet'}/session${gone === undefined ? '' : '/gone'}`,
    ...others,
  });
  const headers = { accept: '*/*', ...options.headers };
  if (gone === undefined) return { ...event, headers };
  const text = typeof gone === 'string' ? gone : JSON.stringify(gone);
  return { ...event, headers, body: Buffer.from(text).toString('base64'), isBase64Encoded: true };
};

/** The parts of an answer in JSON. */
export function read(answer: HttpAnswer | 'killed') {
  if (answer === 'killed') return { status: 0, body: undefined, error: undefined, retryAfter: undefined };
  const { statusCode: status, headers } = answer;
  const text = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8').toString();
  const body =
    text === ''
      ? undefined
      : (JSON.parse(text) as SessionDocument & {
          error?: { code: string; message: string; retryAt?: string };
        });
  return { status, headers, body, error: body?.error, retryAfter: headers['retry-after'] };
}
