import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A reader of another language: a program that answers each line, bytes in base64, by a line of JSON. */
export type Reader<Reading> = {
  name: string;
  read(inputs: readonly Buffer[]): Promise<Reading[]>;
  close(): void;
};
/** A reader that this machine cannot run, and why. */
export type Absent = { name: string; why: string };

const PROGRAMS = path.join(import.meta.dirname, 'programs');
const LXML = '6.1.3';

function outcomeOf(command: string, args: string[]): { ok: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
  return { ok: status === 0, text: `${stdout ?? ''}${stderr ?? ''}` };
}

const hasPython = () => outcomeOf('python3', ['-c', '']).ok;

/** Returns a Python with lxml in a virtual environment outside of the repository; the first call installs it. */
function pythonWithLxml(): string | undefined {
  const directory = path.join(tmpdir(), `thingspace-lxml-${LXML}`);
  const python = path.join(directory, 'bin/python');
  const has = () => outcomeOf(python, ['-c', 'import lxml.etree']).ok;
  if (has()) return python;
  outcomeOf('python3', ['-m', 'venv', directory]);
  outcomeOf(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `lxml==${LXML}`]);
  return has() ? python : undefined;
}

/** Starts the readers of SOAP. Those whose language is absent are named with the reason. */
export async function startSoapReaders<Reading>() {
  const readers: Reader<Reading>[] = [];
  const absent: Absent[] = [];
  const scratch = mkdtempSync(path.join(tmpdir(), 'readers-'));
  const begin = (name: string, command: string, ...args: string[]) =>
    void readers.push(readerOf(name, spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })));

  if (hasPython()) begin('expat', 'python3', '-B', path.join(PROGRAMS, 'expat_reader.py'));
  else absent.push({ name: 'expat', why: 'there is no python3 on this machine' });
  const python = hasPython() ? pythonWithLxml() : undefined;
  if (python) begin('lxml', python, '-B', path.join(PROGRAMS, 'lxml_reader.py'));
  else absent.push({ name: 'lxml', why: 'python3 or a virtual environment with lxml is missing' });
  const compiled = outcomeOf('javac', ['-d', scratch, path.join(PROGRAMS, 'SoapReaders.java')]);
  for (const kind of ['dom', 'stax']) {
    const name = `javax.xml ${kind}`;
    if (compiled.ok) begin(name, 'java', '-XX:TieredStopAtLevel=1', '-cp', scratch, 'SoapReaders', kind);
    else absent.push({ name, why: 'there is no JDK of version 17 or later on this machine' });
  }
  const close = () => {
    for (const reader of readers) reader.close();
    rmSync(scratch, { recursive: true, force: true });
  };
  return { readers, absent, close };
}

function readerOf<Reading>(name: string, child: ChildProcess): Reader<Reading> {
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
