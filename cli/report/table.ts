import { type Markup, markup } from './markup.ts';

type Cell = string | number | Markup;

/** A column: its head, and how it is set. `n`: a number; `t`: a time, or another text that stays on one line; `w`: prose. `long`: a
 * name from outside, which may break anywhere. */
export type Column<T> = {
  head: string;
  of: (one: T) => Cell;
  set?: 'n' | 't' | 'w' | 'rows' | 'long';
};

/** A table whose cells carry their heads, too: on a narrow screen a row is a list of them. */
export function table<T>(caption: string, columns: readonly Column<T>[], all: readonly T[]): Markup {
  // On paper a short table stays whole.
  return markup`<table class="${all.length <= 12 ? 'short' : ''}">
<caption>${caption}</caption>
<thead><tr>${columns.map(({ head, set = '' }) => markup`<th scope="col" class="${set}">${head}</th>`)}</tr></thead>
<tbody>
${all.map((one) => markup`<tr>${columns.map(({ head, of, set = '' }) => markup`<td class="${set}" data-head="${head}">${boxed(of(one))}</td>`)}</tr>`)}
</tbody>
</table>`;
}

/** One element, so that a cell has two parts beside each other on a narrow screen. */
const boxed = (cell: Cell): Markup => markup`<span>${cell}</span>`;

/** A table of the first rows, and the number of those that are left out; or a sentence where there is none. */
export function shortTable<T>(
  caption: string,
  columns: readonly Column<T>[],
  all: readonly T[],
  { most = 200, none = 'The record shows none in the period.' } = {},
): Markup {
  if (all.length === 0) return markup`<p class="soft">${none}</p>`;
  const shown = table(caption, columns, all.slice(0, most));
  const left = all.length - most;
  return left <= 0
    ? shown
    : markup`${shown}<p class="soft">${left} more ${left === 1 ? 'line is' : 'lines are'} in the JSON and CSV of this report.</p>`;
}
