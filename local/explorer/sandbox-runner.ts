import { createInterface } from 'node:readline';
import { endOnUncaught, serve } from '../conductor/lambda-side.ts';
import type { Work } from '../conductor/protocol.ts';

/**
 * The inside of a warm sandbox, as Lambda keeps one: the bundle is loaded once, then one invocation after
 * the other comes on stdin, a line of JSON each. Ends when stdin does.
 */
endOnUncaught();
for await (const line of createInterface({ input: process.stdin })) {
  const work = JSON.parse(line) as Work;
  await serve(work);
  // As Lambda writes it; whoever reads both streams knows by it that nothing of this invocation is to come.
  for (const stream of [process.stdout, process.stderr]) stream.write(`END RequestId: ${work.requestId}\n`);
}
process.exit(0);
