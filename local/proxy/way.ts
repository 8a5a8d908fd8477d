import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { type LocalProxy, startProxy } from './proxy.ts';
import { selfSigned } from './self-signed.ts';

/** A way to a service as companies have it: a proxy that asks for credentials, and TLS by a CA of the company's own. */
export type Way = {
  proxy: LocalProxy;
  /** The service's address over TLS. */
  origin: string;
  credentials: { username: string; password: string };
  /** The file with the certificate of the CA. */
  caFile: string;
  close(): Promise<void>;
};

/** A password that can stand nowhere by chance. */
export const CREDENTIALS = { username: 'Pröxy-User-4711', password: 'Px 7F0C3A91 & "$é%2B55E0B2D8; ' };

/** @param target the service's address over http, on the loopback interface */
export async function startWay(target: string): Promise<Way> {
  const pair = selfSigned({ ca: true });
  const directory = mkdtempSync(path.join(tmpdir(), 'thingspace-way-'));
  const caFile = path.join(directory, 'company-ca.pem');
  writeFileSync(caFile, pair.cert);
  const front = await startTlsFront(pair, Number(new URL(target).port));
  const proxy = await startProxy();
  proxy.credentials = CREDENTIALS;
  return {
    proxy,
    origin: front.origin,
    credentials: CREDENTIALS,
    caFile,
    async close() {
      await Promise.all([proxy.close(), front.close()]);
      rmSync(directory, { recursive: true });
    },
  };
}

/** Opens TLS before a service that speaks plain HTTP. */
async function startTlsFront(pair: { key: string; cert: string }, port: number) {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const server = createServer(pair, (socket) => {
    const far = connect(port, '127.0.0.1');
    track(far);
    socket.on('error', () => far.destroy()).once('close', () => far.destroy());
    // A service that breaks off does so for the caller, too.
    far.once('error', () => socket.destroy());
    socket.pipe(far);
    far.pipe(socket);
  });
  server.on('connection', track);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
