/** The CDK app (`cdk.json`): builds the function, reads the configuration, checks the result. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleAccess, bundleRotation } from './bundle.ts';
import { ConfigurationError, readConfig } from './config.ts';
import { keyAdvice } from './key-advice.ts';
import { sentencesIn } from './rejection.ts';
import { RotationStack } from './stack.ts';

const own = path.join(import.meta.dirname, '..', 'thingspace.config.json');

/** `-c config=<file>`, else `thingspace.config.json`. Never the example unasked: it could be deployed. */
function configFile(app: App): string {
  const given: unknown = app.node.tryGetContext('config');
  if (typeof given === 'string') return path.resolve(given);
  if (existsSync(own)) return own;
  throw new ConfigurationError(
    'There is no thingspace.config.json, so nothing is made: copy infra/example.config.json to that name and edit it. ' +
      'To look at the example, name it: npx cdk synth -c config=infra/example.config.json',
  );
}

try {
  const app = new App();
  const config = readConfig(configFile(app));
  await bundleRotation();
  if (config.access) await bundleAccess();
  const { service } = new RotationStack(app, config);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
  // To the errors, so that a template that is written to a file stays one.
  for (const advice of keyAdvice(service)) console.error(advice);
} catch (error) {
  const sentences = sentencesIn(error);
  if (sentences === undefined) throw error;
  console.error(sentences);
  process.exitCode = 1;
}
