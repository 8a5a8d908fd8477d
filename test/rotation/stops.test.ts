import { expect, test } from 'vitest';
import { countByFolder, stopsOfCreateSecret } from '../histories/stops.ts';

/** The reader of a healthy createSecret stops at each of these. The numbers may fall, and must not rise. */
const CEILING = { files: 24, functions: 74 };

test('leads a healthy createSecret through no more files and named functions than before', async () => {
  const { folders, all } = countByFolder(await stopsOfCreateSecret());
  console.log(JSON.stringify({ folders, all }));
  expect(Object.keys(folders)).toEqual(expect.arrayContaining(['lambda/rotation', 'lambda/ledger']));
  expect(all.files).toBeLessThanOrEqual(CEILING.files);
  expect(all.functions).toBeLessThanOrEqual(CEILING.functions);
});
