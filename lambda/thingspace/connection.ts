import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { NotSentError } from './call-errors.ts';

// An address that does not answer is given up after this time, so that the next one can be tried.
const NEXT_ADDRESS_MS = 2_000;
// NAT gateways drop connections that are silent for 350 s; a slow answer must not look like that.
const KEEP_ALIVE_MS = 60_000;
const AGREEING = 'agreeing on TLS with';

/**
 * Opens a fresh connection on which nothing has been written yet, TLS (1.2 or later) included. It does not use an
 * agent's sockets: a pooled one may be dead, and then HTTP clients send again by themselves.
 * @param tunnel an open connection that leads to an https `url`: TLS begins on it
 * @throws NotSentError when the look-up, the connection or the handshake fails or takes longer than timeoutMs.
 */
export function connect(url: URL, timeoutMs: number, tunnel?: Socket): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options = {
    ...(tunnel && { socket: tunnel }),
    host,
    port: Number(url.port || (secure ? 443 : 80)),
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  };
  const socket: Socket = secure
    ? connectTls({
        ...options,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ALPNProtocols: ['http/1.1'],
        minVersion: 'TLSv1.2',
        // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch it off.
        rejectUnauthorized: true,
      })
    : connectTcp(options);
  let doing = tunnel ? AGREEING : isIP(host) === 0 ? 'looking up' : 'connecting to';
  const fail = (cause?: unknown) => {
    clearTimeout(timer);
    socket.destroy();
    reject(new NotSentError(`Failed while ${doing} ${url.host}`, cause));
  };
  const timer = setTimeout(() => fail(Object.assign(new Error(), { code: 'ETIMEDOUT' })), timeoutMs);
  socket.on('lookup', (error: Error | null) => {
    if (error === null) doing = 'connecting to';
  });
  socket.once('connect', () => {
    doing = AGREEING;
  });
  // Stays for good: an error between the connection and its first use must not end the process.
  socket.on('error', fail);
  socket.once('close', () => fail());
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    clearTimeout(timer);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    resolve(socket);
  });
  return promise;
}
