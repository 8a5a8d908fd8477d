import { passwordUnusable } from './errors.ts';

/** The marks that UTF-16 begins with. PowerShell writes it into pipes and files. */
const UTF_16 = /^(fffe|feff)/;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Returns the text of a pipe, without a byte order mark and the line breaks at its end, which editors and `echo` add. It
 * may have several lines.
 * @throws PasswordUnusableError for other bytes than UTF-8: each such byte would become another character
 */
export function textOfPipe(bytes: Buffer): string {
  if (UTF_16.test(bytes.toString('hex', 0, 2)) || bytes.includes(0)) {
    throw passwordUnusable(
      'The text from the pipe is in UTF-16, or holds NUL bytes: write UTF-8 (PowerShell: `$OutputEncoding = [Text.UTF8Encoding]::new()`), or type the ' +
        'password. No version was stored.',
    );
  }
  const text = utf8(bytes).replace(/[\r\n]+$/, '');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/**
 * Returns the password in the text of a pipe.
 * @throws PasswordUnusableError for several lines, and for the whole value of a secret
 */
export function passwordInPipe(text: string): string {
  if (isWholeSecret(text)) {
    throw passwordUnusable(
      'The pipe holds the whole value of a secret, not the password alone: pipe the password, for example through ' +
        '`jq -j .password`. No version was stored.',
    );
  }
  if (/[\r\n]/.test(text)) {
    throw passwordUnusable(
      'The pipe holds more than one line: pipe the password alone. No version was stored.',
    );
  }
  return text;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw passwordUnusable(
      'The text from the pipe is not UTF-8, and its bytes would become other characters: convert it, for example by ' +
        '`iconv -f latin1 -t utf-8`, or type the password. No version was stored.',
    );
  }
}

function isWholeSecret(text: string): boolean {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
