import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, readBody } from '../../local/http.ts';
import type { World } from '../../local/world.ts';

const LIST = '/api/m2m/v1/devices/actions/list';

/** ThingSpace's REST API with a device list before it: the simulator has the calls of a session alone. */
export async function startDeviceList({ env, rest, platform, application }: World) {
  const { origin } = new URL(env.THINGSPACE_BASE_URL ?? '');
  const statuses: number[] = [];
  let revokesFirst = false;

  async function list(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const { accountName } = JSON.parse((await readBody(request)).toString());
    if (revokesFirst) rest.bearers.revoke(application.apiKey);
    revokesFirst = false;
    const bearer = String(request.headers.authorization).replace('Bearer ', '');
    if (rest.bearers.standing(bearer).state !== 'valid') {
      return {
        status: 401,
        body: JSON.stringify({ fault: { code: '900901', message: 'Invalid Credentials' } }),
      };
    }
    const door = { transport: 'rest', apiKey: application.apiKey } as const;
    const used = platform.through(door).use(String(request.headers['vz-m2m-token']));
    if (used.ok) return { status: 200, body: JSON.stringify({ devices: [{ accountName }] }) };
    return { status: 400, body: JSON.stringify({ errorCode: `UnifiedWebService.${used.code}` }) };
  }

  async function passOn(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const { method = 'GET', url = '/' } = request;
    const headers = Object.entries(request.headers).filter(
      ([name]) => !/^(host|connection|content-length)$/.test(name),
    );
    const answer = await fetch(`${origin}${url}`, {
      method,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: await readBody(request),
    });
    return { status: answer.status, body: await answer.text() };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await (request.url === LIST ? list(request) : passOn(request));
    if (request.url === LIST) statuses.push(status);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const { url, close } = await listen(server);
  return {
    env: {
      THINGSPACE_BASE_URL: `${url}/api/m2m/v1`,
      THINGSPACE_TOKEN_URL: `${url}${new URL(env.THINGSPACE_TOKEN_URL ?? '').pathname}`,
    },
    /** The status of each answer to a request for the list. */
    statuses,
    revokeBeforeNext() {
      revokesFirst = true;
    },
    close,
  };
}
