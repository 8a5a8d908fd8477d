import { readFileSync } from 'node:fs';
import { endOnUncaught, serve } from './lambda-side.ts';
import type { Work } from './protocol.ts';

/** The inside of one invocation in a process of its own: work comes on stdin, one call, then the end. */
endOnUncaught();
await serve(JSON.parse(readFileSync(0, 'utf8')) as Work);
// Lambda freezes what a handler left running; here it ends.
process.exit(0);
