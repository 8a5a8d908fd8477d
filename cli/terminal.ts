import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import pc from 'picocolors';
import type { Terminal } from './desk.ts';
import { cancelled, passwordUnusable } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { painted, wrapped } from './layout.ts';
import { passingLine } from './passing-line.ts';
import { textOfPipe } from './piped-text.ts';
import { answered } from './question.ts';

const MAX_BYTES = 64 * 1024;
const passing = passingLine(process.stderr);

/** The process's own terminal: results on stdout, everything else on stderr. */
export const processTerminal: Terminal = {
  isTty: Boolean(process.stdout.isTTY && process.stdin.isTTY),
  say: (text) => write(process.stdout, text),
  warn: (text) => write(process.stderr, text),
  progress: (text) => (text === undefined ? passing.clear() : passing.show(text)),
  async confirm(question) {
    passing.clear();
    const asking = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await answered(asking, `${question} [y/N] `);
    if (answer !== undefined) return /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no';
    process.stderr.write('\n');
    return 'cancelled';
  },
  secret: (prompt) => (process.stdin.isTTY ? typed(prompt) : piped()),
  onInterrupt(words) {
    const leave = async () => {
      write(process.stderr, `\n${await words()}`);
      process.exit(EXIT.cancelled);
    };
    process.once('SIGINT', leave);
    return () => void process.off('SIGINT', leave);
  },
};

// A reader such as `head` closes the pipe early; the command itself goes to its end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** A pipe has no width, unless COLUMNS says one. JSON is never broken. */
function write(stream: NodeJS.WriteStream, text: string): void {
  passing.clear();
  const columns = stream.columns ?? (Number(process.env.COLUMNS) || undefined);
  const laid = /^[[{]\s/.test(text) ? text : wrapped(text, columns);
  stream.write(`${stream.isTTY && pc.isColorSupported ? painted(laid) : laid}\n`);
}

/** Reads a line without an echo and without a history in readline. */
async function typed(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const line = await answered(asking, '');
  process.stderr.write('\n');
  if (line === undefined) throw cancelled();
  return line;
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BYTES) throw passwordUnusable('The text from the pipe is too large for a password.');
  }
  return textOfPipe(Buffer.concat(chunks));
}
