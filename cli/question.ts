import type { Interface } from 'node:readline/promises';

/** Returns the line that the operator types; undefined for Ctrl-C, Ctrl-D and the end of the input. */
export async function answered(asking: Interface, question: string): Promise<string | undefined> {
  const closed = new Promise<undefined>((resolve) => void asking.once('close', () => resolve(undefined)));
  try {
    // Versions of Node.js differ: the question is rejected at Ctrl-C and Ctrl-D, or stays without an answer.
    const answer = await Promise.race([asking.question(question).catch(() => undefined), closed]);
    return answer;
  } finally {
    asking.close();
  }
}
