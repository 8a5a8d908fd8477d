/**
 * Loaded before the TypeScript of `npm start`, `npm run cli` and `npm run build`, as plain JavaScript: an older
 * Node.js cannot read TypeScript, and would say so in a stack trace.
 */
const LEAST_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < LEAST_MAJOR) {
  process.stderr.write(
    `This needs Node.js ${LEAST_MAJOR}, and ${process.version} runs it: the package "node" brings it by its install script, ` +
      'which did not run; `npm rebuild node` runs it, or use a Node.js 24 of your own.\n',
  );
  process.exit(1);
}
