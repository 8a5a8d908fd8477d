import { readFileSync } from 'node:fs';
import { HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { configurations } from './configurations.ts';
import { synthesize } from './synthesize.ts';

const packs = [NIST80053R5Checks, HIPAASecurityChecks, PCIDSS321Checks, ServerlessChecks];

/** The names of the rules that a pack finds broken, without the pack's own: `LambdaDLQ`. */
function findings(changes: object): Set<string> {
  const { app } = synthesize({ ...configurations.Access, ...changes });
  return new Set(
    packs.flatMap((Pack) =>
      new Pack(app).validateScope(app).violations.map(({ ruleName }) => ruleName.replace(/^.*-/, '')),
    ),
  );
}

const found = findings({});

test('docs/security.md answers each finding of cdk-nag’s packs, and no other', () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('## What a scanner reports');
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  const answered = rows.flatMap((row) => [...(row.split(' | ')[1] ?? '').matchAll(/`(\w+)`/g)]);
  expect(answered.map(([, name = '']) => name).sort()).toEqual([...found].sort());
});

test('the settings that docs/security.md names end their findings', () => {
  const { vpc } = configurations.Vpc as { vpc: object };
  const { access } = configurations.Access as { access: object };
  const left = findings({
    vpc,
    tracing: true,
    reservedConcurrency: 2,
    access: { ...access, reservedConcurrency: 10 },
  });
  expect([...found].filter((rule) => !left.has(rule)).sort()).toEqual([
    'LambdaConcurrency',
    'LambdaInsideVPC',
    'LambdaTracing',
  ]);
});
