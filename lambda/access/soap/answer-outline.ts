/** Shorter answers are read whole. */
const SHORT_BYTES = 16 * 1024;
/** The ends of an answer in which its envelope and the beginning and end of its Body's element are looked for. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 4 * 1024;

const BLANK = '[ \\t\\r\\n]*';
const PREFIX = '(?:[\\w.-]+:)?';
const opened = (name: string) => `<${PREFIX}${name}(?=[ \\t\\r\\n>])(?:"[^"]*"|'[^']*'|[^<>"'])*>`;
const closed = (name: string) => `</${PREFIX}${name}${BLANK}>`;
const HEADER = `(?:${opened('Header')}.*?${closed('Header')}|<${PREFIX}Header[^<>]*/>)?`;

const beginning = (element: string) =>
  new RegExp(
    [
      '^(?:\\xef\\xbb\\xbf)?(?:<\\?xml[^>]*\\?>)?',
      ...[opened('Envelope'), HEADER, opened('Body'), opened(element)],
    ].join(BLANK),
    's',
  );
const end = (element: string) =>
  new RegExp([closed(element), closed('Body'), closed('Envelope'), '$'].join(BLANK));

/**
 * Returns an answer without the content of the response of an operation: its outcome is the same, and a reader that
 * makes a tree of 4 MiB takes seconds and hundreds of megabytes for it. The content is not looked at. An answer that is
 * short, or does not hold such a response where it belongs, is returned as it is.
 */
export function withoutContent(body: Buffer, operation: string): Buffer {
  if (body.length <= SHORT_BYTES) return body;
  const element = `${operation}Response`;
  const begins = beginning(element).exec(body.toString('latin1', 0, HEAD_BYTES));
  const tail = body.subarray(-TAIL_BYTES);
  const ends = end(element).exec(tail.toString('latin1'));
  if (!begins || !ends) return body;
  return Buffer.concat([body.subarray(0, begins[0].length), tail.subarray(ends.index)]);
}
