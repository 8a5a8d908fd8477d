import { isDeepStrictEqual } from 'node:util';
import type { Check, Side } from './check.ts';
import { kmsChecks, snsChecks } from './kms-and-sns.ts';
import { startMotoSide } from './moto-side.ts';
import { startOurSide } from './our-side.ts';
import { secretsManagerChecks } from './secrets-manager-checks.ts';
import { secretsManagerDifferences } from './secrets-manager-differences.ts';

/**
 * Runs every check against our stand-ins and against a moto server, through the same SDK clients, and
 * exits 1 unless both do the same, or differ exactly where a difference is named.
 * Usage: node local/conformance/run.ts <path of moto_server>
 */
const motoServer = process.argv[2];
if (motoServer === undefined) throw new Error('Give the path of moto_server as the only argument.');

const ours = await startOurSide();
const moto = await startMotoSide(motoServer);
let failed = 0;
try {
  const checks = [...secretsManagerChecks, ...secretsManagerDifferences, ...kmsChecks, ...snsChecks];
  for (const check of checks) {
    const complaint = await compare(check, ours.side, moto.side);
    if (complaint) failed += 1;
    const kind = check.documented === undefined ? 'same   ' : 'differs';
    console.log(
      `${complaint ? 'FAILED ' : kind}  ${check.title}${complaint ? `\n         ${complaint}` : ''}`,
    );
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
} finally {
  await moto.close();
  await ours.close();
}
process.exitCode = failed === 0 ? 0 : 1;

/** Returns the difference in words; undefined without one. */
async function compare(check: Check, ourSide: Side, motoSide: Side): Promise<string | undefined> {
  const ourDeed = await check.observe(ourSide);
  const motoDeed = await check.observe(motoSide);
  const [our, their] = [JSON.stringify(ourDeed), JSON.stringify(motoDeed)];
  const same = isDeepStrictEqual(ourDeed, motoDeed);
  if (check.documented === undefined) {
    return same ? undefined : `ours: ${our}, moto: ${their}`;
  }
  if (!isDeepStrictEqual(ourDeed, check.documented)) {
    return `ours: ${our}, documented: ${JSON.stringify(check.documented)}`;
  }
  return same ? `moto does as documented now: move this to the checks that agree (${their})` : undefined;
}
