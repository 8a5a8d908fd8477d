import { describe, expect, test } from 'vitest';
import type { CredentialState, Journal } from '../../lambda/ledger/state.ts';
import { newState } from '../../lambda/ledger/state.ts';
import { LEASE_MS } from '../../lambda/ledger/times.ts';
import type { Observation } from '../../lambda/rotation/context.ts';
import { classify } from '../../lambda/rotation/recovery.ts';

const NOW = Date.UTC(2026, 0, 5);
const SECRET_ARN = 'arn:secret';
const exchange = {
  token: 'T1',
  attempt: 'a1',
  secretArn: SECRET_ARN,
  oldVersion: 'V0',
  oldHash: 'h0',
  startedAt: NOW - 1_000,
};

function seen(
  journal: Journal,
  over: Partial<Omit<Observation, 'state'>> & { state?: Partial<CredentialState>; version?: string } = {},
): Observation {
  const { state, version = 'V0', ...rest } = over;
  return {
    username: 'Fleet',
    state: { ...newState('fleet'), secretArn: SECRET_ARN, journal, ...state },
    now: NOW,
    current: {
      versionId: version,
      value: '{}',
      createdAt: NOW,
      credential: { username: 'Fleet', password: 'p' },
      problem: undefined,
    },
    currentIsDead: false,
    former: undefined,
    putBack: undefined,
    ...rest,
  };
}

const asked = { secretArn: SECRET_ARN, token: 'T1' };
const received: Journal = { state: 'received', ...exchange, receivedAt: NOW, envelope: 'e' };
const committed: Journal = { state: 'committed', ...exchange, receivedAt: NOW, versionId: 'T1' };
const lost: Journal = { state: 'lost', ...exchange, since: NOW };

describe('the rows for each state that earlier invocations can leave', () => {
  test.each<[string, Observation, string]>([
    ['a sealed password waits', seen(received), 'roll forward'],
    ['an exchange whose owner may live', seen({ state: 'exchanging', ...exchange }), 'wait for its owner'],
    [
      'an exchange whose lease is over, to the millisecond',
      seen({ state: 'exchanging', ...exchange, startedAt: NOW - LEASE_MS }),
      'resolve',
    ],
    [
      'an exchange in the last millisecond of its lease',
      seen({ state: 'exchanging', ...exchange, startedAt: NOW - LEASE_MS + 1 }),
      'wait for its owner',
    ],
    ['an unknown outcome', seen({ state: 'unknown', ...exchange }), 'resolve'],
    ['a lost password, and no other version stored', seen(lost), 'look for the lost one, or stop'],
    [
      'a lost password, and another version stored',
      seen(lost, { version: 'V1' }),
      'look for the lost one, or prove the stored one',
    ],
    ['a committed exchange of this rotation', seen(committed, { version: 'T1' }), 'nothing: stored'],
    [
      'a committed exchange of this rotation, another version stored since',
      seen(committed, { version: 'V1' }),
      'prove the stored one',
    ],
    [
      'a committed exchange, AWSCURRENT on a dead password',
      seen(committed, { currentIsDead: true }),
      'put back',
    ],
    [
      'a committed exchange of another rotation',
      seen({ ...committed, token: 'T0', versionId: 'V0' }),
      'nothing: clear',
    ],
    ['nothing open', seen({ state: 'idle' }), 'nothing: clear'],
    [
      'this rotation is over',
      seen({ state: 'idle', lastToken: 'T1' }, { currentIsDead: true }),
      'nothing: stored',
    ],
    [
      'nothing open, AWSCURRENT on a dead password',
      seen({ state: 'idle' }, { currentIsDead: true }),
      'put back',
    ],
    [
      'nothing open, a sealed answer that came late',
      seen({ state: 'idle' }, { state: { orphanItems: ['a0'] } }),
      'put back',
    ],
    [
      'a put-back of an earlier invocation that is not recorded',
      seen(
        { state: 'idle' },
        { putBack: { versionId: 'V0', replacedVersionId: 'V1', at: NOW, tookEffect: true } },
      ),
      'end the put-back',
    ],
    [
      'the username belongs to another secret',
      seen({ state: 'idle' }, { state: { secretArn: 'arn:other' } }),
      'stop',
    ],
    [
      'another username than the one whose exchange is open',
      seen({ state: 'idle' }, { former: { username: 'Other', journal: received } }),
      'stop',
    ],
    [
      'another username than at the last rotation, which is over',
      seen({ state: 'idle' }, { former: { username: 'Other', journal: { state: 'idle' } } }),
      'nothing: clear',
    ],
  ])('%s', (_, what, expected) => {
    const found = classify(what, asked);
    const also =
      found.do === 'nothing'
        ? `: ${found.recovered}`
        : found.do === 'look for the lost one'
          ? `, or ${found.otherwise}`
          : '';
    expect(`${found.do}${also}`).toBe(expected);
  });

  test('finds no open work in a finished rotation for a recover event, which has no token', () => {
    expect(classify(seen(committed, { version: 'T1' }), { secretArn: SECRET_ARN, token: undefined })).toEqual(
      {
        do: 'nothing',
        recovered: 'clear',
      },
    );
  });
});
