import { describe, expect, it } from 'vitest';
import { apiKeyFault, withApiKey } from '../../cli/api-key.ts';
import type { Desk } from '../../cli/desk.ts';
import { TargetError } from '../../cli/errors.ts';
import { store } from '../../cli/store.ts';
import { storeApiKey } from '../../cli/store-key.ts';
import { PLACEHOLDER } from '../../lambda/secret/credential.ts';
import type { MaybeApiKey } from '../../lambda/thingspace/api.ts';
import { FIRST_PASSWORD, SECRET_ARN, secretValue, USERNAME } from '../world/world.ts';
import { REST_SETTINGS, startDesk } from './desk.ts';

const options = { secret: SECRET_ARN, actor: 'ann' };
const KEY = { apiKey: 'Example-Key-1', apiSecret: 'Example/Secret:1==' };

/** A person who types the key and the secret, each twice. */
function typist({ apiKey, apiSecret } = KEY, terminal: object = {}) {
  const values = [apiKey, apiKey, apiSecret, apiSecret];
  return startDesk({ secret: () => values.shift() ?? '', ...terminal });
}

/** The desk beside a function that calls REST, whose token service accepts KEY alone. */
function overRest(desk: Desk): { desk: Desk; asked: MaybeApiKey[] } {
  const asked: MaybeApiKey[] = [];
  const prepare: ReturnType<Desk['rest']>['prepare'] = async (key) => {
    asked.push(key);
    return key.apiSecret === KEY.apiSecret
      ? { outcome: 'done' }
      : { outcome: 'never-sent', cause: new Error('the key is refused') };
  };
  return { desk: { ...desk, settings: REST_SETTINGS, rest: () => ({ prepare }) }, asked };
}

describe('The command store --api-key', () => {
  it('stores the key and secret, and keeps the password and every other byte', async () => {
    const { world, desk, terminal } = typist();
    const before = world.aws.currentValue() ?? '';
    await storeApiKey(desk, options);
    expect(world.aws.currentValue()).toBe(withApiKey(before, KEY));
    expect(JSON.parse(world.aws.currentValue() ?? '')).toEqual({ ...JSON.parse(before), ...KEY });
    expect(world.truth().logIns).toBe(0);
    const shown = [...terminal.said, ...terminal.warned, ...terminal.asked].join('\n');
    for (const secret of Object.values(KEY)) expect(shown).not.toContain(secret);
    expect(shown).toContain('doctor --rest');
  });

  it('lets the rotation go on over the new version, with the key in it afterwards', async () => {
    const { world, desk } = typist();
    await storeApiKey(desk, options);
    await world.rotate();
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject(KEY);
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(world.violations).toEqual([]);
  });

  it('proves both by one token request where the function calls REST', async () => {
    const { desk, terminal } = typist();
    const rest = overRest(desk);
    await storeApiKey(rest.desk, options);
    expect(rest.asked).toEqual([KEY]);
    expect(terminal.said.at(-1)).toMatch(/gave a bearer.*No password was presented/);
  });

  it('reports a stored key that the token service refuses', async () => {
    const { world, desk } = typist({ ...KEY, apiSecret: 'mistyped' });
    await expect(storeApiKey(overRest(desk).desk, options)).rejects.toMatchObject({ name: 'NotRightError' });
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject({ apiSecret: 'mistyped' });
  });

  it('reads the key from the first line of a pipe and the secret from its second', async () => {
    const { world, desk } = startDesk({ isTty: false, secret: `${KEY.apiKey}\r\n${KEY.apiSecret}` });
    await storeApiKey(desk, { ...options, yes: true });
    expect(JSON.parse(world.aws.currentValue() ?? '')).toMatchObject(KEY);
  });

  it.each(['one line', 'a\nb\nc', ''])(
    'stores nothing from a pipe that does not hold two lines: %j',
    async (secret) => {
      const { world, desk } = startDesk({ isTty: false, secret });
      await expect(storeApiKey(desk, { ...options, yes: true })).rejects.toThrow(/two lines/);
      expect(world.aws.currentValue()).toBe(secretValue(FIRST_PASSWORD));
    },
  );

  it('replaces a key, and nothing else, in a secret that has one', async () => {
    const { world, desk } = typist();
    world.aws.store(withApiKey(secretValue(FIRST_PASSWORD), { apiKey: 'old', apiSecret: 'older' }));
    await storeApiKey(desk, options);
    expect(world.aws.currentValue()).toBe(withApiKey(secretValue(FIRST_PASSWORD), KEY));
  });

  it('adds the key to the placeholder, before any password is stored', async () => {
    const { world, desk } = typist();
    world.aws.store(JSON.stringify(PLACEHOLDER));
    await storeApiKey(desk, options);
    expect(JSON.parse(world.aws.currentValue() ?? '')).toEqual({ ...PLACEHOLDER, ...KEY });
    await store(
      { ...desk, terminal: { ...desk.terminal, secret: async () => FIRST_PASSWORD } },
      { ...options, actor: 'ann', setUsername: USERNAME, yes: true },
    );
    expect(JSON.parse(world.aws.currentValue() ?? '')).toEqual({
      username: USERNAME,
      password: FIRST_PASSWORD,
      ...KEY,
    });
  });

  it('stores nothing in a dry run, or when the two inputs differ', async () => {
    const dry = typist();
    await storeApiKey(dry.desk, { ...options, dryRun: true });
    let count = 0;
    const mistyped = startDesk({ secret: () => `key-${count++}` });
    await expect(storeApiKey(mistyped.desk, options)).rejects.toMatchObject({ name: 'ApiKeyUnusableError' });
    for (const { world } of [dry, mistyped]) {
      expect(world.aws.currentValue()).toBe(secretValue(FIRST_PASSWORD));
    }
  });

  it('stores nothing where AWSCURRENT is not JSON with a username and a password', async () => {
    const { world, desk } = typist();
    world.aws.store('nonsense');
    await expect(storeApiKey(desk, options)).rejects.toThrow(TargetError);
    expect(world.aws.currentValue()).toBe('nonsense');
  });

  it('stores no value that is larger than Secrets Manager takes', async () => {
    const { world, desk } = typist();
    const notes = 'x'.repeat(65_500 - Buffer.byteLength(secretValue(FIRST_PASSWORD)));
    world.aws.store(secretValue(FIRST_PASSWORD).replace('{', `{"notes":"${notes}",`));
    await expect(storeApiKey(desk, options)).rejects.toThrow(/no room for both/);
  });

  it.each([
    [{ apiKey: '' }, /the key is empty/],
    [{ apiKey: 'a:b' }, /the key has a colon/],
    [{ apiKey: 'a b' }, /the key has a blank/],
    [{ apiSecret: 'é' }, /the secret has .* outside ASCII/],
    [{ apiSecret: 'a\u0007' }, /the secret has .*a control character/],
  ])('stores no key or secret that no header carries: %j', async (changes, says) => {
    const { world, desk } = typist({ ...KEY, ...changes });
    await expect(storeApiKey(desk, options)).rejects.toThrow(says);
    expect(world.aws.currentValue()).toBe(secretValue(FIRST_PASSWORD));
  });
});

describe('The command store, where the function calls REST', () => {
  it('offers no log-in while the secret has no key', async () => {
    const { world, desk, terminal } = startDesk({ secret: 'Reset By Support 1' });
    await store(overRest(desk).desk, { ...options, actor: 'ann', trial: true, yes: true });
    expect(world.truth().logIns).toBe(0);
    expect(terminal.said.join('\n')).toContain('store --api-key');
  });
});

describe('A key in a JSON text', () => {
  it.each([
    ['{}', '{"apiKey":"Example-Key-1","apiSecret":"Example/Secret:1=="}'],
    ['{"a":1 }\n', '{"a":1,"apiKey":"Example-Key-1","apiSecret":"Example/Secret:1==" }\n'],
    [
      '{"\\u0061piKey":null,"b":{"apiKey":1}}',
      '{"\\u0061piKey":"Example-Key-1","b":{"apiKey":1},"apiSecret":"Example/Secret:1=="}',
    ],
  ])('is written into %s', (text, written) => {
    expect(withApiKey(text, KEY)).toBe(written);
  });

  it('may hold every visible ASCII character, and a colon in the secret', () => {
    expect(apiKeyFault({ apiKey: '!"#~', apiSecret: ':' })).toBeUndefined();
  });
});
