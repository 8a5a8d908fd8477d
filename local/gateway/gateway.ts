import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Call, Canned, Fate, SeenRequest } from './call.ts';
import { errorNameOf } from './error-name.ts';
import {
  type ForwardedAnswer,
  forward,
  readBody,
  reset,
  ServiceUnreachable,
  sendPart,
  sendWhole,
} from './forward.ts';

/** Every remote call of the function passes through here: it is recorded, and its fate decided. */
export interface Gateway {
  /** Opens a front for a service on a free loopback port; resolves to its base URL. */
  front(
    service: string,
    targetUrl: string,
    operationOf: (request: SeenRequest) => string,
    options?: FrontOptions,
  ): Promise<string>;
  readonly calls: readonly Call[];
  /** Replace it to inject faults; delivers everything by default. What it throws is not caught. */
  decide: (call: Call) => Fate | Promise<Fate>;
  /** Replace it: ends the invocation (SIGKILL) and resolves when it is gone. */
  onKill: () => void | Promise<void>;
  subscribe(listener: (call: Call, phase: 'start' | 'end') => void): void;
  /** Breaks what still hangs and frees the ports. */
  close(): Promise<void>;
}

export type FrontOptions = {
  /** Harmless facts for `Call.detail`; must never return a secret. */
  detailOf?: (request: SeenRequest) => Record<string, string>;
  /** The `Date` of made-up answers, where the service itself keeps another time than this machine. */
  clock?: GatewayOptions['clock'];
};

export type GatewayOptions = {
  /** Stamps calls. @default the machine's clock */
  clock?: { nowMs(): number };
};

type Listener = Parameters<Gateway['subscribe']>[0];
type Deliver = () => Promise<ForwardedAnswer>;

export function startGateway({ clock = { nowMs: Date.now } }: GatewayOptions = {}): Gateway {
  const servers: Server[] = [];
  const calls: Call[] = [];
  const listeners: Listener[] = [];

  const begin = (service: string, operation: string, detail: Record<string, string> | undefined): Call => {
    const call: Call = {
      index: calls.length + 1,
      service,
      operation,
      startedAtMs: clock.nowMs(),
      fate: 'undecided',
      ...(detail && Object.keys(detail).length > 0 ? { detail } : {}),
    };
    calls.push(call);
    for (const listener of listeners) listener(call, 'start');
    return call;
  };

  const end = (call: Call, answer?: { status: number; body: Buffer | string }) => {
    call.endedAtMs = clock.nowMs();
    if (answer) {
      call.httpStatus = answer.status;
      const errorName = errorNameOf(answer.status, answer.body.toString());
      if (errorName) call.errorName = errorName;
    }
    for (const listener of listeners) listener(call, 'end');
  };

  /** Does what the fate says with one call, up to the last byte of its answer. */
  const fulfil = async (fate: Fate, call: Call, response: ServerResponse, deliver: Deliver) => {
    switch (fate.kind) {
      case 'deliver': {
        if (fate.delayMs) await new Promise((resolve) => setTimeout(resolve, fate.delayMs));
        const answer = await deliver();
        end(call, answer);
        return sendWhole(response, answer);
      }
      case 'answer':
        end(call, fate);
        return sendWhole(response, whole(fate));
      case 'deliver-then-answer':
        await deliver();
        end(call, fate);
        return sendWhole(response, whole(fate));
      case 'lose-request':
        end(call);
        return reset(response);
      case 'lose-response':
        end(call, await deliver());
        return reset(response);
      case 'hang':
        if (fate.delivered) end(call, await deliver());
        return;
      case 'cut': {
        const answer = await deliver();
        end(call, answer);
        return sendPart(response, answer, fate.afterBytes);
      }
      case 'kill': {
        const answer = fate.when === 'after' ? await deliver() : undefined;
        await gateway.onKill();
        end(call, answer);
        return reset(response);
      }
    }
  };

  const gateway: Gateway = {
    calls,
    decide: () => ({ kind: 'deliver' }),
    onKill: () => {},
    subscribe: (listener) => void listeners.push(listener),

    async front(service, targetUrl, operationOf, options = {}) {
      const target = new URL(targetUrl);
      const handle = async (request: IncomingMessage, response: ServerResponse) => {
        const body = await readBody(request).catch(() => undefined);
        // The caller went away in the middle of its request: nothing to pass on.
        if (body === undefined) return;
        const seen: SeenRequest = {
          method: request.method ?? 'GET',
          path: request.url ?? '/',
          headers: request.headers,
          body,
        };
        const call = begin(service, operationOf(seen), options.detailOf?.(seen));
        const fate = await gateway.decide(call);
        if (options.clock) response.setHeader('date', new Date(options.clock.nowMs()).toUTCString());
        call.fate = fate.kind;
        try {
          await fulfil(fate, call, response, () => forward(target, seen));
        } catch (error) {
          if (!(error instanceof ServiceUnreachable)) throw error;
          call.errorName = error.name;
          end(call);
          reset(response);
        }
      };
      const server = createServer((request, response) => void handle(request, response));
      // Idle connections stay open: a front that hangs up by itself would be a fault nobody injected.
      server.keepAliveTimeout = 0;
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },

    async close() {
      await Promise.all(
        servers.splice(0).map((server) => {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
  return gateway;
}

function whole({ status, headers = {}, body }: Canned): ForwardedAnswer {
  return { status, headers, body: Buffer.from(body) };
}
