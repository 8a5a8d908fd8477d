/** Derives a value from a text, and again only when it is asked about another text. The value must not be changed. */
export function remembered<T>(derive: (text: string) => T): (text: string) => T {
  let last: { text: string; value: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, value: derive(text) };
    return last.value;
  };
}
