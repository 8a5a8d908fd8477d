import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { writeShellFile } from '../../local/shell-file.ts';

it('A shell that sources the file has every variable, and only this user can read it', () => {
  const file = writeShellFile({ ONE: 'a b', TWO: "it's $HOME" });
  try {
    const shown = execFileSync('sh', ['-c', `. ${file.path}; printf '%s|%s' "$ONE" "$TWO"`]);
    expect(shown.toString()).toBe("a b|it's $HOME");
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  } finally {
    file.remove();
  }
  expect(existsSync(file.path)).toBe(false);
});
