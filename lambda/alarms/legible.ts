/**
 * Text of unknown origin (usernames, the names apps give themselves, error codes) on one line for a person:
 * line breaks, control characters and invisible characters are shown as `\u{…}`, so that nobody can write
 * lines of their own into an alarm; at most `maxChars` characters.
 */
export function oneLine(text: string, maxChars = 200): string {
  if (text === '') return '(empty)';
  const shown = text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return clipped(shown, maxChars, '…');
}

/** Printable ASCII on one line, at most `maxChars`: what an SNS subject may hold. */
export function asciiLine(text: string, maxChars: number): string {
  return clipped(oneLine(text, Number.POSITIVE_INFINITY).replace(/[^\x20-\x7e]/gu, '?'), maxChars, '...');
}

/** ASCII that takes one septet each in GSM 03.38: none of the backtick (absent) and ^{}\[]~| (two septets). */
export function gsmLine(text: string, maxChars: number): string {
  return asciiLine(text, maxChars).replace(/[`^{}\\[\]~|]/g, '?');
}

/** An instant for people and machines: ISO 8601, UTC. What is no instant of 1970 to 9999 becomes the nearest. */
export function instant(ms: number): string {
  const lastMs = 253_402_300_799_999; // beyond it ISO 8601 needs more than four digits of year
  return new Date(Math.min(lastMs, Math.max(0, ms)) || 0).toISOString();
}

function clipped(text: string, maxChars: number, ellipsis: string): string {
  const characters = [...text];
  if (characters.length <= maxChars) return text;
  return characters.slice(0, maxChars - ellipsis.length).join('') + ellipsis;
}
