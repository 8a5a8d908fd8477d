import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readToken } from '../../cli/agent/token-file.ts';

const TOKEN = 'a-token-of-an-agent-for-these-tests-1';

/** Called once, right after the rights of a file were read. */
const afterStat = vi.hoisted(() => ({ call: undefined as (() => void) | undefined }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const then = <T>(found: T): T => {
    const { call } = afterStat;
    afterStat.call = undefined;
    call?.();
    return found;
  };
  return {
    ...fs,
    statSync: (...args: Parameters<typeof fs.statSync>) => then(fs.statSync(...args)),
    fstatSync: (...args: Parameters<typeof fs.fstatSync>) => then(fs.fstatSync(...args)),
  };
});

test('takes no token from a file that replaced another one after its rights were read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'));
  const file = join(folder, 'token');
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
  afterStat.call = () => {
    rmSync(file);
    writeFileSync(file, 'a-token-that-somebody-else-knows-1234\n', { mode: 0o666 });
  };
  expect(readToken(file).token).toBe(TOKEN);
  expect(afterStat.call).toBeUndefined();
  rmSync(folder, { recursive: true });
});
