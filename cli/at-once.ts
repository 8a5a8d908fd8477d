/**
 * Does the work for each item, for at most `limit` of them at once. The first that fails ends it: none begins after it.
 * @returns the results in the order of the items
 */
export async function atOnce<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  async function takeTurns(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, item] = next;
      try {
        results[at] = await work(item);
      } catch (failure) {
        waiting.length = 0;
        throw failure;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeTurns));
  return results;
}
