import { afterEach, describe, expect, test } from 'vitest';
import type { ReadableAnswer } from '../../../lambda/thingspace/api.ts';
import { meaningOf } from '../../../lambda/thingspace/codes.ts';
import { readNewPassword } from '../../../lambda/thingspace/read-new-password.ts';
import { readSessionToken } from '../../../lambda/thingspace/rest/answers.ts';
import { createRestApi } from '../../../lambda/thingspace/rest/api.ts';
import { ODD_ANSWERS, type OddAnswer } from '../../../local/thingspace/rest/odd-answers.ts';
import { startThingSpace, type ThingSpace } from '../../../local/thingspace/start.ts';

/** The wire format meets the simulator, which shares no code with it. */
const LIMITS = { timeoutMs: 20_000 };
let simulator: ThingSpace | undefined;
afterEach(() => simulator?.close());

async function started() {
  const clock = { nowMs: () => 1_000 };
  const users = [{ username: 'Fleet', password: 'Old "1" ä' }];
  simulator = await startThingSpace({ clock, seed: 1, users });
  const { addresses, rest } = simulator;
  const { apiKey = '', apiSecret = '' } = rest.applications[0] ?? {};
  const api = createRestApi({ baseUrl: addresses.rest, tokenUrl: addresses.token });
  return { api, key: { apiKey, apiSecret }, rest };
}

test('changes a password against the simulator, and logs in with the new one', async () => {
  const { api, key } = await started();
  expect(await api.prepare(key, LIMITS)).toEqual({ outcome: 'done' });
  const session = await api.logIn({ username: 'Fleet', password: 'Old "1" ä', ...key }, LIMITS);
  if (session.outcome !== 'done') throw new Error(session.outcome);
  const raw = await api.getNewPassword({ token: session.value, ...key }, 'Old "1" ä', LIMITS);
  if (raw.outcome !== 'answered') throw new Error(raw.outcome);
  const read = api.readNewPassword(raw);
  if (read.outcome !== 'done') throw new Error(read.outcome);
  expect(await api.logOut({ token: session.value, ...key }, LIMITS)).toEqual({ outcome: 'done' });
  expect(await api.logIn({ username: 'Fleet', password: read.value, ...key }, LIMITS)).toMatchObject({
    outcome: 'done',
  });
  expect(await api.logIn({ username: 'Fleet', password: 'Old "1" ä', ...key }, LIMITS)).toEqual({
    outcome: 'refused',
    code: 'INPUT_INVALID.Password.Invalid',
  });
});

test('logs in once more when another program has revoked the bearer', async () => {
  const { api, key, rest } = await started();
  await api.prepare(key, LIMITS);
  rest.bearers.revoke(key.apiKey);
  const credential = { username: 'Fleet', password: 'Old "1" ä', ...key };
  expect(await api.logIn(credential, LIMITS)).toMatchObject({ outcome: 'done' });
});

describe('an odd answer', () => {
  const context = {
    bearer: 'bearer-0123456789',
    apiKey: 'key-0123456789',
    password: 'Password-0123456789',
    path: '/api/m2m/v1/session/x',
  };
  const answerOf = (odd: OddAnswer, member: string, value: string): ReadableAnswer => {
    const { status, headers, body } = odd.bytes({ ...context, member, value });
    return {
      transport: 'rest',
      httpStatus: status,
      body: Buffer.from(body),
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
    };
  };
  const presented = [context.bearer, context.apiKey, context.password];
  /** One byte order mark is skipped, as the XML reader does. */
  const isSkipped = (odd: OddAnswer) => odd.name === 'A with a byte order mark';

  test.each(ODD_ANSWERS.filter(({ shape }) => shape === undefined).map((odd) => [odd.name, odd] as const))(
    'with the value: %s',
    (name, odd) => {
      const read = readNewPassword(answerOf(odd, 'newPassword', 'Välue-1'), presented);
      if (odd.fits) expect(read).toEqual({ outcome: 'done', value: 'Välue-1' });
      else if (odd.fits === false) expect(read.outcome).toBe('unknown');
      else if (read.outcome === 'done') expect(read.value).toBe('Välue-1');
      const token = readSessionToken(answerOf(odd, 'sessionToken', 'Value-1'), presented);
      // A text in ASCII is the same in every charset that is declared here.
      if (odd.fits) expect(token).toEqual({ outcome: 'done', value: 'Value-1' });
      else if (odd.fits === false && name !== 'another charset') expect(token.outcome).toBe('unknown');
    },
  );

  test.each(ODD_ANSWERS.filter(({ shape }) => shape !== undefined).map((odd) => [odd.name, odd] as const))(
    'with an error: %s',
    (name, odd) => {
      const read = readNewPassword(answerOf(odd, 'newPassword', 'Value-1'), presented);
      expect(read.outcome).not.toBe('done');
      const code = read.outcome === 'refused' ? read.code : 'none';
      for (const secret of presented) expect(code).not.toContain(secret);
      const { exchangeChangedNothing, logInCounts } = meaningOf(code, 'rest');
      const isAboutBearer = /^[BCF] 90090[1-4] /.test(name) || /^B (?:with a number|that repeats)/.test(name);
      if (odd.fits === false && !isSkipped(odd))
        expect([exchangeChangedNothing, logInCounts]).toEqual([false, true]);
      else if (isAboutBearer) expect([exchangeChangedNothing, logInCounts]).toEqual(['proven', false]);
    },
  );
});
