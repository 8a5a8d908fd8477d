import { operatorTool, quoted } from '../operator-tool.ts';
import type { BearerError, BearerProblem } from '../thingspace/rest/bearer-error.ts';
import type { Stop } from './stop.ts';

/** The parts of a credential that a message about its key may name. */
type About = { username: string; secretArn: string; versionId: string };

const WHY: Record<BearerProblem, Stop['why']> = {
  'no-key': 'person',
  'unsendable-key': 'person',
  'wrong-key': 'person',
  'wrong-key-before': 'person',
  'request-refused': 'person',
  'no-bearer': 'person',
  'wrong-address': 'person',
  refused: 'unavailable',
  unavailable: 'unavailable',
  slow: 'unavailable',
  'near-its-end': 'waits',
};
const OF_SECRET: ReadonlySet<BearerProblem> = new Set([
  'no-key',
  'unsendable-key',
  'wrong-key',
  'wrong-key-before',
]);

/** Converts the reason why there is no bearer; no password was presented, and nothing was reserved. */
export function stopWithoutBearer({ reason, message }: BearerError, about: About): Stop {
  const { username, secretArn, versionId } = about;
  const command = `${operatorTool()} store --api-key --secret ${quoted(secretArn)}`;
  const todo = OF_SECRET.has(reason) ? ` The command for it: \`${command}\`.` : '';
  const why = WHY[reason];
  return {
    why,
    message: `No log-in of ${username} was sent, and nothing counts. ${message}${todo}`,
    versionId,
    ...(why === 'person' ? { setup: true } : {}),
  };
}
