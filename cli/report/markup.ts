import { oneLine } from '../../lambda/alarms/legible.ts';

/** Markup that is written as it stands. Only this file makes one from a text that it has not escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly Markup[] | undefined;

/**
 * A template for HTML and SVG: every value is escaped, unless it is markup. Usernames, reasons and names of roles come from
 * outside; control characters and those that reverse the order of a line are shown as `\u{…}`.
 */
export function markup(fixed: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(fixed.map((part, at) => part + textOf(values[at])).join(''));
}

function textOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(value);
  return value.map(({ text }) => text).join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Returns a text that is safe between tags and in a quoted attribute. */
const escaped = (text: string): string =>
  text === ''
    ? ''
    : oneLine(text, Number.POSITIVE_INFINITY).replace(
        /[&<>"']/g,
        (character) => ESCAPES[character] ?? character,
      );

/** Joins markup by a text of its own. */
export const joined = (parts: readonly Markup[], between: string): Markup =>
  new Markup(parts.map(({ text }) => text).join(escaped(between)));
