import type { SeenRequest } from '../../gateway/protocols.ts';
import { ODD_ERRORS } from './odd-errors.ts';
import { ODD_VALUES } from './odd-values.ts';
import type { RestAnswer } from './shapes.ts';

/** An answer in place of the service's own. `open`: it announces no length, and the connection stays open behind it. */
export type OddBytes = RestAnswer & { open?: true };

/** The facts that an odd answer is made of. */
export type OddContext = {
  /** The member that a success holds: `newPassword`, `sessionToken` or `access_token`. */
  member: string;
  /** Its value in the service's own answer; an invented one where there is none. */
  value: string;
  /** Secrets of the request, which an answer may repeat. */
  bearer: string;
  apiKey: string;
  password: string;
  path: string;
};

export type OddAnswer = {
  name: string;
  /** The letter of the shape of an error (section "Errors over REST" of docs/thingspace-api.md); undefined for a success. */
  shape?: 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G';
  /**
   * For an error: shape, code, and status go together. For a success: it is a whole JSON object with the one member,
   * however unusual its spelling, so a reader must find the value; `false`: no reader may take it for done; undefined:
   * a careful reader may do either.
   */
  fits: boolean | undefined;
  bytes(context: OddContext): OddBytes;
};

/** Every odd answer, errors first. A suite plays each at each operation, before or after the effect. */
export const ODD_ANSWERS: readonly OddAnswer[] = [...ODD_ERRORS, ...ODD_VALUES];

/** Returns the odd answer with this name. Throws RangeError. */
export function oddAnswer(name: string): OddAnswer {
  const found = ODD_ANSWERS.find((odd) => odd.name === name);
  if (!found) throw new RangeError(`There is no odd answer "${name}".`);
  return found;
}

/** Makes the bytes of an odd answer to a request. @param real the body of the service's own answer, after the effect. */
export function oddBytes(odd: OddAnswer, request: SeenRequest, real?: Buffer | string): OddBytes {
  const { path, headers, body } = request;
  const member = /\/token$/.test(path)
    ? 'access_token'
    : /\/reset$/.test(path)
      ? 'newPassword'
      : 'sessionToken';
  const sent = textsIn(body);
  const credentials = String(headers.authorization ?? '').split(' ');
  const isBasic = credentials[0] === 'Basic';
  return odd.bytes({
    path,
    member,
    value: textsIn(real)[member] ?? INVENTED[member] ?? '',
    bearer: isBasic ? '' : (credentials[1] ?? ''),
    apiKey: isBasic
      ? (Buffer.from(credentials[1] ?? '', 'base64')
          .toString()
          .split(':')[0] ?? '')
      : '',
    password: sent.oldPassword ?? sent.password ?? '',
  });
}

const INVENTED: Record<string, string> = {
  access_token: '0123456789abcdef0123456789abcdef',
  newPassword: 'Invented-1',
  sessionToken: '0f0e0d0c-0000-4000-8000-000000000001',
};

function textsIn(body: Buffer | string | undefined): Record<string, string> {
  try {
    return JSON.parse(String(body));
  } catch {
    return {};
  }
}
