import path from 'node:path';

/**
 * Where `npm run build` puts the bundle; Lambda calls `handler` of `index.mjs` in it. The same from `infra/`
 * and from the built library in `dist-infra/`.
 */
export const bundleDirectory = path.join(import.meta.dirname, '..', 'dist', 'rotation');

/** The same for the access function, whose policy is put beside it when the stack is synthesized. */
export const accessBundleDirectory = path.join(import.meta.dirname, '..', 'dist', 'access');
