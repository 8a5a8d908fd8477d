import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { scriptOf, toolIn } from './seat.ts';

/** Completes a line as the shell does at the Tab key. */
function completedByBash(words: readonly string[]): string[] {
  const script = `${scriptOf('bash')}
COMP_WORDS=(thingspace-rotation ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_thingspace_rotation
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

describe.skipIf(!has('bash'))('The completion for bash', () => {
  it('offers every command, and those that begin with the typed text', () => {
    for (const { name } of commands) expect(completedByBash([''])).toContain(name);
    expect(completedByBash(['ac'])).toEqual(['access-log', 'access-may', 'access-changes']);
  });

  it('offers the options of the command, and of no other', () => {
    expect(completedByBash(['status', '--a'])).toEqual(['--all']);
    expect(completedByBash(['trial', '--a'])).toEqual(['--as']);
  });

  it('offers files where an option wants one, shells where the command wants one, and nothing for a name', () => {
    expect(completedByBash(['open', '--file', 'packag'])).toEqual(['package-lock.json', 'package.json']);
    expect(completedByBash(['completion', ''])).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(completedByBash(['status', '--secret', ''])).toEqual([]);
  });
});

describe.skipIf(!has('zsh'))('The completion for zsh', () => {
  it('is a script that zsh reads', () => {
    const { status, stderr } = spawnSync('zsh', ['-f', '-n', '-c', scriptOf('zsh')], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe.skipIf(!has('zsh'))('The completion for zsh at a command', () => {
  it('offers the options of the command, and files where one wants them', () => {
    // It plays the part of zsh's own _arguments, which needs a terminal: the words after the command are completed.
    const script = `_arguments() { if [[ $1 == -C ]]; then state=words; line=(open); else print -rl -- "$@"; fi }
compdef() { : }
${scriptOf('zsh')}
_thingspace_rotation`;
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toContain('--reveal[print the password on the terminal]\n');
    expect(stdout).toMatch(/^--file\[read sealed answers .*\]:file:_files$/m);
    expect(stdout).not.toContain('--days');
  });
});

describe.skipIf(!has('fish'))('The completion for fish', () => {
  it('offers the options of the command', () => {
    const script = `${scriptOf('fish')}\ncomplete -C 'thingspace-rotation status --al'`;
    const { stdout } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
    expect(stdout).toMatch(/^--all\t/);
  });
});

describe('The completion for every shell', () => {
  it.each(['bash', 'zsh', 'fish'])('names each command and each long option (%s)', (shell) => {
    const script = scriptOf(shell);
    for (const { name, options } of commands) {
      expect(script).toContain(name);
      for (const { long } of options) expect(script).toContain(long?.slice(2));
    }
  });

  it('takes no other shell', async () => {
    const { code, error } = await toolIn().run(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(error).toContain('Allowed choices are bash, zsh, fish.');
  });
});
