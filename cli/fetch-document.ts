import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { contractError } from './errors.ts';
import { agentFromShell } from './shell-proxy.ts';

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Fetches one public document: no redirect is followed, nothing is repeated, 20 s and 4 MiB at most.
 * @throws ContractError
 */
export function fetchDocument(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(contractError(`The contract at ${url} cannot be read (${why}).`));
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = send(
      url,
      { method: 'GET', agent: agentFromShell(process.env) ?? false, signal, minVersion: 'TLSv1.2' },
      (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          return fail(`HTTP status ${response.statusCode}`);
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > MAX_BYTES) response.destroy(new Error('too large'));
        });
        response.on('error', (error) => fail(bytes > MAX_BYTES ? 'too large' : codeOf(error)));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      },
    );
    request.on('error', (error) => fail(codeOf(error)));
    request.end();
  });
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.name;
