import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { type AlarmEvent, troubles } from '../../lambda/alarms/event.ts';
import { render } from '../../lambda/alarms/render.ts';
import { situations } from '../../lambda/situations/all.ts';
import { situationOf } from '../../lambda/situations/of-event.ts';
import { situations as drills } from '../../local/drill/situations.ts';
import { examples } from '../alarms/examples.ts';
import { printed, runbookPage } from './runbook-page.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** As GitHub makes them: lower case, no punctuation, hyphens for spaces. */
const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );

const anchors = anchorsOf(read('docs/runbook.md').replace(/^\s*```[\s\S]*?^\s*```/gm, ''));

const events: Record<AlarmEvent['event'], true> = {
  'failed-log-in': true,
  'guard-closed': true,
  'password-unknown': true,
  'password-lost': true,
  superseded: true,
  'rolled-forward': true,
  'password-rotated': true,
  'put-back': true,
  'kept-aside': true,
  'standing-trouble': true,
  'trouble-over': true,
  'exchanges-resume': true,
  'sealed-answer-opened': true,
  'secret-read': true,
  'pause-over': true,
  'rotation-soon': true,
};

describe('The runbook', () => {
  it.each(Object.keys(events))('has a section for the alarm %s', (event) => {
    expect(anchors).toContain(event);
  });

  it.each(['docs/reference/alarms.md'])('has every section that %s links to', (path) => {
    const linked = [...read(path).matchAll(/runbook\.md#([\w-]+)/g)].map(([, anchor]) => anchor);
    expect(linked.length).toBeGreaterThan(0);
    expect(linked.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });

  it('links only to sections that exist', () => {
    const linked = [...read('docs/runbook.md').matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(linked.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });

  it.each(troubles)(
    'has a section for the standing trouble %s, by its own name or its message’s',
    (trouble) => {
      const named: Record<string, string> = { lost: 'password-lost', unknown: 'password-unknown' };
      expect(anchors).toContain(named[trouble] ?? trouble);
    },
  );

  it('prints each situation as mails, status and explain do', async () => {
    await expect(runbookPage()).toMatchFileSnapshot('../../docs/runbook.md');
  });

  it('prints every situation of a message', () => {
    const reported = examples.map(({ event }) => situationOf(event)).filter(({ todo }) => todo.length > 0);
    const shown = printed.map((name) => situations[name]);
    // An unread answer adds one sentence to its situation.
    const missing = reported.filter((one) => !shown.includes(one) && !one.short.includes('unless'));
    expect(missing).toEqual([]);
  });

  it('has every section that status, explain and the drill link to', () => {
    const sections = [...Object.values(situations), ...drills].flatMap(({ section }) => section ?? []);
    expect(sections.filter((section) => !anchors.includes(section))).toEqual([]);
  });

  it('has each exit code of the tool with its meaning', () => {
    const text = read('docs/runbook.md').replaceAll(/\s+/g, ' ');
    const missing = Object.entries(EXIT_CODES).filter(
      ([code, means]) => !text.includes(`**${code}** ${means}`),
    );
    expect(missing).toEqual([]);
  });

  it('is short enough to be read in the night', () => {
    expect(read('docs/runbook.md').trimEnd().split('\n').length).toBeLessThanOrEqual(560);
  });

  it('names status first, and begins a section with a command at most once', () => {
    const [first = '', ...sections] = read('docs/runbook.md').split(/^## /m).slice(1);
    expect(first).toMatch(/^status\n\n```sh\nnpm run cli -- status /);
    const begun = sections.flatMap((text) => /^.+\n\n```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? []);
    expect(begun.length).toBeGreaterThan(8);
    expect(begun.filter((text) => !/^(npm start .*\n)?npm run cli -- [a-z-]+ /.test(text))).toEqual([]);
  });

  it('names only commands of the tool, and in messages only those that find settings by the secret', () => {
    const names = commands.map(({ name }) => name);
    const mails = examples.map(({ event, setting }) => render(event, setting).email).join('\n');
    const texts = [read('docs/runbook.md'), mails, read('lambda/ledger/reserve.ts')].join('\n');
    const named = new Set([...texts.matchAll(/npm run cli -- ([a-z-]+)/g)].map(([, command]) => command));
    expect([...named].filter((name) => !names.includes(name ?? ''))).toEqual([]);
    expect(mails).not.toMatch(/aws (secretsmanager|lambda|logs)|\bvi "/);
    const inMails = [...mails.matchAll(/npm run cli -- (.*)/g)].map(([, rest = '']) => rest);
    expect(inMails.length).toBeGreaterThan(90);
    expect(
      inMails.filter(
        (rest) =>
          !/^[a-z]+ (?:--from-sealed |--held |--api-key |--set-username "\$OLD_USERNAME" )?--secret /.test(
            rest,
          ),
      ),
    ).toEqual([]);
  });
});
