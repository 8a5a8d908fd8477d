import packageJson from '../package.json' with { type: 'json' };

/** Of the whole project: what is deployed says it, and the operator's tool compares it with its own. */
export const RELEASE: string = packageJson.version;

/** The function's environment variable that says it, so that nobody need invoke the function to know. */
export const RELEASE_VARIABLE = 'THINGSPACE_RELEASE';
