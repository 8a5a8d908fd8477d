import { describe, expect, it } from 'vitest';
import { changes } from '../../cli/changes.ts';
import { UsageError } from '../../cli/errors.ts';
import type { SecretChange } from '../../cli/surroundings.ts';
import { SECRET_ARN } from '../world/world.ts';
import { startDesk } from './desk.ts';

const STORED: SecretChange = {
  at: Date.UTC(2026, 0, 5, 3, 10),
  what: 'PutSecretValue',
  who: 'arn:aws:sts::111122223333:assumed-role/console/bob\u001b[2J',
  from: '198.51.100.7',
  versionId: 'version-2',
  refusedWith: undefined,
};

function deskWith(found: SecretChange[]) {
  const { desk, terminal } = startDesk();
  return { terminal, desk: { ...desk, surroundings: { ...desk.surroundings, changes: async () => found } } };
}

describe('The command changes', () => {
  it('shows who stored a version, and who was refused', async () => {
    const { desk, terminal } = deskWith([STORED, { ...STORED, refusedWith: 'AccessDenied' }]);
    await changes(desk, { secret: SECRET_ARN });
    const [head, stored, refused] = (terminal.said[0] ?? '').split('\n');
    expect(head).toMatch(/^WHEN +CALL +WHO +FROM +VERSION$/);
    expect(stored).toMatch(
      /^2026-01-05T03:10:00Z {2}PutSecretValue +assumed-role\/console\/bob\S*\[2J {2}198\.51\.100\.7 {2}version-2$/,
    );
    expect(stored).not.toContain('\u001b');
    expect(refused).toContain('PutSecretValue (refused: AccessDenied)');
  });

  it('says that CloudTrail is some minutes late, also where it shows nothing', async () => {
    const { desk, terminal } = deskWith([]);
    await changes(desk, { secret: SECRET_ARN });
    expect(terminal.said).toEqual([
      'CloudTrail shows no change of fleet in the last 7 days.',
      'CloudTrail shows a call some minutes after it was made.',
    ]);
  });

  it('has every fact in JSON, and nothing else in the document', async () => {
    const { desk, terminal } = deskWith([STORED]);
    await changes(desk, { secret: SECRET_ARN, json: true });
    expect(terminal.said).toHaveLength(1);
    expect(JSON.parse(terminal.said[0] ?? '')).toEqual([
      {
        at: '2026-01-05T03:10:00.000Z',
        call: 'PutSecretValue',
        who: STORED.who,
        from: '198.51.100.7',
        versionId: 'version-2',
      },
    ]);
  });

  it.each(['0', '91', 'x'])('takes no --days %s', async (days) => {
    const { desk } = deskWith([]);
    await expect(changes(desk, { secret: SECRET_ARN, days })).rejects.toThrow(UsageError);
  });
});
