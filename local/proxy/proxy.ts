import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { onceRead } from '../http.ts';
import { selfSigned } from './self-signed.ts';

/** The faults of a tunnel. The text says how an observer sees the fault. */
export const TUNNEL_FAULTS = {
  closes: 'closes the connection instead of an answer',
  resets: 'resets the connection instead of an answer',
  hangs: 'never answers',
  'refuses (403)': 'refuses the tunnel with a page that repeats the request',
  'refuses (407)': 'does not accept the credentials, and repeats them',
  'refuses (502)': 'cannot reach the server, with a page',
  'answers in no HTTP': 'answers with a page without a head',
  'answers 200 with a page': 'answers with the page of a captive portal',
  'half a head, then closes': 'closes the connection within the head',
  'half a head, then hangs': 'never ends the head',
  'a head without an end': 'sends 32 KiB of headers',
  'bytes before TLS': 'sends bytes behind the head',
  'no TLS': 'answers the first bytes of TLS with a page',
  'another certificate': 'opens TLS by itself, with a certificate that nobody signed',
  'closes within TLS': 'closes the tunnel at the first bytes of TLS',
} as const;
export type TunnelFault = keyof typeof TUNNEL_FAULTS;

/** One request for a tunnel. No member holds a secret. */
export type Connect = { index: number; target: string; fate: TunnelFault | 'ok' | 'unauthorized' };

export type LocalProxy = {
  /** Its address, without credentials. */
  url: string;
  readonly connects: readonly Connect[];
  /** Every byte that clients sent, heads of CONNECT left out: TLS hides the requests from a proxy. */
  readonly seen: readonly Buffer[];
  /** Replace it: the credentials that it accepts; undefined accepts every caller. */
  credentials: { username: string; password: string } | undefined;
  /** Replace it to inject faults. */
  decide: (connect: Connect) => TunnelFault | 'ok';
  /** Breaks every tunnel that stands. */
  dropTunnels(): void;
  close(): Promise<void>;
};

const PAGE = '<html><body>Access denied by policy</body></html>';

/** Starts an HTTP proxy for tunnels (CONNECT) on a free loopback port. @param tls serves the proxy itself over TLS */
export async function startProxy(tls?: TlsOptions): Promise<LocalProxy> {
  const sockets = new Set<Socket>();
  const connects: Connect[] = [];
  const seen: Buffer[] = [];
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    let head = '';
    const onData = (piece: Buffer) => {
      head += piece.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      void answer(socket, head);
    };
    socket.on('data', onData);
  };
  const answer = async (socket: Socket, head: string) => {
    const target = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? '';
    const connect: Connect = { index: connects.length + 1, target, fate: 'ok' };
    connects.push(connect);
    connect.fate = proxy.decide(connect);
    if (connect.fate === 'ok' && !isAllowed(head, proxy.credentials)) connect.fate = 'unauthorized';
    await fulfil(connect, socket, head);
  };
  const fulfil = async ({ fate, target }: Connect, socket: Socket, head: string) => {
    switch (fate) {
      case 'ok': {
        const far = tunnelTo(target, socket, seen);
        sockets.add(far);
        far.once('close', () => sockets.delete(far));
        return;
      }
      case 'unauthorized':
      case 'refuses (407)':
        return end(socket, 407, head);
      case 'refuses (403)':
        return end(socket, 403, head);
      case 'refuses (502)':
        return end(socket, 502, PAGE);
      case 'answers 200 with a page':
        return end(socket, 200, PAGE);
      case 'closes':
        return socket.end();
      case 'resets':
        return void socket.resetAndDestroy();
      case 'hangs':
        return;
      case 'answers in no HTTP':
        return void socket.end(PAGE);
      case 'half a head, then closes':
        return void socket.end('HTTP/1.1 200 Connection esta');
      case 'half a head, then hangs':
        return void socket.write('HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n');
      case 'a head without an end':
        return void socket.write(`HTTP/1.1 200 OK\r\n${'X-Filler: 0123456789\r\n'.repeat(1_500)}`);
      case 'bytes before TLS':
        return void socket.write('HTTP/1.1 200 OK\r\n\r\n\x15\x03\x03');
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    await onceRead();
    if (fate === 'no TLS') socket.once('data', () => socket.end(PAGE));
    else if (fate === 'closes within TLS') socket.once('data', () => socket.end());
    else new TLSSocket(socket, { isServer: true, ...selfSigned() }).on('error', () => socket.destroy());
  };
  const server = tls ? createTlsServer(tls, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const dropTunnels = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: LocalProxy = {
    url: `http${tls ? 's' : ''}://localhost:${port}`,
    connects,
    seen,
    credentials: undefined,
    decide: () => 'ok',
    dropTunnels,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropTunnels();
      }),
  };
  return proxy;
}

/** A page that repeats the request, credentials included, as some proxies' error pages do. */
function end(socket: Socket, status: number, page: string): void {
  const head = `HTTP/1.1 ${status} Because\r\nContent-Type: text/html\r\nContent-Length: ${page.length}`;
  socket.end(`${head}\r\nProxy-Authenticate: Basic realm="proxy"\r\n\r\n${page}`);
}

function isAllowed(head: string, credentials: LocalProxy['credentials']): boolean {
  if (credentials === undefined) return true;
  const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const given = /\r\nProxy-Authorization: Basic (\S+)\r\n/i.exec(head)?.[1];
  return given === basic;
}

function tunnelTo(target: string, socket: Socket, seen: Buffer[]): Socket {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(target) ?? [];
  const far = connectTcp(Number(port), host.replace(/^\[|\]$/g, ''));
  const broken = () => {
    socket.destroy();
    far.destroy();
  };
  far.on('error', broken);
  socket.on('close', broken);
  far.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.on('data', (piece) => seen.push(piece));
    socket.pipe(far);
    far.pipe(socket);
  });
  return far;
}
