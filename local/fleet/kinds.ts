import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundleCli } from '../../cli/bundle.ts';
import { curlApp, pythonApp } from '../access/apps.ts';
import { CREDENTIAL, startAccess } from '../access/start.ts';
import type { World } from '../world.ts';
import { localAgent } from './agent.ts';
import type { Place } from './app.ts';

/** The requests of the apps of one kind. */
export type KindFigures = { kind: string; requests: number; failures: string[] };

/** Apps of other kinds than the library's, in the same fleet. */
export interface Kinds {
  /** For each kind that this machine cannot run: a sentence. */
  leftOut: readonly string[];
  /** Every app makes a request; resolves when all have ended. */
  work(): Promise<void>;
  /** Kills the agent or the access function, by the name in the ledger, and lets it start anew. */
  crash(actor: string): Promise<void>;
  figures(): KindFigures[];
  close(): Promise<void>;
}

type App = { kind: string; work(): Promise<void>; close(): Promise<void> };

/** So many programs use one agent. */
const AT_AGENT = 3;
const CURLS = 2;

/**
 * Starts an agent with programs beside it, and the access function with apps that use curl and Python, as far as this
 * machine has them.
 */
export async function startKinds(world: World, place: Place): Promise<Kinds> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thingspace-kinds-'));
  const tool = path.join(folder, 'tool');
  const env = {
    ...{ ...world.env, THINGSPACE_BASE_URL: place.baseUrl },
    ...(place.transport === 'rest' && { THINGSPACE_TOKEN_URL: place.tokenUrl }),
  };
  const agent = localAgent({
    ...{ tool, folder, actor: 'agent' },
    env: { ...env, ...world.operatorEnv, THINGSPACE_SECRET: world.secretArn },
    args: place.transport === 'soap' ? ['--username', place.username] : [],
  });
  const [hasCurl, python] = await Promise.all([curlIsNewEnough(), pythonWithPackages(), bundleCli(tool)]);
  await agent.start();
  const access = await startAccess({ ...world, env }).catch(async (failure) => {
    await agent.close();
    throw failure;
  });
  const door = {
    ...{ url: access.url, credential: CREDENTIAL },
    ...{ region: world.aws.region, principal: access.principals.shop },
  };
  const program = { kind: 'agent', work: agent.work, close: async () => undefined };
  const apps: App[] = [
    ...Array.from({ length: AT_AGENT }, () => program),
    ...Array.from({ length: hasCurl ? CURLS : 0 }, () => ({ kind: 'curl', ...curlApp(door) })),
    ...(python === undefined ? [] : [{ kind: 'Python', ...pythonApp(python, door) }]),
  ];
  const ends: { kind: string; failure: string | undefined }[] = [];
  return {
    leftOut: [...(hasCurl ? [] : [NO_CURL]), ...(python === undefined ? [NO_PYTHON] : [])],
    async work() {
      const end = (kind: string) => (failure?: Error) => void ends.push({ kind, failure: failure?.message });
      await Promise.all(apps.map(({ kind, work }) => work().then(() => end(kind)(), end(kind))));
    },
    async crash(actor) {
      if (actor === agent.actor) {
        await agent.close();
        await agent.start();
      } else await access.kill();
    },
    figures: () =>
      [...new Set(apps.map(({ kind }) => kind))].map((kind) => {
        const own = ends.filter((end) => end.kind === kind);
        return { kind, requests: own.length, failures: own.flatMap(({ failure }) => failure ?? []) };
      }),
    async close() {
      await Promise.all([...apps.map((app) => app.close()), agent.close(), access.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const NO_CURL = 'curl is left out: this machine has none, or one before 7.84.';
const NO_PYTHON = 'Python is left out: this machine has no python3 with the packages requests and botocore.';

/** It takes --json since 7.82, and %header{} since 7.84. */
async function curlIsNewEnough(): Promise<boolean> {
  const version = await outputOf('curl', ['--version']);
  const [, major = 0, minor = 0] = /^curl (\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return Number(major) * 1_000 + Number(minor) >= 7_084;
}

/** Returns the path of the Python that the shell finds, if it has the packages of the example. */
const pythonWithPackages = (): Promise<string | undefined> =>
  outputOf('python3', ['-c', 'import requests, botocore, sys; print(sys.executable, end="")']);

/** Returns what a command writes; undefined when it is missing or fails. */
const outputOf = (command: string, args: string[]): Promise<string | undefined> =>
  promisify(execFile)(command, args).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
