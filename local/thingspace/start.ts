import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerApart, type Listening, listen, readBody } from '../http.ts';
import { createPlatform, type Platform, type PlatformOptions } from './platform.ts';
import { seededRandom } from './random.ts';
import { applicationsFor } from './rest/applications.ts';
import { createRest, REST_PATHS, type Rest, type RestOptions } from './rest/service.ts';
import { operationsOf } from './soap/contract.ts';
import { createDevices, type DeviceStore } from './soap/devices.ts';
import { serveSoap } from './soap/serve.ts';

export type ThingSpaceOptions = PlatformOptions & {
  /** Name of the member that carries the current password in GetNewPassword. @default OldPassword */
  passwordElement?: string;
  /** The REST API. By default each username has an application of its own. */
  rest?: RestOptions;
};

/** The addresses that a caller is configured with, without a slash at the end. */
export type ThingSpaceAddresses = { soap: string; rest: string; token: string };

export const addressesAt = (origin: string): ThingSpaceAddresses => ({
  soap: `${origin}/api/v2`,
  rest: `${origin}${REST_PATHS.base}`,
  token: `${origin}${REST_PATHS.token}`,
});

/** `url` is the base of the SOAP services, `origin` that of everything: `http://127.0.0.1:<port>`. */
export type ThingSpace = Listening & {
  origin: string;
  addresses: ThingSpaceAddresses;
  platform: Platform;
  devices: DeviceStore;
  rest: Rest;
};

/** Starts the ThingSpace simulator, SOAP 1.1 and REST over the same accounts, on a free port of the loopback. */
export async function startThingSpace(options: ThingSpaceOptions): Promise<ThingSpace> {
  const platform = createPlatform(options);
  const operations = operationsOf(options.passwordElement ?? 'OldPassword');
  const random = seededRandom(options.seed + 1);
  const devices = createDevices();
  const { clock, seed, users } = options;
  const rest = createRest(
    platform,
    {
      clock,
      seed,
      applications: applicationsFor(users, seed),
      ...options.rest,
    },
    devices,
  );
  const server = createServer((request, response) => {
    const served = /^\/api\/(m2m|ts)\//.test(request.url ?? '')
      ? serveRest(request, response, rest)
      : serveSoap(request, response, { platform, devices }, operations, random);
    served.catch(() => response.destroy());
  });
  const { url: origin, close } = await listen(server);
  const addresses = addressesAt(origin);
  return { url: addresses.soap, origin, addresses, platform, devices, rest, close };
}

async function serveRest(request: IncomingMessage, response: ServerResponse, rest: Rest): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = request;
  const {
    status,
    headers: sent,
    body,
  } = rest.answer({ method, path, headers, body: await readBody(request) });
  await answerApart(response, status, sent, body);
}
