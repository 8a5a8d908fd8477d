import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { fileError } from '../errors.ts';
import { writePrivately } from '../private-file.ts';
import { removeOwn } from './own-file.ts';

/** The agent's token. `remove` takes the file away if the agent has made it, and it still holds this token. */
export type AgentToken = { token: string; remove(): void };

/** Enough that nobody guesses it, and nothing that a header cannot carry. */
const TOKEN = /^[\x21-\x7e]{32,256}$/;
/** Rights to write for the group, and any for all others. The group may read: an app may run as another user. */
const TOO_OPEN = 0o027;

/**
 * Reads the token that programs must send, or makes the file with a new one, for its owner alone.
 * @throws FileError
 */
export function readToken(path: string): AgentToken {
  const token = existing(path);
  if (token !== undefined) return { token, remove: () => undefined };
  const made = randomBytes(32).toString('base64url');
  const content = `${made}\n`;
  writePrivately(path, content);
  return { token: made, remove: () => removeOwn(path, content) };
}

function existing(path: string): string | undefined {
  const found = readIfThere(path);
  if (!found) return undefined;
  const { text, mode, uid } = found;
  if ((mode & TOO_OPEN) !== 0) {
    throw fileError(
      `The token file ${path} is open to other users (mode ${(mode & 0o777).toString(8)}): they could ask for the session. Run ` +
        '`chmod 600` on it, or 640 where the app runs as another user of its group. If others may have read it, remove ' +
        'it: the agent makes a new one.',
    );
  }
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw fileError(
      `The token file ${path} belongs to another user (${uid}), who knows the token. Run the agent as that user, or remove ` +
        'the file: the agent makes a new one.',
    );
  }
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  throw fileError(
    `The token file ${path} does not hold a token: 32 to 256 printable ASCII characters without a blank. Remove it, ` +
      'and the agent makes a new one.',
  );
}

function readIfThere(path: string): { text: string; mode: number; uid: number } | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    // Rights and content of one file: the path may lead to another one a moment later.
    const { mode, uid } = fstatSync(file);
    return { mode, uid, text: readFileSync(file, 'utf8') };
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw fileError(
      `The token file ${path} cannot be read (${code}). Name a file that the agent may read, or one that does not exist ` +
        'yet, in --token-file.',
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
