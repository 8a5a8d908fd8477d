import type { SeenRequest } from '../../gateway/protocols.ts';
import { CODES } from '../codes.ts';
import type { PlatformApi, Verdict } from '../platform.ts';
import { readTexts } from './json.ts';

/** The three session calls of the REST API, by their place below `/api/m2m/v1`. */
export type SessionCall = {
  method: 'POST' | 'PUT';
  path: string;
  /** The members of the request's body; an operation without members has no body. */
  members: readonly string[];
  /** The one member of the answer. */
  output: 'sessionToken' | 'newPassword';
  /** Without it, the request needs no session. */
  needsSession?: true;
  execute(api: PlatformApi, session: string, values: readonly string[]): Verdict<string>;
};

export const SESSION_CALLS: readonly SessionCall[] = [
  {
    method: 'POST',
    path: '/session/login',
    members: ['username', 'password'],
    output: 'sessionToken',
    execute: (api, _session, [username = '', password = '']) => api.logIn(username, password),
  },
  {
    method: 'PUT',
    path: '/session/password/actions/reset',
    members: ['oldPassword'],
    output: 'newPassword',
    needsSession: true,
    execute: (api, session, [oldPassword = '']) => api.getNewPassword(session, oldPassword),
  },
  {
    method: 'POST',
    path: '/session/logout',
    members: [],
    output: 'sessionToken',
    needsSession: true,
    execute: (api, session) => api.logOut(session),
  },
];

/** The backend takes no larger request; WCF's default is the same. */
const MAX_REQUEST_BYTES = 65_536;

/** Returns the HTTP status that refuses a request before anything in it is read. */
export function httpRefusal(
  { members }: Pick<SessionCall, 'members'>,
  { headers, body }: SeenRequest,
): number | undefined {
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return 411;
  if (body.length > MAX_REQUEST_BYTES) return 413;
  const type = headers['content-type'];
  if (type === undefined && members.length === 0) return undefined;
  return /^application\/json(;\s*charset="?utf-8"?)?$/i.test(String(type)) ? undefined : 415;
}

export type ReadMembers = { ok: true; values: string[] } | { ok: false; code: string };

/**
 * Reads the members of a request, as strictly as the published pages describe them: each once, a text, and no other.
 * @param raw whether `'`, `<` and `\` are looked for in the bytes as sent, before JSON is decoded.
 */
export function readMembers({ members }: SessionCall, body: Buffer, raw: boolean): ReadMembers {
  if (members.length === 0)
    return body.length === 0 ? { ok: true, values: [] } : { ok: false, code: CODES.deserialization };
  const sent = readTexts(body);
  if (!sent || Object.keys(sent).some((name) => !members.includes(name)))
    return { ok: false, code: CODES.deserialization };
  if (raw && /['<\\]/.test(body.toString('latin1'))) return { ok: false, code: CODES.invalidCharacter };
  const values = members.map((name) => sent[name] ?? '');
  return values.includes('') ? { ok: false, code: CODES.requestUndefined } : { ok: true, values };
}
