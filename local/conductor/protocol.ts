/** What goes between the conductor and the process of one invocation. */
export type Work = {
  /** URL of the bundled module whose export `handler` is called. */
  handlerUrl: string;
  event: unknown;
  requestId: string;
  functionName: string;
  functionArn: string;
  logGroupName: string;
  timeoutMs: number;
};

/** An error as Lambda answers with it. */
export type FunctionError = { errorType: string; errorMessage: string; stackTrace?: string[] };

/** One line of JSON each, on file descriptor 3. `started`: the bundle is loaded, the time is running. */
export type Report =
  | { kind: 'started' }
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; error: FunctionError };
