import packageJson from '../package.json' with { type: 'json' };

/**
 * The version of the whole project. The deployed function has it in its environment, and the operator's tool compares
 * it with its own.
 */
export const RELEASE: string = packageJson.version;

/** The function's environment variable with the version, so that it can be read without an invocation. */
export const RELEASE_VARIABLE = 'THINGSPACE_RELEASE';
