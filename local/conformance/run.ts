import { isDeepStrictEqual } from 'node:util';
import type { Check, Side } from './check.ts';
import { CHECKS } from './checks.ts';
import { startMotoSide } from './moto-side.ts';
import { startOurSide } from './our-side.ts';

/**
 * Runs every check against our stand-ins and against a moto server, through the same SDK clients, and exits 1 unless both do
 * what AWS documents, or moto differs exactly where a difference is named.
 * Usage: node local/conformance/run.ts <path of moto_server>
 */
const motoServer = process.argv[2];
if (motoServer === undefined) throw new Error('Give the path of moto_server as the only argument.');

const ours = await startOurSide();
const moto = await startMotoSide(motoServer);
let failed = 0;
try {
  for (const check of CHECKS) {
    const complaint = await compare(check, ours.side, moto.side);
    if (complaint) failed += 1;
    const kind = check.motoStrays ? 'differs' : 'same   ';
    console.log(
      `${complaint ? 'FAILED ' : kind}  ${check.title}${complaint ? `\n         ${complaint}` : ''}`,
    );
  }
  console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
} finally {
  await moto.close();
  await ours.close();
}
process.exitCode = failed === 0 ? 0 : 1;

/** Returns the difference in words; undefined without one. */
async function compare(
  { observe, expected, motoStrays }: Check,
  ourSide: Side,
  motoSide: Side,
): Promise<string | undefined> {
  const documented = JSON.stringify(expected);
  const our = await observe(ourSide);
  if (!isDeepStrictEqual(our, expected)) return `ours: ${JSON.stringify(our)}, documented: ${documented}`;
  const their = await observe(motoSide).catch((error: Error) => {
    if (motoStrays) return error.name;
    throw error;
  });
  const differs = !isDeepStrictEqual(their, expected);
  if (differs && !motoStrays) return `moto: ${JSON.stringify(their)}, documented: ${documented}`;
  return motoStrays && !differs ? 'moto does as documented now: it no longer strays' : undefined;
}
