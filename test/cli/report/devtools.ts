import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A browser without a window, over the Chrome DevTools Protocol (chromedevtools.github.io/devtools-protocol). */
export type Browser = {
  /** Sends a command to the page. @throws Error with the browser's words */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** Every event of the page so far. */
  events: { method: string; params: Record<string, unknown> }[];
  close(): Promise<void>;
};

/** @param program the browser's path */
export async function startBrowser(program: string): Promise<Browser> {
  const folder = mkdtempSync(path.join(tmpdir(), 'report-browser-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--remote-debugging-port=0',
  ];
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
    '--disable-sync',
  ];
  const child = spawn(program, [...flags, ...quiet, `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: 'ignore',
  });
  const port = await portOf(child, path.join(folder, 'DevToolsActivePort'));
  const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Record<
    string,
    string
  >[];
  const page = await connect(pages.find(({ type }) => type === 'page')?.webSocketDebuggerUrl ?? '');
  return {
    ...page,
    async close() {
      await page.send('Browser.close').catch(() => undefined);
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Waits for the file in which the browser says its port. */
async function portOf(child: ChildProcess, file: string): Promise<string> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries += 1) {
    const [port] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    if (port) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The browser did not start within 30 seconds.');
}

async function connect(address: string): Promise<Pick<Browser, 'send' | 'events'>> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('The browser took no connection.'));
  });
  const waiting = new Map<
    number,
    { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  const events: Browser['events'] = [];
  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(String(data));
    if (id === undefined) events.push({ method, params });
    else if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
  };
  socket.onclose = () => {
    for (const { reject } of waiting.values()) reject(new Error('The browser is gone.'));
  };
  let last = 0;
  return {
    events,
    send(method, params = {}) {
      last += 1;
      socket.send(JSON.stringify({ id: last, method, params }));
      return new Promise((resolve, reject) => waiting.set(last, { resolve, reject }));
    },
  };
}
