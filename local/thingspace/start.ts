import { createServer } from 'node:http';
import { type Listening, listen } from '../http.ts';
import { createPlatform, type Platform, type PlatformOptions } from './platform.ts';
import { seededRandom } from './random.ts';
import { operationsOf } from './soap/contract.ts';
import { createDevices, type DeviceStore } from './soap/devices.ts';
import { serveSoap } from './soap/serve.ts';

export type ThingSpaceOptions = PlatformOptions & {
  /** Name of the member that carries the current password in GetNewPassword. @default OldPassword */
  passwordElement?: string;
};

/** `url` is the base of both services, without a slash at the end: `http://127.0.0.1:<port>/api/v2`. */
export type ThingSpace = Listening & { platform: Platform; devices: DeviceStore };

/** Starts the ThingSpace simulator, SOAP 1.1 over HTTP, on a free port of the loopback. */
export async function startThingSpace(options: ThingSpaceOptions): Promise<ThingSpace> {
  const platform = createPlatform(options);
  const operations = operationsOf(options.passwordElement ?? 'OldPassword');
  const random = seededRandom(options.seed + 1);
  const devices = createDevices();
  const server = createServer((request, response) => {
    serveSoap(request, response, { platform, devices }, operations, random).catch(() => response.destroy());
  });
  const { url, close } = await listen(server);
  return { url: `${url}/api/v2`, platform, devices, close };
}
