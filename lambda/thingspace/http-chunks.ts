/** How far a body has come. `rest` follows its end, or begins with the bytes that break its framing. */
export type Progress = { state: 'open' } | { state: 'ended' | 'broken'; rest: Buffer };

/** The lines between the contents of chunks: as a whole, and as far as one may have come. */
const FRAMING = {
  size: {
    whole: /^([\da-f]{1,16})[ \t]*(?:;[^\n]{0,1024})?\r?\n/i,
    begun: /^(?:[\da-f]{1,16}[ \t]*(?:;[^\n]{0,1024})?\r?)?$/i,
  },
  'end of chunk': { whole: /^\r?\n/, begun: /^\r?$/ },
  trailer: {
    whole: /^(?:[-\w!#$%&'*+.^`|~]+:[^\n<]{0,1024})?\r?\n/,
    begun: /^(?:[-\w!#$%&'*+.^`|~]+(?::[^\n<]{0,1024})?)?\r?$/,
  },
};
const LOOK_BYTES = 2_048;

/** Takes the framing of chunks out of a body. `keep` gets the content of the chunks as it comes. */
export function createUnchunker(keep: (content: Buffer) => void) {
  let expected: 'content' | keyof typeof FRAMING = 'size';
  let left = 0;
  let pending: Buffer = Buffer.alloc(0);

  /** Takes one chunk's content, size, end or trailer off the pending bytes. */
  const step = (): 'taken' | Progress => {
    if (expected === 'content') {
      const content = pending.subarray(0, left);
      keep(content);
      left -= content.length;
      pending = pending.subarray(content.length);
      if (left > 0) return { state: 'open' };
      expected = 'end of chunk';
      return 'taken';
    }
    const text = pending.toString('latin1', 0, LOOK_BYTES);
    const [line, size] = FRAMING[expected].whole.exec(text) ?? [];
    if (line === undefined) {
      if (FRAMING[expected].begun.test(text)) return { state: 'open' };
      return { state: 'broken', rest: pending };
    }
    pending = pending.subarray(line.length);
    if (expected === 'trailer') return line.trim() === '' ? { state: 'ended', rest: pending } : 'taken';
    if (size === undefined) expected = 'size';
    else {
      left = Number.parseInt(size, 16);
      expected = left === 0 ? 'trailer' : 'content';
    }
    return 'taken';
  };

  return {
    add(piece: Buffer): Progress {
      pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
      let done = step();
      while (done === 'taken') done = step();
      return done;
    },
    /** The last bytes, where they are neither content nor whole framing. */
    pending: () => pending,
  };
}
