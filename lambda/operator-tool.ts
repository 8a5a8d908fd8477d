/** The program in the installed package, as its package.json has it. */
export const PROGRAM = 'thingspace-rotation';

/** The tool from the installed package. `--no`: npx fetches no package of that name; `--`: npx takes no option of the tool. */
export const INSTALLED_TOOL = `npx --no -- ${PROGRAM}`;

/**
 * Returns how the reader of a text starts the operator's tool: the only place of its name. OPERATOR_TOOL is set by the
 * tool outside a checkout, and on the function of an app that uses the installed package.
 */
export const operatorTool = (): string => process.env.OPERATOR_TOOL || 'npm run cli --';

/** Returns a text as one word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", '')}'`;
