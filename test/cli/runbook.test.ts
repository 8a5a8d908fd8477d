import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';

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
};

describe('The runbook', () => {
  it.each(Object.keys(events))('has a section for the alarm %s', (event) => {
    expect(anchors).toContain(event);
  });

  it.each(['docs/alarms.md', 'cli/status-words.ts'])('has every section that %s links to', (path) => {
    const linked = [...read(path).matchAll(/runbook\.md#([\w-]+)/g)].map(([, anchor]) => anchor);
    expect(linked.length).toBeGreaterThan(0);
    expect(linked.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });

  it('links to no section of its own that does not exist', () => {
    const linked = [...read('docs/runbook.md').matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(linked.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });

  it('names only commands that the tool has', () => {
    const texts = [read('docs/runbook.md'), read('docs/alarms.md'), read('lambda/ledger/reserve.ts')].join(
      '\n',
    );
    const named = new Set([...texts.matchAll(/npm run cli -- ([a-z]+)/g)].map(([, command]) => command));
    expect([...named].sort()).toEqual(['adopt', 'contract', 'open', 'status', 'trial', 'unlocked']);
  });
});
