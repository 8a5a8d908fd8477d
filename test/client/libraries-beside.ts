import { request } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Call } from './libraries.ts';

/** The directory of the packages that only the gate installs (.ci/client-everywhere); undefined in `npm test`. */
export const beside = process.env.CLIENT_TOOLS;

/** The parts of the packages that are used here: their types are not installed with the project. */
type Got = { got: { post(url: string, options: object): Promise<unknown> } };
type Superagent = { default: { post(url: string): { send(body: object): Promise<unknown> } } };
type Undici = {
  default: {
    Agent: new () => { compose(interceptor: unknown): unknown };
    interceptors: { responseError(): unknown };
    request(url: string, options: object): Promise<unknown>;
  };
};
type Ky = { default: { post(url: string, options: object): { json(): Promise<unknown> } } };
type Sdk = {
  Client: new (settings: object) => object;
  DeviceManagementApi: new (client: object) => { listDevicesInformation(body: object): Promise<unknown> };
  Environment: { Production: string };
};

const BODY = { accountName: '0000123456-00001' };

/** Loads the packages of the gate. */
export async function librariesBeside(directory: string): Promise<Record<string, Call>> {
  const load = async (name: string) => {
    const found = createRequire(path.join(directory, 'package.json')).resolve(name);
    return import(pathToFileURL(found).href);
  };
  const { got }: Got = await load('got');
  const { default: superagent }: Superagent = await load('superagent');
  const { default: ky }: Ky = await import(
    pathToFileURL(path.join(directory, 'node_modules/ky/distribution/index.js')).href
  );
  const { default: undici }: Undici = await load('undici');
  const dispatcher = new undici.Agent().compose(undici.interceptors.responseError());
  const sdk: Sdk = await load('apimatic-verizon-sdk');
  return {
    got: (url) => got.post(url, { json: BODY, retry: { limit: 0 } }),
    superagent: (url) => superagent.post(url).send(BODY),
    'ky 2': (url) => ky.post(url, { json: BODY, retry: 0 }).json(),
    'undici 8 with responseError': (url) => undici.request(url, { method: 'POST', dispatcher }),
    'ThingSpace’s SDK': (url) => listDevices(sdk, url),
  };
}

/** The SDK knows only ThingSpace's own addresses: its requests are led to the loopback interface below it. */
async function listDevices({ Client, DeviceManagementApi, Environment }: Sdk, url: string): Promise<unknown> {
  const { hostname, port, pathname } = new URL(url);
  const toLoopback = (options: object, onAnswer: never) =>
    request(
      { ...options, protocol: 'http:', agent: undefined, hostname, host: hostname, port, path: pathname },
      onAnswer,
    );
  const live = {
    accessToken: 'bearer',
    tokenType: 'Bearer',
    expiresIn: 3600n,
    expiry: BigInt(Math.floor(Date.now() / 1000) + 3600),
  };
  const client = new Client({
    environment: Environment.Production,
    thingspaceOauthCredentials: { oauthClientId: 'key', oauthClientSecret: 'none', oauthToken: live },
    vzM2MTokenCredentials: { 'VZ-M2M-Token': 'token' },
    unstable_httpClientOptions: { transport: { request: toLoopback } },
  });
  return new DeviceManagementApi(client).listDevicesInformation(BODY);
}
