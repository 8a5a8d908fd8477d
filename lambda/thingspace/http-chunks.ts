/** What a piece of a chunked body has led to; `rest` is what follows the last chunk, or the flaw and all behind it. */
export type Unchunked = { state: 'open' } | { state: 'ended' | 'broken'; rest: Buffer };

/** What stands between chunks: a whole one, and the beginning of one. */
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

  /** Takes one chunk's content, size, end or trailer off what is pending. False: more is needed, or it is none. */
  const step = (): 'taken' | Unchunked => {
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
    add(piece: Buffer): Unchunked {
      pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
      let done = step();
      while (done === 'taken') done = step();
      return done;
    },
    /** What came last and is neither content nor whole framing. */
    pending: () => pending,
  };
}
