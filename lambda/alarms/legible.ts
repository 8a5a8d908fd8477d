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

/** An instant for people and machines: ISO 8601, UTC. A number that is no instant becomes the nearest one. */
export function instant(ms: number): string {
  const farthestMs = 8.64e15; // ECMAScript's last instant; beyond it toISOString throws
  return new Date(Math.min(farthestMs, Math.max(-farthestMs, ms)) || 0).toISOString();
}

function clipped(text: string, maxChars: number, ellipsis: string): string {
  const characters = [...text];
  if (characters.length <= maxChars) return text;
  return characters.slice(0, maxChars - ellipsis.length).join('') + ellipsis;
}
