import { beforeAll, describe, expect, it } from 'vitest';
import { bundleCli } from '../../../cli/bundle.ts';
import { bundleRotation } from '../../../infra/bundle.ts';
import { type Section, transcripts } from './sections.ts';

const LIMIT_MS = 600_000;

let sections: Section[] = [];
beforeAll(async () => {
  await Promise.all([bundleRotation(), bundleCli()]);
  sections = await transcripts();
}, LIMIT_MS);

const HEAD = `# The tool at work

This page shows a terminal of 100 columns, from runs of the tool against the local world: the real function, a simulated
ThingSpace, stand-ins for AWS. Times, identifiers and ports are replaced. \`--yes\` replaces the question to the operator,
and … further phases of a rotation.
\`npm run docs:transcripts\` writes this page.
`;

const page = () =>
  [HEAD, ...sections.map(({ need, text }) => `## ${need}\n\n\`\`\`console\n${text}\n\`\`\`\n`)].join('\n');

describe('docs/transcripts.md', () => {
  it('has the text that the tool prints now', async () => {
    await expect(page()).toMatchFileSnapshot('../../../docs/transcripts.md');
  });

  it('fits a terminal, except commands, which are copied whole', () => {
    const lines = page()
      .split('\n')
      .filter((line) => !/npm run cli -- /.test(line));
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  it('shows no password', () => {
    expect(page()).not.toMatch(/Read Out By Support|first Password & 1/);
  });
});
