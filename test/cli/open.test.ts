import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { open } from '../../cli/open.ts';
import { createWorld, SECRET_ARN, USERNAME, type World } from '../world/world.ts';
import { deskIn, fakeTerminal } from './desk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'open-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const out = () => join(folder, 'answer');
const NEW_PASSWORD = 'Sealed & <New> 007 ';

/** A rotation that received a password and could not store it. */
async function received(options = {}): Promise<{ world: World } & ReturnType<typeof deskOf>> {
  const world = createWorld({ nextPassword: () => NEW_PASSWORD });
  await world.rotateMeeting('PutSecretValue', 'failed-before');
  return { world, ...deskOf(world, options) };
}

function deskOf(world: World, options = {}) {
  const terminal = fakeTerminal(options);
  return { terminal, desk: deskIn(world, terminal) };
}

describe('The command open', () => {
  it('writes the raw answer and the exact password into files for their owner only', async () => {
    const { desk, terminal } = await received();
    await open(desk, { actor: 'ann', username: USERNAME, out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(readFileSync(out(), 'utf8')).toContain('NewPassword');
    for (const file of [out(), `${out()}.password`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(terminal.said.join('\n')).toMatch(
      /A sealed answer in the journal.*\n.*bytes with HTTP status 200; it holds a password/,
    );
    expect(terminal.said.join('\n')).not.toContain(NEW_PASSWORD);
  });

  it('finds an answer, with its time, that a killed invocation left in the log only', async () => {
    const world = createWorld({ nextPassword: () => NEW_PASSWORD });
    world.plan.decide = ({ name }) => (name === 'stdout' ? 'killed-after' : 'ok');
    const token = randomUUID();
    world.aws.stage(token);
    await world.step('createSecret', token);
    world.plan.decide = () => 'ok';
    const { desk, terminal } = deskOf(world);
    await open(desk, { actor: 'ann', username: USERNAME, out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(terminal.said[0]).toContain('in the function’s log of 2026-01-05T00:00');
  });

  it('says which answer holds the password in AWSCURRENT, and which a dead one', async () => {
    const world = createWorld();
    await world.rotate();
    world.advance(24 * 60 * 60_000);
    await world.rotate();
    const { desk, terminal } = deskOf(world);
    await open(desk, { actor: 'ann', username: USERNAME, out: out() });
    const said = terminal.said.join('\n');
    expect(said).toMatch(
      /It is the password that AWSCURRENT holds\..*It is dead: a rotation has replaced it since\./s,
    );
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(world.currentPassword());
  });

  it('recovers an answer with an unknown element name', async () => {
    const world = createWorld();
    world.link.spoil = (body) => {
      const renamed = Buffer.from(body.toString().replaceAll('NewPassword>', 'FreshSecret>'));
      return { outcome: 'answered', httpStatus: 200, body: renamed, complete: true };
    };
    await world.rotate({ attempts: 1 });
    const { desk, terminal } = deskOf(world);
    await open(desk, { actor: 'ann', username: USERNAME, out: out() });
    expect(terminal.said.join('\n')).toContain('this version can read no password in it');
    const escaped = world
      .truth()
      .password.replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;');
    expect(readFileSync(out(), 'utf8').replaceAll('&#38;', '&amp;')).toContain(escaped);
  });

  it('opens set-aside answers as well as the journal’s answer', async () => {
    const { world, desk, terminal } = await received();
    const envelope = JSON.parse(world.aws.log[0]?.line ?? '').sealedEnvelope;
    await desk.ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
      state.setAside.earlier = envelope;
    });
    expect(world.state()).toMatchObject({ setAside: {}, orphanItems: ['earlier'] });
    await open(desk, { actor: 'ann', secret: SECRET_ARN, out: out() });
    expect(readFileSync(`${out()}.2.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(() => statSync(`${out()}.3`)).toThrow('ENOENT');
    expect(terminal.said.join('\n')).toContain('A sealed answer in what was set aside');
  });

  it('opens an answer that an item of version 0.1 has set aside inside', async () => {
    const { world, desk } = await received();
    const [key = '', text = ''] = [...world.aws.table].at(0) ?? [];
    const { setAside, journal, ...item } = JSON.parse(text);
    const orphans = { earlier: journal.envelope };
    world.aws.table.set(key, JSON.stringify({ ...item, journal: { state: 'idle' }, orphans }));
    await open(desk, { actor: 'ann', secret: SECRET_ARN, out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
  });

  it('opens the journal’s answer when the set-aside ones cannot be read', async () => {
    const { world, desk, terminal } = await received();
    world.plan.decide = ({ name }) => (name === 'Query' ? 'failed-before' : 'ok');
    await open(desk, { actor: 'ann', secret: SECRET_ARN, out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(terminal.warned.join('\n')).toContain('set aside are left out');
  });

  it.each([
    ['a line of the log', (line: string) => line],
    [
      'a line with a time stamp before it',
      (line: string) => `2026-01-05T00:00:00Z\tINFO\t${line}\nanother line`,
    ],
    [
      'what filter-log-events prints',
      (line: string) => JSON.stringify({ events: [{ message: line }] }, null, 2),
    ],
    ['the envelope alone', (line: string) => JSON.parse(line).sealedEnvelope],
    [
      'what get-item prints',
      (line: string) =>
        JSON.stringify({ Item: { journal: { M: { envelope: { S: JSON.parse(line).sealedEnvelope } } } } }),
    ],
  ])('finds the sealed answer in %s', async (_what, wrap) => {
    const { world, desk } = await received();
    await open(desk, { actor: 'ann', text: wrap(world.aws.log[0]?.line ?? ''), out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
  });

  it('undoes and names the codings that an answer declares, and keeps the raw bytes', async () => {
    const world = createWorld({ nextPassword: () => NEW_PASSWORD });
    let sent = Buffer.alloc(0);
    world.link.spoil = (body) => {
      sent = gzipSync(Buffer.from(body.toString(), 'utf16le'));
      const contentType = 'text/xml; charset=utf-16le';
      return {
        outcome: 'answered',
        httpStatus: 200,
        body: sent,
        complete: true,
        contentType,
        contentEncoding: 'gzip',
      };
    };
    const { failures } = await world.rotate({ attempts: 1 });
    expect(failures[0]).toMatchObject({ error: { name: 'UnreadableAnswerError' } });
    const { desk, terminal } = deskOf(world);
    await open(desk, { actor: 'ann', username: USERNAME, out: out(), reveal: true });
    expect(readFileSync(out()).equals(sent)).toBe(true);
    expect(readFileSync(`${out()}.plain`, 'utf8')).toContain('NewPassword>');
    expect(statSync(`${out()}.plain`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(terminal.said.join('\n')).toContain(
      'It was in gzip, UTF-16 (little-endian), as it declares; that is undone',
    );
  });

  describe('with an answer that was sealed in parts', () => {
    async function inParts() {
      const world = createWorld({ nextPassword: () => NEW_PASSWORD });
      world.link.spoil = (body) => {
        const padded = Buffer.concat([body, Buffer.alloc(400 * 1024, ' ')]);
        return { outcome: 'answered', httpStatus: 200, body: padded, complete: true };
      };
      await world.rotateMeeting('PutSecretValue', 'failed-before');
      const lines = world.aws.log.map(({ line }) => line);
      expect(lines).toHaveLength(3);
      return { lines, ...deskOf(world) };
    }

    it('joins the parts from the log, in any order, to one answer', async () => {
      const { desk, lines } = await inParts();
      await open(desk, { actor: 'ann', text: lines.toReversed().join('\n'), out: out() });
      expect(readFileSync(out()).length).toBeGreaterThan(400 * 1024);
      expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
      expect(() => statSync(`${out()}.2`)).toThrow('ENOENT');
    });

    it('opens the parts that exist, and names the missing ones', async () => {
      const { desk, terminal, lines } = await inParts();
      await open(desk, { actor: 'ann', text: lines.slice(0, 1).join('\n'), out: out() });
      expect(readFileSync(out()).length).toBe(180 * 1024);
      expect(terminal.said.join('\n')).toContain('Not all of it was given: part 2, 3 is missing.');
    });

    it('finds the password alone in the ledger', async () => {
      const { desk, terminal } = await inParts();
      await open(desk, { actor: 'ann', username: USERNAME, out: out() });
      expect(terminal.said.join('\n')).toMatch(
        /A sealed password in the journal.*\n.*the password alone; it holds/,
      );
      expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    });
  });

  it.each([
    ['INPUT_INVALID.Echo7QzSecret', /a refusal, with a code that is not published: see the raw answer/],
    ['REQUEST_FAILED.UnexpectedError', /a refusal \(REQUEST_FAILED\.UnexpectedError\)/],
  ])('names the code of a refusal only if it is a published one (%s)', async (errorCode, words) => {
    const world = createWorld();
    const body = Buffer.from(JSON.stringify({ errorCode }));
    const answered = { outcome: 'answered', httpStatus: 400, complete: true, transport: 'rest' } as const;
    world.link.spoil = () => ({ ...answered, body });
    await world.rotate({ attempts: 1 });
    const { desk, terminal } = deskOf(world);
    await open(desk, { actor: 'ann', username: USERNAME });
    expect(terminal.said.join('\n')).toMatch(words);
    expect(terminal.said.join('\n')).not.toContain('Echo7Qz');
  });

  it('overwrites no file, and leaves none behind when the second one exists', async () => {
    const { desk } = await received();
    writeFileSync(`${out()}.password`, 'mine');
    await expect(open(desk, { actor: 'ann', username: USERNAME, out: out() })).rejects.toMatchObject({
      name: 'FileError',
    });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe('mine');
    expect(() => statSync(out())).toThrow('ENOENT');
  });

  it('prints the password only with --reveal, and only to a terminal unless forced', async () => {
    const { desk, terminal } = await received({ isTty: false });
    await open(desk, { actor: 'ann', username: USERNAME });
    await expect(open(desk, { actor: 'ann', username: USERNAME, reveal: true })).rejects.toThrow(UsageError);
    expect(terminal.said.join('\n')).not.toContain(NEW_PASSWORD);
    await open(desk, { actor: 'ann', username: USERNAME, reveal: true, force: true });
    expect(terminal.said.join('\n')).toContain(NEW_PASSWORD);
  });

  it('names other places to look when the ledger keeps no answer', async () => {
    const { desk } = deskOf(createWorld());
    await expect(open(desk, { actor: 'ann', secret: SECRET_ARN })).rejects.toMatchObject({
      name: 'NoSealedAnswerError',
    });
    await expect(open(desk, { actor: 'ann', text: 'no envelope {here}' })).rejects.toMatchObject({
      name: 'NoSealedAnswerError',
    });
  });
});

describe('An opened answer', () => {
  const by = { actor: 'ann', reason: 'INC-7' };

  it('is announced, with its operator and reason, before it is shown', async () => {
    const { world, desk, terminal } = await received({ isTty: true });
    const said: number[] = [];
    const say = (text: string) => {
      said.push(world.aws.published.length);
      terminal.say(text);
    };
    const before = world.aws.published.length;
    await open({ ...desk, terminal: { ...terminal, say } }, { ...by, username: USERNAME, reveal: true });
    expect(said[0]).toBe(before + 1);
    expect(world.aws.published.at(-1)).toMatchObject({
      event: 'sealed-answer-opened',
      actor: 'ann',
      answers: 1,
      to: 'terminal',
      lastAct: { command: 'open', actor: 'ann', reason: 'INC-7' },
    });
    expect(world.aws.audit).toContainEqual(
      expect.objectContaining({ actor: 'ann', purpose: 'open', outcome: 'asked', reason: 'INC-7' }),
    );
  });

  it('is not announced where no part of it is shown', async () => {
    const { world, desk } = await received();
    const before = world.aws.published.length;
    await open(desk, { ...by, username: USERNAME });
    expect(world.aws.published).toHaveLength(before);
  });

  it('waits to be announced while SNS is away', async () => {
    const { world, desk } = await received();
    world.plan.decide = ({ name }) => (name === 'Publish' ? 'failed-before' : 'ok');
    await open(desk, { ...by, username: USERNAME, out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(world.state().outbox.map(({ event }) => event)).toContain('sealed-answer-opened');
  });

  it.each(['request-lost', 'response-lost', 'failed-before'] as const)(
    'is shown only where it is announced or will be (%s at any call)',
    async (fate) => {
      for (let at = 1; at <= 12; at += 1) {
        const { world, desk } = await received();
        const before = world.calls.length;
        world.plan.decide = ({ index }) => (index >= before + at ? fate : 'ok');
        const file = join(folder, `answer-${fate}-${at}`);
        await open(desk, { ...by, username: USERNAME, out: file }).catch(() => undefined);
        world.plan.decide = () => 'ok';
        const known = [...world.aws.published, ...world.state().outbox].map(({ event }) => event);
        if (existsSync(file)) expect(known, `call ${at}`).toContain('sealed-answer-opened');
      }
    },
  );

  it('opens without the ledger where a file has it, and the terminal says that no message tells of it', async () => {
    const { world, desk, terminal } = await received();
    const { line } = world.aws.log[0] as { line: string };
    const settings = { ...desk.settings, table: undefined };
    await open({ ...desk, settings }, { ...by, text: line, out: out() });
    expect(readFileSync(`${out()}.password`, 'utf8')).toBe(NEW_PASSWORD);
    expect(terminal.warned.join()).toContain('No row of the audit trail and no message tell of this');
  });
});
