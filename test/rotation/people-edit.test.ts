import { describe, expect, test } from 'vitest';
import { EDITS } from '../world/people.ts';
import { judgeEverywhere } from '../world/people-histories.ts';

describe('a person stores something while a rotation runs, before and after each remote call', () => {
  for (const act of EDITS) {
    test(`who ${act.name}: nothing live is overwritten, and the next rotation or the advice goes on`, async () => {
      const { histories, ends } = await judgeEverywhere(act);
      console.log(`${histories} histories, a person ${act.name}: ${JSON.stringify(ends)}`);
      expect(histories).toBeGreaterThan(500);
    });
  }
});
