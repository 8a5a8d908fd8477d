import { createServer, type IncomingMessage } from 'node:http';
import type { InvocationResult } from '../function/sandbox.ts';
import { type Listening, listen, readBody } from '../http.ts';
import { FUNCTION_ROLE } from './cloudtrail.ts';

/** One function of the stand-in for Lambda. */
export type LocalLambda = {
  arn: string;
  environment: Readonly<Record<string, string>>;
  logGroup: string;
  invoke(event: unknown): Promise<InvocationResult>;
};

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/;

/**
 * The stand-in for Lambda's own API: Invoke (RequestResponse) and GetFunctionConfiguration of one function, by
 * name or ARN (Lambda's API reference). Signatures are not checked.
 */
export function startLambda(deployed: LocalLambda): Promise<Listening> {
  const server = createServer(async (request, response) => {
    const { status, body, headers } = await answer(deployed, request);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  // An invocation may take as long as a function lives.
  server.requestTimeout = 0;
  return listen(server);
}

type Answer = { status: number; body: unknown; headers?: Record<string, string> };

async function answer(deployed: LocalLambda, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request);
  const [, name = '', what] = PATH.exec((request.url ?? '').split('?')[0] ?? '') ?? [];
  if (decodeURIComponent(name) !== deployed.arn && name !== nameOf(deployed)) {
    return failure(404, 'ResourceNotFoundException', `Function not found: ${decodeURIComponent(name)}`);
  }
  if (what === 'configuration') return { status: 200, body: configurationOf(deployed) };
  const result = await deployed.invoke(JSON.parse(body.toString() || 'null'));
  if (result.ok) return { status: 200, body: result.value };
  return { status: 200, body: result.error, headers: { 'x-amz-function-error': 'Unhandled' } };
}

/** As the deployment has it: this machine ends an invocation sooner, so that nobody waits for one that hangs. */
const AS_DEPLOYED_SECONDS = 900;

const configurationOf = (deployed: LocalLambda) => ({
  FunctionName: nameOf(deployed),
  FunctionArn: deployed.arn,
  Role: `arn:aws:iam::${deployed.arn.split(':')[4]}:role/${FUNCTION_ROLE}`,
  State: 'Active',
  Timeout: AS_DEPLOYED_SECONDS,
  LastModified: '2026-01-05T03:10:00.000+0000',
  Environment: { Variables: deployed.environment },
  LoggingConfig: { LogFormat: 'Text', LogGroup: deployed.logGroup },
});

const nameOf = ({ arn }: LocalLambda): string => arn.split(':')[6] ?? '';

const failure = (status: number, name: string, message: string): Answer => ({
  status,
  body: { Type: 'User', Message: message },
  headers: { 'x-amzn-errortype': name },
});
