import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onceRead } from '../../local/http.ts';

/** The part of a test's server in a connection. `request`: the bytes that have arrived until the body's end. */
export type Play = (socket: Socket, request: string) => void;

export type TestServer = {
  port: number;
  /** Every request that arrived whole, as text. */
  requests: string[];
  connections: () => number;
  /** Told of every byte that arrives, whole request or not; without what TLS adds. */
  onBytes?: (chunk: Buffer) => void;
  onConnection?: () => void;
  /** Resolves when every connection has ended and no byte can come. */
  quiet: () => Promise<void>;
  close: () => Promise<void>;
};

export type ServerOptions = {
  tls?: { key: string; cert: string } | undefined;
  /** Whether a head and its body leave together when a play writes both at once. @default false */
  inOnePacket?: boolean;
};

/**
 * A server that speaks bytes, not HTTP, so that it can break off anywhere. `onRequest` is called once per
 * request that arrived whole. A body leaves when the client has read its head, as servers and proxies send them.
 */
export async function serve(onRequest: Play, options: ServerOptions = {}): Promise<TestServer> {
  const { tls, inOnePacket = false } = options;
  const play: Play = (socket, request) => onRequest(inOnePacket ? socket : writingApart(socket), request);
  return start(tls === undefined ? createServer() : createTlsServer(tls), play);
}

function writingApart(socket: Socket): Socket {
  type Write = (bytes?: string | Uint8Array, done?: () => void) => unknown;
  const [write, end] = [socket.write.bind(socket) as Write, socket.end.bind(socket) as Write];
  const apart =
    (send: Write): Write =>
    (bytes = '', done) => {
      const all = Buffer.from(bytes);
      const bodyAt = all.indexOf('\r\n\r\n') + 4;
      if (bodyAt < 4 || bodyAt === all.length) return send(bytes, done);
      write(all.subarray(0, bodyAt));
      void onceRead().then(() => send(all.subarray(bodyAt), done));
      return true;
    };
  return Object.assign(socket, { write: apart(write), end: apart(end) });
}

async function start(server: Server, onRequest: Play): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    started.onConnection?.();
    socket.on('error', () => socket.destroy());
  });
  server.on(
    server.constructor === createServer().constructor ? 'connection' : 'secureConnection',
    (socket: Socket) => {
      let text = '';
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        started.onBytes?.(chunk);
        text += chunk.toString('utf8');
        const [head, body = ''] = text.split('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1] ?? Number.NaN);
        if (Buffer.byteLength(body) !== length) return;
        requests.push(text);
        onRequest(socket, text);
      });
    },
  );
  const started: TestServer = {
    port: 0,
    requests,
    connections: () => connections,
    quiet: async () => {
      await Promise.all([...sockets].map((socket) => once(socket, 'close')));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.port = (server.address() as AddressInfo).port;
  return started;
}

/** An HTTP/1.1 answer as bytes. */
export function http(status: number, body: string | Buffer, headers: Record<string, string> = {}): Buffer {
  const bytes = Buffer.from(body);
  const all = {
    'Content-Type': 'text/xml; charset=utf-8',
    'Content-Length': String(bytes.length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} x\r\n${lines.join('')}\r\n`), bytes]);
}
