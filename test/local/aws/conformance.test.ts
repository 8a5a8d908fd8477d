import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKS } from '../../../local/conformance/checks.ts';
import { startOurSide } from '../../../local/conformance/our-side.ts';

let ours: Awaited<ReturnType<typeof startOurSide>>;
beforeAll(async () => {
  ours = await startOurSide();
});
afterAll(() => ours.close());

test.each(CHECKS)('a stand-in does as AWS documents: $title', async ({ observe, expected }) => {
  expect(await observe(ours.side)).toStrictEqual(expected);
});
