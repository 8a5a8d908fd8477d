import { accessMutants } from './access.ts';
import { auditMutants } from './access-audit.ts';
import { personMutants } from './access-persons.ts';
import { accessRestMutants } from './access-rest.ts';
import { agentMutants } from './agent.ts';
import { alarmMutants } from './alarms.ts';
import { answerMutants } from './answers.ts';
import { calendarMutants } from './calendar.ts';
import { clientMutants } from './client.ts';
import { deploymentMutants } from './deployment.ts';
import { ledgerMutants } from './ledger.ts';
import { networkMutants } from './network.ts';
import { pauseMutants } from './pause.ts';
import { restMutants } from './rest.ts';
import { ridingOutMutants } from './riding-out.ts';
import { rotationMutants } from './rotation.ts';
import { rotationRestMutants } from './rotation-rest.ts';
import { saidMutants } from './said.ts';
import { sessionMutants } from './session.ts';
import { toolMutants } from './tool.ts';
import { transportMutants } from './transport.ts';

/**
 * The rules of the protocol, each taken out of the code by one edit. Without the rule some test must
 * fail: otherwise the test proves nothing, or nothing needs the rule.
 */
export type Mutant = {
  /** The rule that is taken out, as docs/design.md names it. */
  rule: string;
  file: string;
  find: string;
  replace: string;
  /** Where it must be noticed (a path that vitest takes). */
  noticedBy: string;
  /** Which of the tests there, where all of them take long (what vitest's `-t` takes). */
  testName?: string;
};

export const mutants: readonly Mutant[] = [
  ...ledgerMutants,
  ...rotationMutants,
  ...pauseMutants,
  ...calendarMutants,
  ...rotationRestMutants,
  ...saidMutants,
  ...toolMutants,
  ...alarmMutants,
  ...answerMutants,
  ...restMutants,
  ...sessionMutants,
  ...ridingOutMutants,
  ...clientMutants,
  ...accessMutants,
  ...agentMutants,
  ...auditMutants,
  ...personMutants,
  ...accessRestMutants,
  ...transportMutants,
  ...deploymentMutants,
  ...networkMutants,
];
