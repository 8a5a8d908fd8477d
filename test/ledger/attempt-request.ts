import type { AttemptRequest } from '../../lambda/ledger/reserve.ts';
import { type CredentialState, newState } from '../../lambda/ledger/state.ts';

export const BUDGETS = { limit: 5, budget: 3, rotation: 2 };
export const NOW = Date.UTC(2026, 0, 5);
export const MINUTE_MS = 60_000;
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-AbCdEf';

/** An app that presents version v1; whatever a test is about is overridden. */
export function attemptRequest(over: Partial<AttemptRequest> & { password?: string } = {}): AttemptRequest {
  const { password = 'p1', ...rest } = over;
  const versionId = over.versionId ?? 'v1';
  return {
    username: 'Fleet',
    secretArn: SECRET_ARN,
    versionId,
    fingerprint: { id: `${versionId}:${password}`, hash: password },
    actor: 'an app',
    purpose: 'log-in',
    share: 'app',
    ...rest,
  };
}

export const exchangeOf = (token: string, over: Parameters<typeof attemptRequest>[0] = {}): AttemptRequest =>
  attemptRequest({ actor: 'rotation', purpose: 'exchange', share: 'rotation', exchange: { token }, ...over });

export function stateWith(over: Partial<CredentialState> = {}): CredentialState {
  return { ...newState('fleet'), ...over };
}
