import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ConfigurationError, parseConfig } from '../../infra/config.ts';
import { RotationStack } from '../../infra/stack.ts';

const projectRoot = path.join(import.meta.dirname, '..', '..');

/** As cdk.json sets it, so that the tests see the template that is deployed. */
const { context } = JSON.parse(readFileSync(path.join(projectRoot, 'cdk.json'), 'utf8'));

/** A bundle whose content does not matter; the real one has its own tests. */
const anyBundle = mkdtempSync(path.join(tmpdir(), 'bundle-'));
writeFileSync(path.join(anyBundle, 'index.mjs'), 'export const handler = async () => {};\n');

const account = 'arn:aws:iam::123456789012:role';

export const twoDepartments = {
  account: '123456789012',
  region: 'us-east-1',
  alarmReceivers: [{ email: 'operations@example.com' }],
  credentials: [
    { name: 'fleet', username: 'FleetApi', readers: [`${account}/fleet-app`] },
    { name: 'metering', username: 'MeterApi', clients: [`${account}/metering-app`] },
  ],
};

/** The configuration above with members replaced; for tests of one setting. */
export const configWith = (changes: object): object => ({ ...twoDepartments, ...changes });

/** The sentences with which a configuration is rejected. */
export function sentencesOf(config: unknown): string[] {
  try {
    parseConfig(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
}

export type Resource = {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read by paths, not by types
  Properties: any;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
};

/** CDK's own checks take seconds of each process: `app.test.ts` and the gate's `.ci/templates` make them. */
const appOf = (isChecked = false) =>
  new App({
    context: { ...context, 'aws:cdk:disable-stack-trace': true },
    treeMetadata: false,
    builtinCloudFormationValidation: isChecked,
  });

/** The constructs alone. */
export function construct(config: object = twoDepartments, bundle = anyBundle, app = appOf()) {
  return { app, stack: new RotationStack(app, parseConfig(config), { bundle }) };
}

/** The resources of a template, without any check of CDK. */
export function resourcesOf(config: object): { Resources: Record<string, Resource> } {
  const app = appOf();
  const { stackName } = new RotationStack(app, parseConfig(config), { bundle: anyBundle });
  return app.synth({ skipValidation: true }).getStackByName(stackName).template;
}

const known = new Map<string, ReturnType<typeof synthesizeAnew>>();

/** The template of a configuration, made once for all files of a process. A test changes nothing in it. */
export function synthesize(config: object = twoDepartments, bundle = anyBundle) {
  const key = JSON.stringify([config, bundle]);
  const made = known.get(key) ?? synthesizeAnew(config, bundle);
  known.set(key, made);
  return made;
}

/** With CDK's own checks, as `cdk deploy` makes them. */
export const synthesizeChecked = (config: object) => synthesizeAnew(config, anyBundle, appOf(true));

export function synthesizeAnew(config: object = twoDepartments, bundle = anyBundle, app = appOf()) {
  const { stack } = construct(config, bundle, app);
  const json = Template.fromStack(stack).toJSON();
  const resources: Record<string, Resource> = json.Resources;
  return {
    app,
    stack,
    json,
    resources,
    /** Logical id and resource, of every resource of a type. */
    ofType: (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type),
    /** The only resource of a type (whose logical id begins so). */
    one(type: string, prefix = ''): Resource {
      const found = Object.entries(resources).filter(
        ([id, { Type }]) => Type === type && id.startsWith(prefix),
      );
      const [only] = found;
      if (!only || found.length > 1) throw new Error(`${found.length} resources ${type} ${prefix}`);
      return only[1];
    },
  };
}

/** Credentials without readers, as many as wanted. */
export const many = (count: number, nameOf = (index: number) => `c${index}`) =>
  Array.from({ length: count }, (_, index) => ({ name: nameOf(index), username: `user${index}` }));

/** Intrinsic functions as short text: `Ref` and `GetAtt` as the logical id without CDK's hash. */
export function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only) {
    const [name, inner] = only;
    if (name === 'Ref') return `{${withoutHash(String(inner))}}`;
    if (name === 'Fn::GetAtt') return `{${withoutHash(inner[0])}.${inner[1]}}`;
    if (name === 'Fn::Join') return inner[1].map(readable).join(inner[0]);
  }
  return Object.fromEntries(entries.map(([key, inner]) => [key, readable(inner)]));
}

const withoutHash = (logicalId: string) => logicalId.replace(/[0-9A-F]{8}$/, '');

/** A policy's statements, one line each: effect, actions, resources or principals, conditions. */
export function statements(policy: unknown): string[] {
  const { Statement } = readable(policy) as { Statement: Record<string, unknown>[] };
  return Statement.map(({ Effect, Action, Resource: on, Principal, Condition }) =>
    [
      Effect,
      [Action].flat().join(' '),
      ...(Principal ? [`by ${JSON.stringify(Principal)}`] : []),
      ...(on === '*' && Principal ? [] : [`on ${[on].flat().join(' ')}`]),
      ...(Condition ? [`if ${JSON.stringify(Condition)}`] : []),
    ].join(' '),
  );
}
