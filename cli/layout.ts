import pc from 'picocolors';
import { operatorTool } from '../lambda/operator-tool.ts';

/** The tool's name, for a regular expression. */
const tool = () => operatorTool().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Lines that are not broken: commands, because they are copied, and rows with a gap of two spaces. */
const whole = () => new RegExp(`^\\s*${tool()} |(?:\\S {2,}\\S.*){2}`);
/** A command in a sentence is one word, down to the secret in quotes. */
const words = () => new RegExp(`${tool()} [^'\\n]*'[^']*'|\\S+`, 'g');

/**
 * Breaks long lines between words. The lines that follow are indented as the first one is, and below the words of a
 * numbered step.
 * @param columns the terminal's width; undefined leaves everything as it is
 */
export function wrapped(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < 40) return text;
  const unbroken = whole();
  return text
    .split('\n')
    .map((line) => (line.length <= columns || unbroken.test(line) ? line : broken(line, columns)))
    .join('\n');
}

function broken(line: string, columns: number): string {
  const start = /^ *(?:\d+\. )?/.exec(line)?.[0] ?? '';
  const indent = ' '.repeat(start.length);
  const lines: string[] = [];
  let current = start;
  for (const word of line.slice(start.length).match(words()) ?? []) {
    if (current.length > start.length && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = indent;
    }
    current += current.length > start.length ? ` ${word}` : word;
  }
  return [...lines, current].join('\n');
}

const PAINTS: readonly [RegExp, (text: string) => string][] = [
  [/^(OK:|ok {3}|Rotated:|Done:|It works:)/, pc.green],
  [/^(ACT:|NOT {2}|Error:)/, (text) => pc.bold(pc.red(text))],
  [/^(GOES ON:|-- {2})/, pc.yellow],
];

/** The first word of a verdict, in its colour. */
export function painted(text: string): string {
  return text
    .split('\n')
    .map((line) => PAINTS.reduce((seen, [word, paint]) => seen.replace(word, paint), line))
    .join('\n');
}
