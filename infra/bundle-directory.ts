import path from 'node:path';

/**
 * Where `npm run build` puts the bundle; Lambda calls `handler` of `index.mjs` in it. The same from `infra/`
 * and from the built library in `dist-infra/`.
 */
export const bundleDirectory = path.join(import.meta.dirname, '..', 'dist', 'rotation');
