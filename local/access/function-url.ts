import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpAnswer } from '../../lambda/access/answer.ts';
import type { InvocationResult } from '../function/sandbox.ts';
import type { SeenRequest } from '../gateway/protocols.ts';
import { type Listening, listen, readBody } from '../http.ts';
import { type Principal, signerOf } from './signature.ts';

/** Lambda takes so much (its quotas). */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

export type FunctionUrlOptions = {
  principals: readonly Principal[];
  region: string;
  accountId: string;
  invoke(event: unknown): Promise<InvocationResult>;
  /** How long a caller may take for its request. @default 30_000 */
  requestTimeoutMs?: number;
};

/**
 * A Function URL with IAM authorization, on this machine: buffered, payload format 2.0 (AWS Lambda Developer Guide,
 * "Invoking Lambda function URLs"). A request reaches the function only when a known principal has signed it, and
 * when it has come to its end.
 */
export async function startFunctionUrl(options: FunctionUrlOptions): Promise<Listening> {
  const { requestTimeoutMs = 30_000 } = options;
  const server = createServer(
    { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: Math.min(requestTimeoutMs, 5_000) },
    (request, response) => void serve(options, request, response).catch(() => response.destroy()),
  );
  return listen(server);
}

async function serve(
  options: FunctionUrlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (status: number, Message: string) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ Message }));
  const body = await readBody(request);
  if (body.length > MAX_BODY_BYTES) return void refuse(413, 'Request must be smaller than 6291456 bytes');
  const { method = 'GET', url = '/', headers } = request;
  const seen: SeenRequest = { method, path: url, headers, body };
  const signer = await signerOf(seen, options.principals, options.region, Date.now());
  if (!signer) return void refuse(403, 'Forbidden');
  const result = await options.invoke(eventOf(seen, signer, options.accountId));
  if (!result.ok) return void refuse(502, 'Internal Server Error');
  const answer = result.value as HttpAnswer;
  response
    .writeHead(answer.statusCode, answer.headers)
    .end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'));
}

function eventOf(
  { method, path, headers, body }: SeenRequest,
  { accessKeyId, userArn }: Principal,
  accountId: string,
) {
  const url = new URL(path, 'http://localhost');
  const isText = /^(?:text\/|application\/(?:json|xml|javascript))/.test(
    [headers['content-type']].flat()[0] ?? '',
  );
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => name !== 'authorization')
        .map(([name, value]) => [name, [value].flat().join(',')]),
    ),
    requestContext: {
      accountId,
      apiId: 'local',
      authorizer: {
        iam: { accessKey: accessKeyId, accountId, callerId: 'AROALOCAL', userArn, userId: 'AROALOCAL' },
      },
      domainName: 'local.lambda-url.us-east-1.on.aws',
      http: { method, path: url.pathname, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'local' },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
