import { ODD_ANSWERS, type OddAnswer } from '../thingspace/rest/odd-answers.ts';

export type OddFate = { fault: 'odd-before' | 'odd-after'; odd: OddAnswer };

/** Returns the odd answers of a moment to an operation of the REST API that a history can be judged by. */
export const oddFatesAt = (fault: OddFate['fault'], operation: string): OddFate[] =>
  ODD_ANSWERS.filter((odd) => !isLie(fault, operation, odd)).map((odd) => ({ fault, odd }));

/** Codes that prove that nothing was executed, with the form and status that fit. */
const NOT_EXECUTED = /90090[1-4]|DeserializationFailed|RequestUndefined|repeats the bearer|number for a code/;

const WRONG_PASSWORD =
  /^A (?:INPUT_INVALID\.Password\.Invalid under 400|with a (?:member more|byte order mark))$/;

export const provesNothingExecuted = ({ name, fits }: Pick<OddAnswer, 'name' | 'fits'>): boolean =>
  fits === true && NOT_EXECUTED.test(name);

/**
 * Reports whether an answer says clearly what is not so. No client can see that, and an operator must act: the
 * answer brings a password that ThingSpace did not make, proves that nothing was executed after it was, or refuses a
 * password or a key that is right.
 */
function isLie(fault: OddFate['fault'], operation: string, { name, shape, fits }: OddAnswer): boolean {
  if (operation === 'GetBearer') return name.startsWith('D invalid_client under 40');
  if (operation === 'GetNewPassword' && fault === 'odd-before') return shape === undefined && fits !== false;
  if (operation === 'LogIn' && WRONG_PASSWORD.test(name)) return true;
  return operation !== 'LogOut' && fault === 'odd-after' && provesNothingExecuted({ name, fits });
}
