/**
 * Escapes that text picks up on its way into a log, each undone wherever it occurs, so that any mixture of
 * escaped and plain characters is seen through. Malformed escapes are left as they stand.
 */
export const LAYERS: Readonly<Record<string, (text: string) => string>> = {
  URL: percentDecoded,
  'URL form': (text) => percentDecoded(text.replaceAll('+', ' ')),
  XML: xmlDecoded,
  JSON: jsonDecoded,
  // SNS messages and log lines carry JSON inside JSON, and errors inside that.
  'JSON in JSON': (text) => jsonDecoded(jsonDecoded(text)),
  'JSON in JSON in JSON': (text) => jsonDecoded(jsonDecoded(jsonDecoded(text))),
  'XML in JSON': (text) => xmlDecoded(jsonDecoded(text)),
  'URL in JSON': (text) => percentDecoded(jsonDecoded(text)),
  'JSON in URL form': (text) => jsonDecoded(percentDecoded(text.replaceAll('+', ' '))),
};

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

function xmlDecoded(text: string): string {
  return text.replaceAll(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (all, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
      const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : all;
    },
  );
}

/** JSON's escapes, and those that JavaScript's own way of printing strings adds (`\'`, `\x1B`, `\u{1f600}`). */
function jsonDecoded(text: string): string {
  return text.replaceAll(
    /\\(?:u([\da-f]{4})|u\{([\da-f]{1,6})\}|x([\da-f]{2})|(["'`\\/bfnrt]))/gi,
    (all, four, braced, two, letter) => {
      if (letter !== undefined) return LETTERS[letter] ?? letter;
      const codePoint = Number.parseInt(four ?? braced ?? two, 16);
      return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : all;
    },
  );
}
