/**
 * The error that a line of the function's log tells of, unless it is about another secret; a list, empty or of one.
 * The log is one for all secrets of a service.
 */
export function errorIn(
  line: string,
  secretArn: string | undefined,
): { errorName: string; message: string }[] {
  try {
    const { errorName, message, secretId } = JSON.parse(line.slice(line.indexOf('{')));
    // Secrets Manager and this tool name a secret by its ARN, an operator perhaps by its name.
    const ofAnother = `${secretId}`.startsWith('arn:') && secretArn !== undefined && secretId !== secretArn;
    if (ofAnother) return [];
    return typeof errorName === 'string' && typeof message === 'string' ? [{ errorName, message }] : [];
  } catch {
    return [];
  }
}
