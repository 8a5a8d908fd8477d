let failed = 0;

/** Says whether a rule was kept, and what was seen where it was not. */
export function say(what: string, held: boolean, seen: unknown = ''): void {
  if (!held) failed += 1;
  console.log(`${held ? 'ok    ' : 'FAILED'}  ${what}${held ? '' : `: ${JSON.stringify(seen)}`}`);
}

/** Ends a program that has said its rules: with 1 unless all were kept. */
export function endWith(sentence: string): void {
  console.log(failed === 0 ? sentence : `${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
