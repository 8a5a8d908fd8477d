import { Stack } from 'aws-cdk-lib';
import type { RotationService } from './rotation-service.ts';

/**
 * Returns a text for each imported key of a service, with the statements that must be in its policy (docs/deploy.md). A
 * key without them fails late: the alarms of CloudWatch do not arrive, or another principal may open sealed passwords.
 */
export const keyAdvice = (service: RotationService): string[] =>
  importedStatements(service).map(
    ({ keyArn, statements }) =>
      `The policy of the key ${keyArn} stays yours. Synthesis does not read it: check that it has these statements (docs/deploy.md, "Keys of your own").\n` +
      JSON.stringify(statements, null, 2),
  );

/** Returns the statements of each imported key as JSON. */
export function importedStatements(service: RotationService): { keyArn: string; statements: unknown[] }[] {
  const stack = Stack.of(service);
  return service.importedKeys().map(({ key, statements }) => ({
    keyArn: key.keyArn,
    statements: statements.map((statement) => stack.resolve(statement.toStatementJson())),
  }));
}
