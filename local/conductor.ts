import { randomUUID } from 'node:crypto';
import { RotateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { WorldClock } from './aws/clock.ts';
import type { SecretsManager } from './aws/secrets-manager.ts';
import type { InvocationResult } from './function/sandbox.ts';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof STEPS)[number];

export type RotationEvent = {
  Step: Step;
  SecretId: string;
  ClientRequestToken: string;
  RotationToken?: string;
};
export type RecoverEvent = { Recover: string };

/** An act of the conductor, emitted as it happens. Times are the world's, milliseconds since 1970. */
export type ConductorEvent = { atMs: number } & (
  | { kind: 'RotationStarted' | 'RotationSucceeded' | 'RotationFailed'; secretArn: string; token: string }
  | { kind: 'step-start'; step: Step | 'recover'; attempt: number }
  | {
      kind: 'step-end';
      step: Step | 'recover';
      attempt: number;
      durationMs: number;
      result: InvocationResult;
    }
  | { kind: 'time-passes'; ms: number }
);

export type Retries = {
  /** How often the whole process runs at most. @default 5 */
  attempts?: number;
  /** World time between two of these. @default 60_000 */
  backoffMs?: number;
};

type RotationOutcome = {
  secretArn: string;
  token: string;
  succeeded: boolean;
  /** Processes that were run, the last one included. */
  attempts: number;
  /** Error of the last failed step. */
  error?: Extract<InvocationResult, { ok: false }>['error'];
};

type ConductorOptions = {
  clock: WorldClock;
  /** Talks to the stand-in as any caller of RotateSecret does. */
  client: SecretsManagerClient;
  secretsManager: SecretsManager;
  functionArn: string;
  /** Runs the function once, synchronously. */
  invoke(event: RotationEvent | RecoverEvent): Promise<InvocationResult>;
};

export interface Conductor {
  /**
   * RotateSecret, then the four steps, retried as Secrets Manager retries them. While an earlier rotation
   * is not complete, that one is attempted again, as the service does. CancelRotateSecret ends it before
   * its next step.
   */
  rotate(secretId: string, retries?: Retries): Promise<RotationOutcome>;
  /** The event that an EventBridge rule sends after RotationFailed, until it succeeds. */
  recover(secretArn: string, options?: { times?: number; afterMs?: number }): Promise<InvocationResult>;
  subscribe(listener: (event: ConductorEvent) => void): void;
}

const CANCELLED = { errorType: 'RotationCancelled', errorMessage: 'CancelRotateSecret ended the rotation.' };
const BACKOFF_MS = 60_000;
/** Longer than the settling time and the lease (20 minutes), so that recover finds them over. */
const BEFORE_RECOVER_MS = 25 * 60_000;

/** Does what Secrets Manager and EventBridge do around the function. Source: docs/aws.md, rotation. */
export function createConductor(options: ConductorOptions): Conductor {
  const { clock, client, secretsManager, functionArn } = options;
  const listeners: ((event: ConductorEvent) => void)[] = [];
  /** The callers that wait for the rotation of their RotateSecret, by the call's own token. */
  const callers = new Map<string, { retries: Retries; resolve(outcome: Promise<RotationOutcome>): void }>();
  const emit = (event: Undated<ConductorEvent>): void => {
    for (const listener of listeners) listener({ ...event, atMs: clock.nowMs() });
  };
  const pass = (ms: number): void => {
    clock.advance(ms);
    emit({ kind: 'time-passes', ms });
  };

  async function invoke(step: Step | 'recover', attempt: number, event: RotationEvent | RecoverEvent) {
    const startedAtMs = clock.nowMs();
    emit({ kind: 'step-start', step, attempt });
    const result = await options.invoke(event);
    emit({ kind: 'step-end', step, attempt, durationMs: clock.nowMs() - startedAtMs, result });
    return result;
  }

  /** The four steps in order; the first failure ends them, and so does CancelRotateSecret. */
  async function process(secretArn: string, token: string, attempt: number): Promise<InvocationResult> {
    let result: InvocationResult = { ok: true, value: null };
    for (const step of STEPS) {
      if (!secretsManager.rotationEnabled(secretArn)) return { ok: false, error: CANCELLED };
      result = await invoke(step, attempt, { Step: step, SecretId: secretArn, ClientRequestToken: token });
      if (!result.ok) break;
    }
    return result;
  }

  async function run(secretArn: string, token: string, retries: Retries = {}): Promise<RotationOutcome> {
    const { attempts = 5, backoffMs = BACKOFF_MS } = retries;
    emit({ kind: 'RotationStarted', secretArn, token });
    for (let attempt = 1; ; attempt++) {
      const result = await process(secretArn, token, attempt);
      if (result.ok) {
        secretsManager.rotated(secretArn);
        emit({ kind: 'RotationSucceeded', secretArn, token });
        return { secretArn, token, succeeded: true, attempts: attempt };
      }
      // AWS does not publish which event it sends for a canceled rotation.
      if (attempt >= attempts || !secretsManager.rotationEnabled(secretArn)) {
        emit({ kind: 'RotationFailed', secretArn, token });
        return { secretArn, token, succeeded: false, attempts: attempt, error: result.error };
      }
      pass(backoffMs);
    }
  }

  // The conductor also carries out a RotateSecret of another caller (the AWS CLI, say).
  secretsManager.onRotate = async ({ secretArn, token, askedWith, testOnly }) => {
    if (testOnly) {
      const event: RotationEvent = { Step: 'testSecret', SecretId: secretArn, ClientRequestToken: token };
      await invoke('testSecret', 1, event);
      return;
    }
    const caller = callers.get(askedWith);
    callers.delete(askedWith);
    const outcome = run(secretArn, token, caller?.retries);
    if (caller) caller.resolve(outcome);
    else await outcome;
  };

  async function rotate(secretId: string, retries: Retries = {}): Promise<RotationOutcome> {
    const token = randomUUID();
    const { promise, resolve } = Promise.withResolvers<RotationOutcome>();
    callers.set(token, { retries, resolve });
    try {
      await client.send(
        new RotateSecretCommand({
          SecretId: secretId,
          ClientRequestToken: token,
          RotationLambdaARN: functionArn,
          RotationRules: { AutomaticallyAfterDays: 90 },
        }),
      );
    } catch (error) {
      // Where a refused call makes the open rotation be attempted again, the caller waits for that one.
      if (callers.delete(token)) throw error;
    }
    return promise;
  }

  return {
    rotate,
    async recover(secretArn, { times = 1, afterMs = BEFORE_RECOVER_MS } = {}) {
      for (let attempt = 1; ; attempt++) {
        pass(afterMs);
        const result = await invoke('recover', attempt, { Recover: secretArn });
        if (result.ok || attempt >= times) return result;
      }
    },
    subscribe: (listener) => void listeners.push(listener),
  };
}

type Undated<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never;
