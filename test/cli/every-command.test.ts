import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { documents } from '../../cli/documents.ts';
import { wrapped } from '../../cli/layout.ts';
import { commandsPage, everyCommand, firstLine, inJson, inJsonDenied, played } from './every-command.ts';
import { toolIn } from './seat.ts';

let all: Awaited<ReturnType<typeof everyCommand>>;
beforeAll(async () => {
  // A machine whose clock agrees with that of the world.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 5) });
  all = await everyCommand();
});
afterAll(() => void vi.useRealTimers());
const of = (situation: string) => all.filter((one) => one.situation === situation);
const codesOf = (situation: string) => new Set(of(situation).map(({ seen }) => seen.code));

describe('Every command of the tool', () => {
  it('prints what docs/reference/commands.md has', async () => {
    await expect(commandsPage(all)).toMatchFileSnapshot('../../docs/reference/commands.md');
  });

  it('ends with 4 and does nothing when AWS takes no call', () => {
    for (const situation of ['every call denied', 'the AWS session is over', 'throttled']) {
      expect(codesOf(situation), situation).toEqual(new Set([4]));
      expect(of(situation).filter(({ seen }) => seen.done.length > 0)).toEqual([]);
    }
  });

  it('ends with 2 and does nothing when it is called wrongly', () => {
    for (const situation of ['a mistyped option', 'a pipe, without --yes']) {
      expect(codesOf(situation), situation).toEqual(new Set([2]));
      expect(of(situation).filter(({ seen }) => seen.done.length > 0)).toEqual([]);
    }
  });

  it.each(['--help', '--version', 'status --help'])('ends with 0 after %s', async (words) => {
    const { code, out, error } = await toolIn().run(words.split(' '));
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).not.toBe('');
  });

  it.each([
    ['Ctrl-C at the question', 130],
    ['the answer no', 130],
    ['a dry run', 0],
  ])('ends and does nothing after %s', (situation, code) => {
    expect(of(situation).length).toBeGreaterThan(7);
    const wrong = of(situation).filter(({ seen }) => seen.code !== code || seen.done.length > 0);
    expect(wrong.map(({ name, seen }) => [name, seen.code, firstLine(seen), seen.done])).toEqual([]);
  });

  it('ends with 4 and does nothing when its one write is denied', () => {
    const wrong = of('the write denied').filter(({ seen }) => seen.code !== 4 || seen.done.length > 0);
    expect(wrong.map(({ name, seen }) => [name, seen.code, firstLine(seen), seen.done])).toEqual([]);
  });

  it('prints the published rows for all credentials', async () => {
    const shown = JSON.parse((await inJson('status', '--all')).out);
    expect(v.safeParse(documents['status --all'], shown).issues).toBeUndefined();
    expect(shown).toMatchObject([{ name: 'fleet', exitCode: 0, report: { verdict: { finding: 'well' } } }]);
  });

  it('names the secret that is not there', () => {
    const wrong = of('a secret that is not there').filter(
      ({ seen }) => !firstLine(seen).includes('thingspace/flete'),
    );
    expect(wrong.map(({ name, seen }) => [name, firstLine(seen)])).toEqual([]);
  });

  it('loses no word on a narrow terminal, and has no color in its texts', () => {
    for (const { name, situation, seen } of all) {
      const text = seen.out + seen.error;
      expect(text, `${name}: ${situation}`).not.toContain('\u001b');
      const words = (line: string) => line.split(/\s+/).join(' ');
      expect(words(wrapped(text, 48)), `${name}: ${situation}`).toBe(words(text));
    }
  });

  it.each(played.map(({ name }) => name))(
    'prints one document of the published shape with --json (%s)',
    async (name) => {
      const shape = name in documents ? documents[name as keyof typeof documents] : documents.ended;
      const faultsOf = (document: unknown) =>
        v.safeParse(v.union([shape, documents.ended]), document).issues?.map((issue) => issue.message);
      expect(faultsOf(JSON.parse((await inJson(name)).out))).toBeUndefined();
      for (const failed of [await inJsonDenied(name), await inJson(name, '--nonsense')]) {
        const document = JSON.parse(failed.out);
        expect(faultsOf(document)).toBeUndefined();
        if (failed.code === 2) expect(document).toMatchObject({ command: name, exitCode: 2 });
      }
    },
  );
});
