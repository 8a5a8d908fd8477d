import { expect, test } from 'vitest';
import { sampleOf } from '../histories/history.ts';
import { schedules, tally } from '../histories/schedules.ts';

test('plays random schedules within the budget, and reaches each event that they are about', async () => {
  for (const { play } of sampleOf(await schedules.histories('soap'))) await play();
  for (const event of REACHED) expect(tally[event] ?? 0, event).toBeGreaterThan(1);
});

const REACHED = [
  'granted',
  'exchange granted',
  'platform said no',
  'answer lost',
  'owner died',
  'settled twice',
  'executed after its owner had gone',
  'answered after it was swept',
  'BudgetSpentError',
  'RefusedPasswordError',
  'ReplacedPasswordError',
  'WaitAfterUnknownError',
  'ExchangeInProgressError',
  'CredentialLostError',
  'the journal was unknown, is lost',
  'the journal was unknown, is idle',
  'the journal was lost, is idle',
  'a newer password overtakes',
  'both passwords are refused',
  'a dead password is put right',
  'a client asks: use',
  'a client asks: others',
  'a client asks: stopped',
  'a client is refused',
  'a client opens a session for all',
  'a client lost its lease',
  'a suspended client presents nothing',
  'a suspended client opens a session for all',
  'a client drops its session',
  'a client dies at lease',
  'a client dies at secret',
  'a client dies at log-in',
  'a client dies at session',
  'afterwards: an app logs in by itself',
  'afterwards: a trial helps',
  'afterwards: support must unlock',
];
