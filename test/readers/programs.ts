import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Reading } from './compare.ts';

/** A reader of another language: a program that answers each line, bytes in base64, by a line of JSON. */
export type Reader = {
  name: string;
  read(inputs: readonly Buffer[]): Promise<Reading[]>;
  close(): void;
};
/** A reader that this machine cannot run, and why. */
export type Absent = { name: string; why: string };

const PROGRAMS = path.join(import.meta.dirname, 'programs');
const LXML = '6.1.3';

/** Reports whether a command ends well. */
const outcomeOf = (command: string, args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 180_000 }).status === 0;

/** Returns a Python with lxml in a virtual environment outside of the repository; the first call installs it. */
function pythonWithLxml(): string | undefined {
  const directory = path.join(tmpdir(), `thingspace-lxml-${LXML}`);
  const python = path.join(directory, 'bin/python');
  const has = () => outcomeOf(python, ['-c', 'import lxml.etree']);
  if (has()) return python;
  outcomeOf('python3', ['-m', 'venv', directory]);
  outcomeOf(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `lxml==${LXML}`]);
  return has() ? python : undefined;
}

/** The programs that take part, until they are closed. */
export type Started = { readers: Reader[]; absent: Absent[]; close(): void };

function startPrograms() {
  const scratch = mkdtempSync(path.join(tmpdir(), 'readers-'));
  const started: Started = {
    readers: [],
    absent: [],
    close() {
      for (const reader of started.readers) reader.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
  const begin = (name: string, command: string, ...args: string[]) =>
    void started.readers.push(readerOf(name, spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })));
  const skip = (name: string, why: string) => void started.absent.push({ name, why });
  const python = (name: string, program: string, command: string | undefined, why: string) =>
    command === undefined ? skip(name, why) : begin(name, command, '-B', path.join(PROGRAMS, program));
  return { scratch, started, begin, skip, python };
}

const PYTHON = outcomeOf('python3', ['-c', '']) ? 'python3' : undefined;
const NO_PYTHON = 'there is no python3 on this machine';

/** Starts the readers of SOAP. Those whose language is absent are named with the reason. */
export function startSoapReaders(): Started {
  const { scratch, started, begin, skip, python } = startPrograms();
  python('expat', 'expat_reader.py', PYTHON, NO_PYTHON);
  python('lxml', 'lxml_reader.py', PYTHON && pythonWithLxml(), 'python3 or a venv with lxml is missing');
  if (outcomeOf('javac', ['-d', scratch, path.join(PROGRAMS, 'SoapReader.java')]))
    begin('javax.xml', 'java', '-XX:TieredStopAtLevel=1', '-cp', scratch, 'SoapReader');
  else skip('javax.xml', 'there is no JDK of version 17 or later on this machine');
  return started;
}

/** Starts the readers of REST. */
export function startRestReaders(): Started {
  const { scratch, started, begin, skip, python } = startPrograms();
  python('Python’s json', 'json_reader.py', PYTHON, NO_PYTHON);
  const binary = path.join(scratch, 'json_reader');
  if (outcomeOf('go', ['build', '-o', binary, path.join(PROGRAMS, 'json_reader.go')]))
    begin('Go’s json', binary);
  else skip('Go’s json', 'there is no Go on this machine');
  return started;
}

function readerOf(name: string, child: ChildProcess): Reader {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error(`${name} has no pipes.`);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    name,
    async read(inputs) {
      const text = inputs.map((input) => `${input.toString('base64')}\n`).join('');
      const written = stdin.write(text) ? undefined : once(stdin, 'drain');
      const readings: Reading[] = [];
      for (const _ of inputs) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`The reader ${name} has ended.`);
        readings.push(JSON.parse(value));
      }
      await written;
      return readings;
    },
    close: () => void child.kill(),
  };
}
