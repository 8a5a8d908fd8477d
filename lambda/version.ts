import packageJson from '../package.json' with { type: 'json' };

/**
 * The version of the whole project. The deployed function has it in its environment, and the operator's tool compares
 * it with its own.
 */
export const VERSION: string = packageJson.version;

/** The function's environment variable with the version: the tool reads it without an invocation. (The stored name says "release".) */
export const VERSION_VARIABLE = 'THINGSPACE_RELEASE';
