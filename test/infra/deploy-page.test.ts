import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../infra/config.ts';
import { configWith, twoDepartments } from './synthesize.ts';

const read = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
const page = read('deploy.md');
const commandsIn = (text: string) =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    [...block.matchAll(/npm run cli -- ([a-z-]+)|npx cdk (deploy)/g)].map(([, tool, cdk]) => tool ?? cdk),
  );

test('deploying is one procedure: contract, deploy, confirm, store with its trial (and REST’s key), rotate, message', () => {
  const steps = page.slice(page.indexOf('## 1. '), page.indexOf('## When it rotates'));
  expect(commandsIn(steps)).toEqual([
    'contract',
    'deploy',
    'doctor',
    'test-alarm',
    'store',
    'store',
    'rotate',
  ]);
  expect(steps.slice(steps.indexOf('npm run cli -- rotate'))).toContain('`password-rotated` arrives');
});

test('switching stores and proves the key before the word changes', () => {
  const section = page.slice(page.indexOf('## Switching'), page.indexOf('## Coming back'));
  expect(commandsIn(section.replaceAll(/^ {3}/gm, ''))).toEqual(['store', 'doctor']);
  expect(section.indexOf('doctor --secret "$THINGSPACE_SECRET" --rest')).toBeLessThan(
    section.indexOf('`"transport": "rest"`'),
  );
});

test('the runbook’s first installation begins as the procedure does, and links to the rest', () => {
  const [section = ''] = /^## First installation$[\s\S]*?(?=^## )/m.exec(read('runbook.md')) ?? [];
  expect(commandsIn(section)).toEqual(['contract']);
  expect(section).toContain('(deploy.md)');
});

/** The names of settings that a refusal lists. */
function settingsOf(config: object): string[] {
  try {
    parseConfig(config);
  } catch (refusal) {
    const [, names = ''] = /it is no setting \(there are ([^)]*)\)/.exec((refusal as Error).message) ?? [];
    return names.split(', ');
  }
  return [];
}

test('the table of settings names every setting', () => {
  const named = [...page.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell).join(' ');
  const [fleet] = twoDepartments.credentials;
  const all = [
    ...settingsOf(configWith({ none: 1 })),
    ...settingsOf(configWith({ thingspace: { none: 1 } })),
    ...settingsOf(configWith({ lockout: { none: 1 } })),
    ...settingsOf(configWith({ egress: { none: 1 } })),
    ...settingsOf(configWith({ vpc: { none: 1 } })),
    ...settingsOf(configWith({ credentials: [{ ...fleet, none: 1 }] })),
  ];
  expect(all).toContain('exchangeBrake');
  expect(all.filter((name) => !new RegExp(`\\b${name}\\b`).test(named))).toEqual([]);
});

test('the example of the page can be deployed', () => {
  const [, example = ''] = /```json\n(\{\n {2}"stackName"[\s\S]*?)```/.exec(page) ?? [];
  expect(parseConfig(JSON.parse(example)).credentials[0]?.name).toBe('fleet');
});
