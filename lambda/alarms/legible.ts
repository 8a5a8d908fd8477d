/**
 * Returns text of unknown origin (usernames, apps' names, error codes) on one line for a reader, at most `maxChars`
 * characters. Line breaks, control characters, and invisible characters are shown as `\u{…}`, so that no such text can
 * add lines to an alarm.
 */
export function oneLine(text: string, maxChars = 200): string {
  if (text === '') return '(empty)';
  const shown = text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return clipped(shown, maxChars, '…');
}

/** Returns printable ASCII on one line, at most `maxChars`: an SNS subject may hold no more. */
export function asciiLine(text: string, maxChars: number): string {
  return clipped(oneLine(text, Number.POSITIVE_INFINITY).replace(/[^\x20-\x7e]/gu, '?'), maxChars, '...');
}

/** ASCII that takes one septet each in GSM 03.38: none of the backtick (absent) and ^{}\[]~| (two septets). */
export function gsmLine(text: string, maxChars: number): string {
  return asciiLine(text, maxChars).replace(/[`^{}\\[\]~|]/g, '?');
}

/**
 * An instant for people and machines: ISO 8601, UTC. A number outside of the years 1970 to 9999 becomes the nearest
 * instant.
 */
export function instant(ms: number): string {
  const lastMs = 253_402_300_799_999; // beyond it ISO 8601 needs more than four digits of year
  return new Date(Math.min(lastMs, Math.max(0, ms)) || 0).toISOString();
}

function clipped(text: string, maxChars: number, ellipsis: string): string {
  const characters = [...text];
  if (characters.length <= maxChars) return text;
  return characters.slice(0, maxChars - ellipsis.length).join('') + ellipsis;
}
