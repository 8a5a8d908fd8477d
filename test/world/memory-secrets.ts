import { randomUUID } from 'node:crypto';
import { AwsCallError } from '../../lambda/aws-call.ts';
import type { SecretStore } from '../../lambda/secret/secrets-manager.ts';
import type { RotationStarter } from '../../lambda/secret/start-rotation.ts';
import type { Process, Wire } from './fate.ts';

/** One secret in Secrets Manager, in memory, as docs/aws.md has it. */
export type MemorySecret = ReturnType<typeof createSecret>;

/** `value` is undefined before it has one, and for binary data. */
type Version = { value: string | undefined; createdAt: number; binary?: true };
type Picture = { versions: Map<string, Version>; stages: Map<string, string> };

export type SecretOptions = {
  nowMs: () => number;
  secretArn: string;
  /** After a write, reads within so much time see the state before it. @default 0 */
  staleForMs?: number;
  /** Whether AWSPENDING leaves a version together with AWSCURRENT also when the label is moved; not published. */
  pendingFollowsMove?: boolean;
  /** Whether a version that an operator makes current removes AWSPENDING from another one; not published. */
  putAbandons?: boolean;
  /** Called before an operator changes the secret. */
  beforePerson?: () => void;
  /** Told of each change of AWSCURRENT, with the values before and after. */
  onCurrent?: (by: 'function' | 'person', before: string | undefined, after: string | undefined) => void;
};

/** docs/aws.md: of a value, text or binary. */
const MAX_BYTES = 65_536;

export function createSecret(options: SecretOptions) {
  const { nowMs } = options;
  /** Another one once the secret was recreated. */
  const identity = { arn: options.secretArn };
  const versions = new Map<string, Version>();
  const stages = new Map<string, string>();
  /** `next`: as DescribeSecret shows the schedule. */
  const rotation: { enabled: boolean; next?: { nextRotationAt: number; window: string } } = { enabled: true };
  const rotationTokens: (string | undefined)[] = [];
  /** Rotations that the function had started and whose steps have not run yet. */
  const started: string[] = [];
  let before: (Picture & { until: number }) | undefined;

  const currentValue = () => versions.get(stages.get('AWSCURRENT') ?? '')?.value;
  /** The state that a reader sees: the one before the last write, while that is young. */
  const seen = (): Picture => (before && nowMs() < before.until ? before : { versions, stages });

  function write(by: 'function' | 'person', change: () => void): void {
    if (by === 'person') options.beforePerson?.();
    const staleForMs = options.staleForMs ?? 0;
    if (staleForMs > 0 && !(before && nowMs() < before.until)) {
      before = { versions: new Map(versions), stages: new Map(stages), until: nowMs() + staleForMs };
    }
    const [idBefore, valueBefore] = [stages.get('AWSCURRENT'), currentValue()];
    change();
    if (stages.get('AWSCURRENT') !== idBefore) options.onCurrent?.(by, valueBefore, currentValue());
  }

  function moveLabel(label: string, versionId: string, byPut: boolean): void {
    const left = stages.get(label);
    if (label === 'AWSCURRENT' && left !== undefined && left !== versionId) {
      // Recorded on AWS for a put; not recorded for UpdateSecretVersionStage.
      if ((byPut || options.pendingFollowsMove) && stages.get('AWSPENDING') === left)
        stages.delete('AWSPENDING');
      stages.set('AWSPREVIOUS', left);
    }
    stages.set(label, versionId);
    if (stages.get('AWSPREVIOUS') === stages.get('AWSCURRENT')) stages.delete('AWSPREVIOUS');
  }

  function put(by: 'function' | 'person', token: string, value: string, labels: readonly string[]): void {
    if (Buffer.byteLength(value) > MAX_BYTES)
      throw new AwsCallError('PutSecretValue', { name: 'InvalidParameterException' });
    const existing = versions.get(token);
    if (existing?.value === value) return;
    if (existing?.value !== undefined || existing?.binary)
      throw new AwsCallError('PutSecretValue', { name: 'ResourceExistsException' });
    fill(by, token, { value, createdAt: nowMs() }, labels);
  }

  function fill(by: 'function' | 'person', token: string, version: Version, labels: readonly string[]): void {
    write(by, () => {
      versions.set(token, version);
      const abandons = options.putAbandons && by === 'person' && labels.includes('AWSCURRENT');
      if (abandons && stages.get('AWSPENDING') !== stages.get('AWSCURRENT')) stages.delete('AWSPENDING');
      for (const label of labels) moveLabel(label, token, true);
    });
  }

  function move(
    by: 'function' | 'person',
    label: string,
    { to, from }: { to?: string; from?: string },
  ): void {
    const refused =
      (from !== undefined && stages.get(label) !== from) || (to !== undefined && !versions.has(to));
    if (refused) throw new AwsCallError('UpdateSecretVersionStage', { name: 'InvalidParameterException' });
    write(by, () => {
      if (to === undefined) stages.delete(label);
      else moveLabel(label, to, false);
    });
  }

  return {
    identity,
    rotation,
    rotationTokens,
    started,
    versions,
    stages,
    options,
    currentValue,
    /** Stores a value as an operator or the console does. */
    store(value: string, versionId: string = randomUUID()): string {
      put('person', versionId, value, ['AWSCURRENT']);
      return versionId;
    },
    /** A person stores SecretBinary, as a script does with a file. */
    storeBinary(): string {
      const versionId = randomUUID();
      fill('person', versionId, { value: undefined, binary: true, createdAt: nowMs() }, ['AWSCURRENT']);
      return versionId;
    },
    /** A person deletes the secret and creates it anew: under its name, with another ARN. */
    recreate(arn: string, value: string): void {
      versions.clear();
      stages.clear();
      before = undefined;
      identity.arn = arn;
      this.store(value);
    },
    /** A person moves AWSCURRENT to another version. */
    moveCurrentTo: (versionId: string) => move('person', 'AWSCURRENT', { to: versionId }),
    /** RotateSecret's version, or the one with which a schedule is tested. */
    stage(token: string, value?: string): void {
      if (!versions.has(token)) versions.set(token, { value, createdAt: nowMs() });
      stages.set('AWSPENDING', token);
    },
    /** After a schedule was tested: the version is removed. */
    unstage(token: string): void {
      if (stages.get('AWSPENDING') === token) stages.delete('AWSPENDING');
      versions.delete(token);
    },
    /** RotateSecret: the new token, or the old one that is attempted again because its rotation is incomplete. */
    rotate(token: string): { token: string; refused: boolean } {
      const pending = stages.get('AWSPENDING');
      if (pending !== undefined && pending !== stages.get('AWSCURRENT'))
        return { token: pending, refused: true };
      this.stage(token);
      return { token, refused: false };
    },

    starter(wire: Wire, process: Process): RotationStarter {
      return {
        rotate: (_secretArn, wanted) =>
          wire.remote(process, 'RotateSecret', () => {
            // RotateSecret also turns a rotation on again that was canceled.
            rotation.enabled = true;
            const { token, refused } = this.rotate(wanted);
            started.push(token);
            return { again: refused };
          }),
      };
    },

    api: (wire: Wire, process: Process): SecretStore => ({
      describe: () =>
        wire.remote(process, 'DescribeSecret', () => {
          const byVersion = new Map<string, string[]>();
          for (const [label, id] of seen().stages) byVersion.set(id, [...(byVersion.get(id) ?? []), label]);
          return {
            arn: identity.arn,
            rotationEnabled: rotation.enabled,
            kmsKeyId: 'key',
            stages: byVersion,
            ...rotation.next,
          };
        }),
      read: (_secretId, versionId) =>
        wire.remote(process, 'GetSecretValue', () => {
          const version = seen().versions.get(versionId);
          if (!version || (version.value === undefined && !version.binary)) return undefined;
          return { versionId, value: version.value, createdAt: version.createdAt };
        }),
      put: ({ token, value, stages: labels, rotationToken }) =>
        wire.remote(process, 'PutSecretValue', () => {
          rotationTokens.push(rotationToken);
          put('function', token, value, labels);
        }),
      moveStage: (_secretId, label, change) =>
        wire.remote(process, 'UpdateSecretVersionStage', () => move('function', label, change)),
    }),
  };
}
