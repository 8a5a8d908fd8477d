import { createInterface } from 'node:readline/promises';
import type { Terminal } from './desk.ts';

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
};
