import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bearerProof } from '../../cli/bearer-proof.ts';
import type { Settings } from '../../cli/settings.ts';
import { wire } from '../../cli/wiring.ts';
import { startThingSpace, type ThingSpace } from '../../local/thingspace/start.ts';
import { accountIn, fakeTerminal, SETTINGS, startDesk } from './desk.ts';

const USERS = [{ username: 'FleetApi', password: 'FirstPassword1' }];

let thingSpace: ThingSpace;
beforeEach(async () => {
  thingSpace = await startThingSpace({ clock: { nowMs: () => Date.now() }, seed: 1, users: USERS });
});
afterEach(() => thingSpace.close());

/** The desk as the tool wires it, beside the simulator. */
function deskBeside(transport: 'soap' | 'rest', tokenUrl = thingSpace.addresses.token) {
  const { rest: baseUrl } = thingSpace.addresses;
  const overRest: Settings = { ...SETTINGS, thingSpace: { transport: 'rest', baseUrl, tokenUrl } };
  const reach = { region: 'us-east-1' };
  return wire(
    transport === 'rest' ? overRest : SETTINGS,
    reach,
    accountIn(startDesk().world),
    fakeTerminal(),
  );
}
const keyOf = () => {
  const [application] = thingSpace.rest.applications;
  return { apiKey: application?.apiKey ?? '', apiSecret: application?.apiSecret ?? '' };
};

describe('A token request at the simulator', () => {
  it('proves the key of the application, and presents no password', async () => {
    const says = await bearerProof(deskBeside('rest'), keyOf());
    expect(says).toContain(`${thingSpace.addresses.token} gave a bearer`);
    expect(thingSpace.platform.events).toEqual([]);
  });

  it('proves it before a switch, at the given address', async () => {
    const says = await bearerProof(deskBeside('soap'), keyOf(), thingSpace.addresses.token);
    expect(says).toContain('a log-in over REST is proven by `trial` only');
  });

  it('tells a wrong secret, and shows no part of key and secret', async () => {
    const { apiKey } = keyOf();
    const key = { apiKey, apiSecret: 'Not-The-Secret-7' };
    const failure: Error = await bearerProof(deskBeside('rest'), key).catch((error) => error);
    expect(failure.message).toMatch(/does not accept "apiKey" and "apiSecret".*`store --api-key`/);
    expect(failure.message).not.toMatch(new RegExp(`${apiKey}|Not-The-Secret`));
  });

  it('tells a wrong address from a service that does not answer', async () => {
    const wrong = deskBeside('rest', `${thingSpace.origin}/api/ts/v2/oauth2/token`);
    await expect(bearerProof(wrong, keyOf())).rejects.toThrow(/There is no token service at/);
    const silent = deskBeside('rest');
    const key = keyOf();
    await thingSpace.close();
    await expect(bearerProof(silent, key)).rejects.toThrow(
      /no usable answer: a retry asks again \(ECONNREFUSED\)/,
    );
  });
});
