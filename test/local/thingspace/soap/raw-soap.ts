import {
  startThingSpace,
  type ThingSpace,
  type ThingSpaceOptions,
} from '../../../../local/thingspace/start.ts';

/** Requests written by hand, so that a test can break any part of one. */
export const V2 = 'http://nphase.com/unifiedwebservice/v2';
const CONTRACT = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

export const USERNAME = 'Fleet';
export const PASSWORD = 'first-Password-1';

export type World = ThingSpace & { advance(ms: number): void };

export async function startWorld(options: Partial<ThingSpaceOptions> = {}): Promise<World> {
  let now = 1_700_000_000_000;
  const thingSpace = await startThingSpace({
    clock: { nowMs: () => now },
    users: [{ username: USERNAME, password: PASSWORD }],
    seed: 1,
    ...options,
  });
  return Object.assign(thingSpace, {
    advance: (ms: number) => {
      now += ms;
    },
  });
}

export function envelope(body: string, header = ''): string {
  return `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:v2="${V2}" xmlns:ses="${CONTRACT}.SessionService" xmlns:acc="${CONTRACT}.AccountService"><soapenv:Header>${header}</soapenv:Header><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}

export const token = (value: string): string => `<v2:token>${value}</v2:token>`;

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function logInEnvelope(password = PASSWORD, username = USERNAME): string {
  return envelope(
    `<v2:LogIn><v2:Input><ses:Username>${escaped(username)}</ses:Username><ses:Password>${escaped(password)}</ses:Password></v2:Input></v2:LogIn>`,
  );
}

export function logOutEnvelope(session: string, header = token(session)): string {
  return envelope(
    `<v2:LogOut><v2:Input><ses:SessionToken>${session}</ses:SessionToken></v2:Input></v2:LogOut>`,
    header,
  );
}

export function newPasswordEnvelope(header: string, current = PASSWORD, element = 'OldPassword'): string {
  return envelope(
    `<v2:GetNewPassword><v2:Input><acc:${element}>${escaped(current)}</acc:${element}></v2:Input></v2:GetNewPassword>`,
    header,
  );
}

const SERVICES = {
  LogIn: 'SessionService',
  LogOut: 'SessionService',
  GetNewPassword: 'AccountService',
} as const;
export type OperationName = keyof typeof SERVICES;

export async function send(
  world: ThingSpace,
  operation: OperationName,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const service = SERVICES[operation];
  const response = await fetch(`${world.url}/${service}.svc`, {
    method: 'POST',
    headers: {
      'Content-Type': 'text/xml; charset=utf-8',
      SOAPAction: `"${V2}/I${service}/${operation}"`,
      ...headers,
    },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The text of the one element at `path` inside Body, by local names. Plain patterns and not the simulator's
 * own reader, so that an error in how it writes cannot hide.
 */
export function read(text: string, ...path: string[]): string | undefined {
  let inside: string | undefined = text;
  for (const name of ['Envelope', 'Body', ...path])
    inside = new RegExp(`<((?:\\w+:)?${name})(?:\\s[^>]*)?>(.*)</\\1>`, 's').exec(inside ?? '')?.[2];
  return inside?.replace(
    /<!\[CDATA\[(.*?)\]\]>|&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gs,
    (_, cdata, hex, decimal, named) => {
      if (cdata !== undefined) return cdata;
      if (named !== undefined) return ENTITIES[named] ?? '?';
      return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
    },
  );
}

/** The fault's code without prefix and service name; undefined for an answer that is not a fault. */
export function faultCode(text: string): string | undefined {
  return read(text, 'Fault', 'faultcode')
    ?.replace(/^\w+:/, '')
    .replace(/^UnifiedWebService\./, '');
}

export async function logIn(world: ThingSpace, password = PASSWORD, username = USERNAME): Promise<string> {
  const { text } = await send(world, 'LogIn', logInEnvelope(password, username));
  return read(text, 'LogInResponse', 'Output', 'SessionToken') ?? `refused ${faultCode(text)}`;
}

export async function newPassword(world: ThingSpace, session: string, current?: string): Promise<string> {
  const { text } = await send(world, 'GetNewPassword', newPasswordEnvelope(token(session), current));
  return read(text, 'GetNewPasswordResponse', 'Output', 'NewPassword') ?? `refused ${faultCode(text)}`;
}
