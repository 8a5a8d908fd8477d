import type { Clock } from '../../lambda/clock.ts';
import type { CallLimits, RawAnswer, Unknown } from '../../lambda/thingspace/api.ts';
import { NoAnswerError } from '../../lambda/thingspace/call-errors.ts';
import type { Send } from '../../lambda/thingspace/http-call.ts';
import { createRestApi, type RestApi } from '../../lambda/thingspace/rest/api.ts';
import { type SeenRequest, thingSpace } from '../../local/gateway/protocols.ts';
import { type OddAnswer, type OddBytes, oddBytes } from '../../local/thingspace/rest/odd-answers.ts';
import { REST_PATHS, type Rest } from '../../local/thingspace/rest/service.ts';
import { SHAPES } from '../../local/thingspace/rest/shapes.ts';
import type { Process, Wire } from './fate.ts';
import { type Link, lost, mustStillLeave, type PlatformObserver } from './memory-thingspace.ts';

/** The names of the calls on the wire; those of the session calls are the ones that SOAP has. */
export type RestOperation = 'GetBearer' | 'LogIn' | 'GetNewPassword' | 'LogOut';

/** Disturbances of the REST API; each concerns every call of its operation until it is taken away. */
export type RestLink = {
  /** The gateway executes a call twice, and the second answer arrives. */
  repeated?: RestOperation | undefined;
  /** An odd answer, before the call takes effect or after. */
  odd?: { operation: RestOperation; when: 'before' | 'after'; answer: OddAnswer } | undefined;
};

/** Reports whether no log-in succeeds, whatever its password. */
export const refusesLogIns = ({ odd }: RestLink): boolean =>
  odd?.operation === 'LogIn' && (odd.answer.shape !== undefined || odd.answer.fits === false);

export type RestWorld = {
  rest: Rest;
  clock: Clock;
  wire: Wire;
  link: Link;
  restLink: RestLink;
  observer: PlatformObserver;
  onAnswer: () => void;
};

const HOST = 'https://thingspace.test';

/** The product's own REST client, whose requests reach the simulator's REST API without HTTP. */
export function restInMemory(world: RestWorld, process: Process): RestApi {
  const addresses = {
    baseUrl: `${HOST}${REST_PATHS.base}`,
    tokenUrl: `${HOST}${REST_PATHS.token}`,
  };
  return createRestApi(addresses, world.clock, sendInMemory(world, process));
}

function sendInMemory({ wire, link, onAnswer, ...world }: RestWorld, process: Process): Send {
  return async ({ method, url, headers, body }, limits: CallLimits) => {
    const bytes = Buffer.from(body);
    const seen: SeenRequest = {
      method,
      path: new URL(url).pathname,
      headers: { ...headers, 'content-length': String(bytes.length) },
      body: bytes,
    };
    const operation = thingSpace.operationOf(seen) as RestOperation;
    try {
      const answer = await wire.remote(process, operation, () => {
        mustStillLeave(limits);
        return answerTo({ ...world, link, process, operation, seen });
      });
      const received = asReceived(answer);
      if (operation !== 'GetNewPassword' || received.outcome !== 'answered') return received;
      onAnswer();
      return link.spoil?.(received.body) ?? received;
    } catch (failure) {
      return lost(failure);
    }
  };
}

type Arrived = Pick<RestWorld, 'rest' | 'link' | 'restLink' | 'observer'> & {
  process: Process;
  operation: RestOperation;
  seen: SeenRequest;
};

function answerTo(arrived: Arrived): OddBytes {
  const { odd, repeated } = arrived.restLink;
  const { operation, seen } = arrived;
  const isOdd = odd?.operation === operation;
  if (isOdd && odd.when === 'before') return toldRefusal(arrived, oddBytes(odd.answer, seen));
  if (repeated === operation) {
    executed(arrived);
    arrived.observer.repeats();
  }
  const answer = executed(arrived);
  return isOdd ? toldRefusal(arrived, oddBytes(odd.answer, seen, answer.body)) : answer;
}

/** Codes of an answer that was written before anything looked at the password. */
const NOT_LOOKED_AT = {
  LogIn: /90090[1-4]|DeserializationFailed|RequestUndefined/,
  GetNewPassword: /90090[1-4]/,
};

/** Tells the observer of a refusal by whatever wrote it: its reader learns that ThingSpace, or its gateway, refused. */
function toldRefusal({ observer, process, operation, seen }: Arrived, answer: OddBytes): OddBytes {
  if (operation !== 'LogIn' && operation !== 'GetNewPassword') return answer;
  if (answer.status >= 400 && !NOT_LOOKED_AT[operation].test(answer.body.toString())) {
    const { password, oldPassword = password } = JSON.parse(seen.body.toString());
    observer.answered(process, operation, oldPassword, { ok: false, code: answer.status.toString() });
  }
  return answer;
}

/** One execution, told to the observer where it has reached the platform. */
function executed(arrived: Arrived): OddBytes {
  const { rest, link, observer, process, operation, seen } = arrived;
  if (operation !== 'LogIn' && operation !== 'GetNewPassword') return rest.answer(seen);
  observer.presented();
  const answer =
    operation === 'GetNewPassword' && link.refuse
      ? SHAPES.m2m(400, `UnifiedWebService.${link.refuse}`)
      : rest.answer(seen);
  const sent = JSON.parse(seen.body.toString());
  const got = /^\{/.test(answer.body.toString()) ? JSON.parse(answer.body.toString()) : {};
  const password = sent.password ?? sent.oldPassword;
  if (answer.status === 200)
    observer.answered(process, operation, password, {
      ok: true,
      value: got.sessionToken ?? got.newPassword,
    });
  return toldRefusal(arrived, answer);
}

/** As `sendOnce` gives it: an answer without a byte of body proves nothing. */
function asReceived({ status, headers, body }: OddBytes): RawAnswer | Unknown {
  const bytes = Buffer.from(body);
  if (bytes.length === 0)
    return {
      outcome: 'unknown',
      cause: new NoAnswerError(`The connection was closed after HTTP status ${status}`),
    };
  return {
    outcome: 'answered',
    httpStatus: status,
    body: bytes,
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    complete: true,
    transport: 'rest',
  };
}
