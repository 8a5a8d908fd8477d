import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Application } from '../../../../local/thingspace/rest/bearers.ts';
import type { RestOptions } from '../../../../local/thingspace/rest/service.ts';
import type { ThingSpaceOptions } from '../../../../local/thingspace/start.ts';
import { PASSWORD, type World as Started, startWorld as start, USERNAME } from '../soap/raw-soap.ts';

/** Requests written by hand, so that a test can break any part of one. */
export { PASSWORD, USERNAME };

export type World = Started & { application: Application };
export type Sent = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Buffer | undefined;
};
export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer; text: string };

export async function startWorld(
  rest: RestOptions = {},
  options: Partial<ThingSpaceOptions> = {},
): Promise<World> {
  const world = await start({ ...options, rest });
  const application = world.rest.applications[0];
  if (!application) throw new Error('there is no application');
  return Object.assign(world, { application });
}

/** Sends exactly these headers and, where there is a body, its length. */
export function send(world: World, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const outgoing = httpRequest(
      `${world.origin}${path}`,
      { method, headers: { ...length, ...headers }, agent: false },
      async (incoming) => {
        const parts: Buffer[] = [];
        for await (const part of incoming) parts.push(part as Buffer);
        const bytes = Buffer.concat(parts);
        const { statusCode: status = 0, headers: received } = incoming;
        resolve({ status, headers: received, body: bytes, text: bytes.toString() });
      },
    );
    outgoing.on('error', reject).end(body);
  });
}

export const basic = (key: string, secret: string): string =>
  `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;

export const tokenRequest = ({ apiKey, apiSecret }: Pick<Application, 'apiKey' | 'apiSecret'>): Sent => ({
  method: 'POST',
  path: '/api/ts/v1/oauth2/token',
  headers: {
    Authorization: basic(apiKey, apiSecret),
    'Content-Type': 'application/x-www-form-urlencoded',
    Accept: 'application/json',
  },
  body: 'grant_type=client_credentials',
});

const JSON_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };

export const logInRequest = (bearer: string, password = PASSWORD, username = USERNAME): Sent => ({
  method: 'POST',
  path: '/api/m2m/v1/session/login',
  headers: { Authorization: `Bearer ${bearer}`, ...JSON_HEADERS },
  body: JSON.stringify({ username, password }),
});

export const resetRequest = (bearer: string, session: string, oldPassword = PASSWORD): Sent => ({
  method: 'PUT',
  path: '/api/m2m/v1/session/password/actions/reset',
  headers: { Authorization: `Bearer ${bearer}`, 'VZ-M2M-Token': session, ...JSON_HEADERS },
  body: JSON.stringify({ oldPassword }),
});

export const logOutRequest = (bearer: string, session: string): Sent => ({
  method: 'POST',
  path: '/api/m2m/v1/session/logout',
  headers: { Authorization: `Bearer ${bearer}`, 'VZ-M2M-Token': session, 'Content-Length': '0' },
});

export const membersOf = ({ text }: Answer): Record<string, unknown> => JSON.parse(text);

export async function bearerOf(world: World, application = world.application): Promise<string> {
  return String(membersOf(await send(world, tokenRequest(application))).access_token);
}

/** The error code without the service name, or the gateway's code; undefined for a success. */
export function codeOf(answer: Answer): string | undefined {
  if (answer.status === 200) return undefined;
  const { errorCode, fault, error } = membersOf(answer) as {
    errorCode?: string;
    fault?: { code: string | number };
    error?: string;
  };
  return errorCode?.replace(/^[A-Za-z]+Service\./, '') ?? error ?? String(fault?.code);
}

export async function logIn(world: World, password?: string, username?: string): Promise<string> {
  const answer = await send(world, logInRequest(await bearerOf(world), password, username));
  return String(membersOf(answer).sessionToken ?? `refused ${codeOf(answer)}`);
}

export async function reset(world: World, session: string, oldPassword?: string): Promise<string> {
  const answer = await send(world, resetRequest(await bearerOf(world), session, oldPassword));
  return String(membersOf(answer).newPassword ?? `refused ${codeOf(answer)}`);
}
