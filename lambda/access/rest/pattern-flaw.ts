import { isOfRest } from '../operation-patterns.ts';
import { Refusal } from '../refusal.ts';
import { namedOperation } from './named-operation.ts';
import { OPERATIONS } from './operations.ts';

/** Returns what to write in place of an operation of REST that a rule can never give; undefined when it can, or is a pattern. */
export function flawOfPath(pattern: string): string | undefined {
  if (!isOfRest(pattern) || pattern.includes('*') || OPERATIONS.has(pattern)) return undefined;
  const [method = '', path = ''] = pattern.split(' ');
  const operation = operationAt(method, path);
  if (operation !== undefined && OPERATIONS.has(operation)) {
    return `write ${operation}, and the account or the group in the rule's accounts or groups: an operation has the same name for all of them`;
  }
  return `write an operation of ThingSpace's description, or a pattern with an asterisk: ${pattern} is not one of them`;
}

function operationAt(method: string, path: string): string | undefined {
  try {
    return namedOperation(method, path).operation;
  } catch (failure) {
    if (failure instanceof Refusal) return undefined;
    throw failure;
  }
}
