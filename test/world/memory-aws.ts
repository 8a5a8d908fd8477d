import { randomBytes, randomUUID } from 'node:crypto';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import type { Alarms } from '../../lambda/alarms/publish.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import type { ItemStore } from '../../lambda/ledger/change.ts';
import type { Sealer } from '../../lambda/sealing/data-key.ts';
import { envelopeIn, type SealedLog } from '../../lambda/sealing/sealed-log.ts';
import type { SecretStore } from '../../lambda/secret/secrets-manager.ts';
import { NetworkError, type Process, type Wire } from './fate.ts';

/** AWS in memory: the state that outlives every process, as its services document it. */
export type Aws = ReturnType<typeof createAws>;

type Version = { value: string | undefined; createdAt: number };

export function createAws(nowMs: () => number, secretArn: string) {
  const versions = new Map<string, Version>();
  const stages = new Map<string, string>();
  const table = new Map<string, string>();
  const audit: unknown[] = [];
  const published: AlarmEvent[] = [];
  const log: { at: number; line: string }[] = [];
  const rotation = { enabled: true };
  const rotationTokens: (string | undefined)[] = [];
  const keys = new Map<string, { key: Buffer; context: string }>();

  const moveLabel = (label: string, versionId: string): void => {
    const before = stages.get(label);
    if (label === 'AWSCURRENT' && before !== undefined && before !== versionId)
      stages.set('AWSPREVIOUS', before);
    stages.set(label, versionId);
    if (stages.get('AWSPREVIOUS') === stages.get('AWSCURRENT')) stages.delete('AWSPREVIOUS');
  };

  return {
    secretArn,
    rotation,
    rotationTokens,
    versions,
    stages,
    table,
    audit,
    published,
    log,
    currentValue: () => versions.get(stages.get('AWSCURRENT') ?? '')?.value,
    /** As a person or the console does it. */
    store(value: string, versionId: string = randomUUID()): string {
      versions.set(versionId, { value, createdAt: nowMs() });
      moveLabel('AWSCURRENT', versionId);
      return versionId;
    },
    /** RotateSecret: the version that Secrets Manager makes. */
    stage(token: string): void {
      if (!versions.has(token)) versions.set(token, { value: undefined, createdAt: nowMs() });
      stages.set('AWSPENDING', token);
    },

    secrets: (wire: Wire, process: Process): SecretStore => ({
      describe: () =>
        wire.remote(process, 'DescribeSecret', () => {
          const byVersion = new Map<string, string[]>();
          for (const [label, id] of stages) byVersion.set(id, [...(byVersion.get(id) ?? []), label]);
          return { arn: secretArn, rotationEnabled: rotation.enabled, kmsKeyId: 'key', stages: byVersion };
        }),
      read: (_secretId, versionId) =>
        wire.remote(process, 'GetSecretValue', () => {
          const version = versions.get(versionId);
          if (version?.value === undefined) return undefined;
          return { versionId, value: version.value, createdAt: version.createdAt };
        }),
      put: ({ token, value, stages: labels, rotationToken }) =>
        wire.remote(process, 'PutSecretValue', () => {
          rotationTokens.push(rotationToken);
          const existing = versions.get(token)?.value;
          if (existing === value) return;
          if (existing !== undefined) {
            throw new AwsCallError('PutSecretValue', { name: 'ResourceExistsException' });
          }
          versions.set(token, { value, createdAt: nowMs() });
          for (const label of labels) moveLabel(label, token);
        }),
      moveStage: (_secretId, label, { to, from }) =>
        wire.remote(process, 'UpdateSecretVersionStage', () => {
          if (from !== undefined && stages.get(label) !== from) {
            throw new AwsCallError('UpdateSecretVersionStage', { name: 'InvalidParameterException' });
          }
          if (to === undefined) stages.delete(label);
          else moveLabel(label, to);
        }),
    }),

    items: (wire: Wire, process: Process): ItemStore => ({
      read: (credential) =>
        wire.remote(process, 'GetItem', () => {
          const item = table.get(credential);
          return { item: item === undefined ? undefined : JSON.parse(item), now: nowMs() };
        }),
      write: (state, expected) =>
        wire.remote(process, 'PutItem', () => {
          const stored = table.get(state.credential);
          const revision = stored === undefined ? 0 : JSON.parse(stored).revision;
          if (revision !== expected) return 'conflict';
          table.set(state.credential, JSON.stringify(state));
          return 'written';
        }),
      audit: (row) => wire.remote(process, 'PutItem (audit)', () => void audit.push(row)),
    }),

    sealer: (wire: Wire, process: Process): Sealer => ({
      newKey: (context) =>
        wire.remote(process, 'GenerateDataKey', () => {
          const key = randomBytes(32);
          const wrapped = randomBytes(24);
          keys.set(wrapped.toString('base64'), { key, context: JSON.stringify(context) });
          return { plaintext: Buffer.from(key), wrapped };
        }),
      unwrap: (wrapped, context) =>
        wire.remote(process, 'Decrypt', () => {
          const known = keys.get(wrapped.toString('base64'));
          if (!known || known.context !== JSON.stringify(context))
            throw new NetworkError('InvalidCiphertext');
          return Buffer.from(known.key);
        }),
    }),

    sealedLog: (wire: Wire, process: Process): SealedLog => ({
      write: (attempt, envelope) =>
        wire.local(process, 'stdout', () => {
          const line = JSON.stringify({ message: 'Sealed answer', attempt, sealedEnvelope: envelope });
          log.push({ at: nowMs(), line });
        }),
      find: (attempt, sinceMs) =>
        wire.remote(process, 'FilterLogEvents', () => {
          for (const { at, line } of log) {
            const envelope = at >= sinceMs ? envelopeIn(line, attempt) : undefined;
            if (envelope !== undefined) return envelope;
          }
          return undefined;
        }),
    }),

    alarms: (wire: Wire, process: Process): Alarms => ({
      publish: async (event) => {
        try {
          await wire.remote(process, 'Publish', () => void published.push(event));
          return 'published';
        } catch {
          return 'failed';
        }
      },
    }),
  };
}
