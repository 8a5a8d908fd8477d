import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Canned, type Fate, type Fault, nameOf } from '../faults.ts';
import { type Listening, listen, readBody } from '../http.ts';
import { type OddAnswer, oddBytes } from '../thingspace/rest/odd-answers.ts';
import {
  type ForwardedAnswer,
  forward,
  reset,
  ServiceUnreachable,
  sendFlawed,
  sendOpen,
  sendPart,
  sendWhole,
} from './forward.ts';
import { awsError, errorNameOf, type Protocol, type SeenRequest } from './protocols.ts';

/** One remote call as the gateway saw it. No member holds a secret. */
export type Call = {
  /** 1-based, over the gateway's life, in the order in which whole requests arrived. */
  index: number;
  /** The front's name: `secretsmanager`, `kms`, `sns`, `dynamodb`, `logs`, `thingspace`… */
  service: string;
  operation: string;
  /** Milliseconds since 1970 by the gateway's clock. */
  startedAtMs: number;
  endedAtMs?: number;
  /** Status of the answer that was made, also where the caller never got it. */
  httpStatus?: number;
  /** `undecided` until `decide` has spoken. */
  fate: Fault | 'ok' | 'undecided';
  /** Exception name or fault code of the answer that was made, or the name of an odd answer. */
  errorName?: string;
  /** Harmless facts (SecretId, VersionStages, TableName…), never values. */
  detail?: Record<string, string>;
};

type Clock = { nowMs(): number };

/** Every remote call of the function passes through here: it is recorded, and its fate decided. */
export interface Gateway {
  /**
   * Opens a front for a service on a free loopback port; resolves to its base URL.
   * @param dateOf the `Date` of made-up answers, where the service keeps another time than this machine.
   */
  front(service: string, targetUrl: string, protocol: Protocol, dateOf?: Clock): Promise<string>;
  readonly calls: readonly Call[];
  /** Whether a caller waits for an answer. */
  readonly busy: boolean;
  /** Replace it to inject faults; delivers everything by default. Its errors are not caught. */
  decide: (call: Call) => Fate | Promise<Fate>;
  /** Replace it: what is awaited when the far end has acted, before anything of its answer is passed on. */
  onAnswer: (call: Call) => void | Promise<void>;
  /** Replace it: ends the invocation (SIGKILL) and resolves when it is gone. */
  onKill: () => void | Promise<void>;
  /** Replace it: told when no caller waits for an answer any longer. */
  onQuiet: () => void;
  subscribe(listener: (call: Call, phase: 'start' | 'end') => void): void;
  /** Breaks what still hangs and frees the ports. */
  close(): Promise<void>;
}

/** A whole request, and the way to its service. */
type Delivery = { seen: SeenRequest; forwardIt: () => Promise<ForwardedAnswer> };

/** @param clock stamps calls; the machine's by default. */
export function startGateway({ clock = { nowMs: Date.now } }: { clock?: Clock } = {}): Gateway {
  const fronts: Listening[] = [];
  const calls: Call[] = [];
  const listeners: Parameters<Gateway['subscribe']>[0][] = [];
  let waiting = 0;

  const begin = (service: string, { operationOf, detailOf }: Protocol, seen: SeenRequest): Call => {
    const detail = detailOf?.(seen) ?? {};
    const call: Call = {
      index: calls.length + 1,
      service,
      operation: operationOf(seen),
      startedAtMs: clock.nowMs(),
      fate: 'undecided',
      ...(Object.keys(detail).length > 0 && { detail }),
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
  const fulfil = async (fate: Fate, call: Call, response: ServerResponse, { seen, forwardIt }: Delivery) => {
    const deliver = async () => {
      const answer = await forwardIt();
      await gateway.onAnswer(call);
      return answer;
    };
    const answerWith = (canned: Canned) => {
      end(call, canned);
      return sendWhole(response, { headers: {}, ...canned, body: Buffer.from(canned.body) });
    };
    const answerOddly = (odd: OddAnswer, real?: ForwardedAnswer) => {
      const bytes = oddBytes(odd, seen, real?.body);
      // Its code may be a secret of the request.
      call.errorName = odd.name;
      end(call, { status: bytes.status, body: '' });
      const answer = { ...bytes, body: Buffer.from(bytes.body) };
      return bytes.open ? sendOpen(response, answer) : sendWhole(response, answer);
    };
    if (typeof fate !== 'string') {
      if (fate.fault === 'failed-before') return answerWith(fate);
      if (fate.fault === 'odd-before') return answerOddly(fate.odd);
      const answer = await deliver();
      if (fate.fault === 'misreported') return answerWith(fate);
      if (fate.fault === 'odd-after') return answerOddly(fate.odd, answer);
      end(call, answer);
      if (fate.fault === 'flawed-head') return sendFlawed(response, answer, fate.flaw, fate.apart);
      return sendPart(response, answer, fate.afterBytes);
    }
    switch (fate) {
      case 'throttled':
        return answerWith(awsError(call.service, 'ThrottlingException', 'Rate exceeded'));
      case 'denied':
        return answerWith(
          awsError(call.service, 'AccessDeniedException', `Not authorized to perform ${call.operation}`),
        );
      case 'hung-before':
        return;
      case 'request-lost':
      case 'killed-before':
        if (fate === 'killed-before') await gateway.onKill();
        end(call);
        return reset(response);
    }
    if (fate === 'repeated') await deliver();
    const answer = await deliver();
    if (fate === 'killed-after') await gateway.onKill();
    end(call, answer);
    if (fate === 'ok' || fate === 'repeated') await sendWhole(response, answer);
    else if (fate !== 'hung-after') reset(response);
  };

  const gateway: Gateway = {
    calls,
    decide: () => 'ok',
    onAnswer: () => {},
    onKill: () => {},
    onQuiet: () => {},
    get busy() {
      return waiting > 0;
    },
    subscribe: (listener) => void listeners.push(listener),

    async front(service, targetUrl, protocol, dateOf) {
      const target = new URL(targetUrl);
      const handle = async (request: IncomingMessage, response: ServerResponse) => {
        waiting += 1;
        // Comes also where the caller has gone away.
        response.once('close', () => {
          waiting -= 1;
          if (waiting === 0) gateway.onQuiet();
        });
        const body = await readBody(request).catch(() => undefined);
        // The caller went away in the middle of its request: nothing to pass on.
        if (body === undefined) return;
        const { method = 'GET', url: path = '/', headers } = request;
        const seen: SeenRequest = { method, path, headers, body };
        const call = begin(service, protocol, seen);
        const fate = await gateway.decide(call);
        if (dateOf) response.setHeader('date', new Date(dateOf.nowMs()).toUTCString());
        call.fate = nameOf(fate);
        try {
          await fulfil(fate, call, response, { seen, forwardIt: () => forward(target, seen) });
        } catch (error) {
          if (!(error instanceof ServiceUnreachable)) throw error;
          call.errorName = error.name;
          end(call);
          reset(response);
        }
      };
      const server = createServer((request, response) => void handle(request, response));
      // Idle connections stay open: a front that hangs up by itself would be a fault that no test injected.
      server.keepAliveTimeout = 0;
      const front = await listen(server);
      fronts.push(front);
      return front.url;
    },

    async close() {
      await Promise.all(fronts.splice(0).map((front) => front.close()));
    },
  };
  return gateway;
}
