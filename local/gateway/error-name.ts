/**
 * The exception's name or the fault's code in an error answer, in whichever protocol it is written:
 * AWS JSON (`__type`), AWS query (`<Code>`), SOAP (`<faultcode>`), ThingSpace REST (`errorCode`).
 * Undefined for a success and for an answer that names none. Quotes nothing else of the body.
 */
export function errorNameOf(status: number, body: string): string | undefined {
  if (status < 400) return undefined;
  const named =
    /"__type"\s*:\s*"(?:[^"#]*#)?([\w.:]+)"/.exec(body) ??
    /<Code>([\w.]+)<\/Code>/.exec(body) ??
    /<faultcode[^>]*>([\w.:]+)<\/faultcode>/.exec(body) ??
    /"errorCode"\s*:\s*"([\w.]+)"/.exec(body) ??
    /"code"\s*:\s*"?(\d+)"?/.exec(body);
  return named?.[1];
}
