import type { Check } from './check.ts';
import { kmsChecks, snsChecks } from './kms-and-sns.ts';
import { rotationChecks } from './secret-rotation.ts';
import { versionChecks } from './secret-versions.ts';

/** One list, played by two drivers: `test/local/aws/conformance.test.ts` on our stand-ins, `run.ts` also on moto. */
export const CHECKS: readonly Check[] = [...versionChecks, ...rotationChecks, ...kmsChecks, ...snsChecks];
