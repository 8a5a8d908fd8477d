type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

const CLEAR = '\r\u001b[K';

/** A line at a terminal that the next one replaces. Where no person watches, nothing is written. */
export function passingLine(stream: Stream, term = process.env.TERM) {
  let stands = false;
  const clear = () => {
    if (stands) stream.write(CLEAR);
    stands = false;
  };
  return {
    /** To be called before anything else is written to the same terminal. */
    clear,
    show(text: string): void {
      if (!stream.isTTY || term === 'dumb') return;
      // A line that is broken could not be replaced. A terminal that tells no size has 0 columns.
      stream.write(`${CLEAR}${text.slice(0, (stream.columns || 80) - 1)}`);
      stands = true;
    },
  };
}
