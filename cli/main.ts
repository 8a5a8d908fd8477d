#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { INSTALLED_TOOL, quoted } from '../lambda/operator-tool.ts';
import { fileError } from './errors.ts';
import type { Options } from './options.ts';
import { runTool } from './program.ts';
import { processTerminal as terminal } from './terminal.ts';

// Outside a checkout the tool speaks of itself, as it was started.
if (!import.meta.url.endsWith('.ts')) process.env.OPERATOR_TOOL ??= startedAs(process.argv[1] ?? '');

// A variable that is set to nothing says nothing, as in every other tool.
for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];

process.exitCode = await runTool(
  {
    terminal,
    reading: {
      readText,
      env: process.env,
      fetch: async (url) => (await import('./fetch-document.ts')).fetchDocument(url),
    },
    async reach(options) {
      // The SDK's notice of later versions is not the operator's business.
      process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
      if (options.profile !== undefined) process.env.AWS_PROFILE = options.profile;
      // AWS clients take longest to load: not for --help, nor for a mistyped option.
      return (await import('./wiring.ts')).reachAccount(reachOf(options));
    },
    wire: async (settings, options, account, on) =>
      (await import('./wiring.ts')).wire(settings, reachOf(options), account, on),
  },
  process.argv.slice(2),
);

function startedAs(file: string): string {
  if (process.env.npm_command === 'exec') return INSTALLED_TOOL;
  return file.endsWith('.mjs') ? `node ${/^[\w./-]+$/.test(file) ? file : quoted(file)}` : basename(file);
}

function reachOf({ region, endpoint, secret }: Options) {
  // The table and the key are beside the secret.
  const ofSecret = /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(secret ?? '')?.[1];
  return { region: region ?? ofSecret, endpoint };
}

/** Reads stdin as a stream: a terminal cannot be read at once (EAGAIN). */
async function readText(file: string): Promise<string> {
  if (file === '-' && process.stdin.isTTY) {
    terminal.warn('Paste the text, then press Enter and Ctrl-D.');
  }
  try {
    return file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  } catch (failure) {
    throw fileError(`The file ${file} cannot be read (${(failure as NodeJS.ErrnoException).code}).`);
  }
}
