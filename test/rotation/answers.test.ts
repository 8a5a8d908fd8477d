import { describe, expect, test } from 'vitest';
import { open } from '../../lambda/sealing/open-answer.ts';
import { readEnvelope } from '../../lambda/sealing/seal-answer.ts';
import { NoAnswerError } from '../../lambda/thingspace/call-errors.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { sampled, upTo } from '../thorough.ts';
import { startProcess } from '../world/fate.ts';
import { announced } from '../world/judge.ts';
import type { Spoil } from '../world/memory-thingspace.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

async function rotateWith(spoil: Spoil): Promise<World> {
  const world = createWorld();
  world.link.spoil = spoil;
  const { rotated } = await world.rotate({ attempts: 1 });
  world.link.spoil = undefined;
  for (let recovery = 0; !rotated && recovery < 2; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  expect(world.violations).toEqual([]);
  return world;
}

const answered = (body: Buffer, complete = true) => ({
  outcome: 'answered' as const,
  httpStatus: 200,
  body,
  complete,
});

/** A loss is announced, says that an answer is sealed, and costs the platform no further contact. */
async function expectLostWithSealedAnswer(world: World): Promise<void> {
  expect(world.state().journal.state).toBe('lost');
  expect(announced(world)).toContain('password-lost');
  expect(world.aws.published.at(-1)).toMatchObject({ event: 'password-lost', sealedAnswer: true });
  const before = world.truth();
  await world.rotate();
  expect(world.truth()).toEqual(before);
}

describe('an answer to GetNewPassword that was spoiled on its way', () => {
  test('makes the password current when cut behind the closing tag, else announces the loss', async () => {
    let length = 0;
    await rotateWith((body) => {
      length = body.length;
      return answered(body, true);
    });
    for (const cut of sampled(upTo(length), 5)) {
      let readable = false;
      const world = await rotateWith((body) => {
        readable = readNewPassword({ body: body.subarray(0, cut) }).outcome === 'done';
        return answered(body.subarray(0, cut), false);
      });
      if (readable) expect(world.currentPassword(), `cut at ${cut}`).toBe(world.truth().password);
      else await expectLostWithSealedAnswer(world);
    }
    expect(length).toBeGreaterThan(300);
  });

  test('is a loss, with the page sealed, when it is an HTML page with status 502', async () => {
    const page = Buffer.from('<html><body>502 Bad Gateway</body></html>');
    await expectLostWithSealedAnswer(await rotateWith(() => ({ ...answered(page), httpStatus: 502 })));
  });

  test('names the broken rule of HTTP when it comes behind a broken chunk', async () => {
    const world = createWorld();
    world.link.spoil = (body) => ({ ...answered(body), gapAt: 9, flaw: 'HTTP_CHUNK', complete: false });
    const { failures } = await world.rotate({ attempts: 1 });
    expect(failures[0]).toMatchObject({
      error: { name: 'UnreadableAnswerError', message: expect.stringContaining('(HTTP_CHUNK)') },
    });
  });

  test('names the broken rule of HTTP when only a bad head came', async () => {
    const world = createWorld();
    const cause = new NoAnswerError('Silence', Object.assign(new Error(), { code: 'HTTP_HEADER_NAME' }));
    world.link.spoil = () => ({ outcome: 'unknown', cause });
    const { failures } = await world.rotate({ attempts: 1 });
    expect(failures[0]).toMatchObject({
      error: { name: 'OutcomeUnknownError', message: expect.stringContaining('(HTTP_HEADER_NAME)') },
    });
  });

  test('is unknown with no answer in time, then lost after one probe with the old password', async () => {
    const world = await rotateWith(() => ({ outcome: 'unknown', cause: new Error('timed out') }));
    expect(world.state().journal.state).toBe('lost');
    expect(announced(world)).toEqual(['password-unknown', 'password-lost']);
    expect(world.truth().failures).toBe(1);
    expect(world.truth().getNewPasswords).toBe(1);
  });

  test('names the command, and seals the password, when its element has an unknown name', async () => {
    const world = createWorld();
    world.link.spoil = (body) =>
      answered(Buffer.from(body.toString().replaceAll('NewPassword>', 'FreshSecret>')));
    const { failures } = await world.rotate({ attempts: 1 });
    expect(failures[0]).toMatchObject({ error: { name: 'UnreadableAnswerError' } });
    expect(String('error' in (failures[0] as object) && world.told.join())).toContain('npm run cli -- open');

    const { journal } = world.state();
    const envelope = 'envelope' in journal ? journal.envelope : undefined;
    const { sealer } = world.wireUp(startProcess());
    const { body } = await open([readEnvelope(envelope ?? '')], sealer);
    const text = body.toString().replaceAll('FreshSecret>', 'NewPassword>');
    const restored = readNewPassword({ body: Buffer.from(text) });
    expect(restored).toEqual({ outcome: 'done', value: world.truth().password });
  });
});

test('seals an answer of 1 MiB whole, and rolls forward by a small envelope in the ledger', async () => {
  const world = createWorld();
  world.link.spoil = (body) => answered(Buffer.concat([body, Buffer.alloc(1024 * 1024 - body.length, ' ')]));
  world.plan.decide = ({ name }) => (name === 'PutSecretValue' ? 'failed-before' : 'ok');
  const { token } = await world.rotate({ attempts: 1 });
  expect(world.aws.log).toHaveLength(6);
  const { journal } = world.state();
  expect('envelope' in journal && (journal.envelope ?? '').length).toBeLessThan(2_000);

  world.plan.decide = () => 'ok';
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('finds an answer of several parts in the log after a crash', async () => {
  const world = createWorld();
  world.link.spoil = (body) => answered(Buffer.concat([body, Buffer.alloc(300 * 1024, ' ')]));
  const { token } = await world.rotateMeeting('stdout', 'killed-after');
  expect(world.state().journal.state).toBe('exchanging');
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().getNewPasswords).toBe(1);
});

describe('a refusal of GetNewPassword', () => {
  test('leaves the journal idle, and the retry rotates, when its code proves no change', async () => {
    const world = createWorld();
    world.link.refuse = 'REQUEST_FAILED.SessionToken.Expired';
    const first = await world.rotate({ attempts: 1 });
    expect(first.failures[0]).toMatchObject({ error: { name: 'ExchangeRefusedError' } });
    expect(world.state().journal.state).toBe('idle');
    expect(world.state().failed).toBe(0);

    world.link.refuse = undefined;
    expect((await world.rotate({ token: first.token })).rotated).toBe(true);
  });

  test('is unknown when its code proves nothing, and one probe comes before the next exchange', async () => {
    const world = createWorld();
    world.link.refuse = 'REQUEST_FAILED.UnexpectedError';
    // The second attempt waits as long as an invocation may live, which is less than the settling time.
    const first = await world.rotate({ attempts: 2 });
    expect(first.failures[0]).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
    expect(world.calls.filter(({ name }) => name === 'GetNewPassword')).toHaveLength(1);
    expect(announced(world)).toContain('password-unknown');

    world.link.refuse = undefined;
    world.advance(25 * MINUTE_MS);
    expect((await world.rotate({ token: first.token })).rotated).toBe(true);
    expect(world.violations).toEqual([]);
  });
});

test('counts no log-in, and the retry rotates, when ThingSpace cannot be reached', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'failed-before' : 'ok');
  const first = await world.rotate({ attempts: 1 });
  expect(first.failures[0]).toMatchObject({ error: { name: 'ThingSpaceUnreachableError' } });
  expect(world.state()).toMatchObject({ failed: 0, inFlight: {}, journal: { state: 'idle' } });

  world.plan.decide = () => 'ok';
  expect((await world.rotate({ token: first.token })).rotated).toBe(true);
});
