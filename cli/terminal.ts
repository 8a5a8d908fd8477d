import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Terminal } from './desk.ts';
import { PasswordUnusableError } from './errors.ts';

const MOST_BYTES = 64 * 1024;

/** The process's own terminal: results on stdout, everything else on stderr. */
export const processTerminal: Terminal = {
  isTty: Boolean(process.stdout.isTTY && process.stdin.isTTY),
  say: (text) => void process.stdout.write(`${text}\n`),
  warn: (text) => void process.stderr.write(`${text}\n`),
  async confirm(question) {
    const asking = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
    } finally {
      asking.close();
    }
  },
  secret: (prompt) => (process.stdin.isTTY ? typed(prompt) : piped()),
};

/** Nothing of it is echoed, and readline keeps no history of it. */
async function typed(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  asking.on('SIGINT', () => process.exit(130));
  try {
    return await asking.question('');
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}

/** One line of it: what `printf` or a password manager writes. */
async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES)
      throw new PasswordUnusableError('What came through the pipe is too large for a password.');
  }
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '');
}
