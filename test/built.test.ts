import { expect, test } from 'vitest';
import { hasBuilt } from './built.ts';

test.each([
  ['npm test', { npm_lifecycle_event: 'test', npm_config_ignore_scripts: '' }, true],
  ['npm test without its pretest', { npm_lifecycle_event: 'test', npm_config_ignore_scripts: 'true' }, false],
  ['npm run verify', { npm_lifecycle_event: 'verify', BUILT: '1' }, true],
  ['npm run test:unit', { npm_lifecycle_event: 'test:unit' }, false],
  ['npx vitest', {}, false],
])('knows whether the builds are of the code: %s', (_, env, isBuilt) => {
  expect(hasBuilt(env)).toBe(isBuilt);
});
