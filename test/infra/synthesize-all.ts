/** A CDK app (`.ci/templates`) with every configuration of `configurations.ts`, checked as `infra/app.ts` checks one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { parseConfig } from '../../infra/config.ts';
import { RotationStack } from '../../infra/stack.ts';
import { configurations } from './configurations.ts';

/** The templates name an asset by its hash only. */
const bundle = mkdtempSync(path.join(tmpdir(), 'bundle-'));
writeFileSync(path.join(bundle, 'index.mjs'), 'export const handler = async () => {};\n');

const app = new App();
for (const config of Object.values(configurations)) new RotationStack(app, parseConfig(config), { bundle });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
rmSync(bundle, { recursive: true });
