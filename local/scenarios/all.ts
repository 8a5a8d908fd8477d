import { crashAfterReceive } from './crash-after-receive.ts';
import { lostResponse } from './lost-response.ts';
import { rotation } from './rotation.ts';
import type { Scenario } from './scenario.ts';
import { secretsManagerDown } from './secrets-manager-down.ts';
import { wrongPassword } from './wrong-password.ts';

/** The first is what `npm start` plays when it is not told which. */
export const scenarios: readonly Scenario[] = [
  rotation,
  crashAfterReceive,
  lostResponse,
  secretsManagerDown,
  wrongPassword,
];
