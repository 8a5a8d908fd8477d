/**
 * `npm run package`: a plain CloudFormation template and the functions' archives, for a deployment without CDK
 * (docs/deploy.md, "Without CDK").
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { App, type IStackSynthesizer, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleAccess, bundleRotation } from './bundle.ts';
import { type Config, ConfigurationError, readConfig } from './config.ts';
import { keyAdvice } from './key-advice.ts';
import { PlainSynthesizer } from './plain-synthesizer.ts';
import { sentencesIn } from './rejection.ts';
import { RotationStack } from './stack.ts';
import { zipOf } from './zip.ts';

const projectRoot = path.join(import.meta.dirname, '..');

/**
 * Writes `template.json` and an archive for each function into a directory, replacing files of the same names.
 * @returns the names of the files, and texts for the reader
 * @throws ConfigurationError where no role is named by which CloudFormation deploys
 */
export function writePackage(
  config: Config,
  directory: string,
  bundle?: string,
): { files: string[]; advice: string[] } {
  if (config.deploymentRoles.length === 0) {
    throw new ConfigurationError(
      'deploymentRoles: write the role by which CloudFormation will deploy (its service role, or the role that starts the deployment): it may have to read a secret when it updates one.',
    );
  }
  const outdir = mkdtempSync(path.join(tmpdir(), 'package-'));
  const { context } = JSON.parse(readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8'));
  const app = new App({ context, outdir, analyticsReporting: false });
  const synthesizer = new PlainSynthesizer();
  const stack = new RotationStack(app, config, {
    // CDK's class declares the qualifier as undefined, its interface as left out.
    synthesizer: synthesizer as IStackSynthesizer,
    ...(bundle === undefined ? {} : { bundle }),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { template } = app.synth().getStackByName(stack.stackName);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'template.json'), JSON.stringify(template));
  for (const { directory: asset, key } of synthesizer.archives) {
    writeFileSync(path.join(directory, key), zipOf(path.resolve(outdir, asset)));
  }
  rmSync(outdir, { recursive: true });
  const files = ['template.json', ...synthesizer.archives.map(({ key }) => key)];
  return { files, advice: keyAdvice(stack.service) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: 'thingspace.config.json' },
      out: { type: 'string', default: 'dist/package' },
    },
  });
  const config = readConfig(path.resolve(values.config));
  await bundleRotation();
  if (config.access) await bundleAccess();
  const { files, advice } = writePackage(config, values.out);
  for (const text of advice) console.error(text);
  for (const file of files) console.log(path.join(values.out, file));
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    const sentences = sentencesIn(error);
    if (sentences === undefined) throw error;
    console.error(sentences);
    process.exitCode = 1;
  });
}
