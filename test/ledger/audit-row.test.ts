import { expect, test } from 'vitest';
import { noteEvent } from '../../lambda/ledger/audit-row.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/** The rows that are items, and those that wait in the item, in the order of their writing. */
const rowsOf = (world: World) => [...world.aws.audit, ...world.state().auditRows];
const shown = (world: World) =>
  rowsOf(world).map(({ actor, purpose, outcome }) => `${actor} ${purpose} ${outcome}`);

test('the audit trail keeps the end of a rotation after its message has passed', async () => {
  const world = createWorld();
  const { token } = await world.rotate();
  expect(world.state().outbox).toEqual([]);
  expect(rowsOf(world).at(-1)).toMatchObject({
    purpose: 'event',
    outcome: 'password-rotated',
    token,
    exposure: 0,
  });
});

test('the audit trail keeps a loss, and its end', async () => {
  const world = createWorld();
  await world.rotateMeeting('GetNewPassword', 'killed-after', { attempts: 2, backoffMs: 25 * MINUTE_MS });
  world.restoreByHand('Support&Reset 1');
  await world.trial();
  await world.recover();
  expect(shown(world)).toEqual([
    'rotation log-in success',
    'ledger event password-unknown',
    'rotation exchange unknown',
    'ledger event password-lost',
    'rotation probe failure',
    'a person trial success',
    'ledger event trouble-over',
  ]);
  expect(rowsOf(world).at(-1)).toMatchObject({ trouble: 'lost', exposure: 0 });
});

test('a log-in whose process died has a row when it is counted', async () => {
  const world = createWorld();
  await world.rotateMeeting('LogIn', 'killed-after');
  expect(shown(world)).toEqual([]);
  world.advance(25 * MINUTE_MS);
  await world.recover();
  expect(shown(world)).toContain('rotation log-in unknown');
  expect(rowsOf(world).filter(({ outcome }) => outcome === 'unknown')).toHaveLength(1);
});

test('an item keeps at most a hundred waiting rows', async () => {
  const world = createWorld();
  const { ledger } = world.wireUp(startProcess());
  const row = { at: 1, actor: 'ann', purpose: 'adopt', secretArn: 'arn', versionId: '', outcome: 'adopted' };
  await ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
    for (let n = 0; n < 120; n += 1) state.auditRows.push({ ...row, attempt: `row ${n}`, exposure: 0 });
  });
  expect(world.state().auditRows).toHaveLength(100);
  expect(world.state().auditRows.at(-1)).toMatchObject({ attempt: 'row 119' });
});

test('the row of a read names the reader, and that of another event the ledger', () => {
  const about = { id: 'x', at: 1, credential: 'fleet', username: 'Fleet', secretArn: 'arn' };
  const item: Parameters<typeof noteEvent>[0] = { auditRows: [] };
  const read = { who: 'arn:aws:iam::1:user/eve', from: '198.51.100.9', agent: 'curl', readAt: 1 };
  noteEvent(item, { ...about, ...read, event: 'secret-read' });
  noteEvent(item, {
    ...about,
    event: 'sealed-answer-opened',
    actor: 'ann',
    token: 't',
    answers: 1,
    to: 'file',
  });
  noteEvent(item, { ...about, event: 'superseded', token: 't' });
  expect(item.auditRows.map(({ actor }) => actor)).toEqual(['arn:aws:iam::1:user/eve', 'ann', 'ledger']);
});
