import type { SeenRequest } from '../../gateway/protocols.ts';
import { CODES } from '../codes.ts';
import type { PlatformApi } from '../platform.ts';
import type { Random } from '../random.ts';
import type { DeviceStore } from '../soap/devices.ts';
import type { DeviceCall } from './device-calls.ts';
import { writeJson } from './json.ts';
import { httpRefusal, readMembers, type SessionCall } from './session-calls.ts';
import { json, type RestAnswer, SHAPES } from './shapes.ts';

/**
 * Answers a request that the gateway has forwarded. ThingSpace is taken to look at the session first, then at the
 * characters of the members, then at the password.
 * @param raw see `readMembers`
 */
export function answerOfBackend(
  call: SessionCall,
  seen: SeenRequest,
  api: PlatformApi,
  random: Random,
  raw: boolean,
): RestAnswer {
  const status = httpRefusal(call, seen);
  if (status !== undefined) return SHAPES.empty(status);
  const session = seen.headers['vz-m2m-token'];
  if (call.needsSession) {
    if (session === undefined) return fault(random, CODES.sessionFormat);
    const used = api.use(String(session));
    if (!used.ok) return fault(random, used.code, String(session));
  }
  const members = readMembers(call, seen.body, raw);
  if (!members.ok) return fault(random, members.code);
  const verdict = call.execute(api, String(session), members.values);
  if (!verdict.ok) return fault(random, verdict.code, members.values.at(-1));
  return json(200, writeJson(random, { [call.output]: verdict.value }));
}

/** Answers a call of an app: the session is looked at first. */
export function answerToApp(
  call: DeviceCall,
  seen: SeenRequest,
  api: PlatformApi,
  random: Random,
  devices: DeviceStore,
): RestAnswer {
  const status = httpRefusal({ members: ['devices'] }, seen);
  if (status !== undefined) return SHAPES.empty(status);
  const session = seen.headers['vz-m2m-token'];
  if (session === undefined) return fault(random, CODES.sessionFormat);
  const used = api.use(String(session));
  if (!used.ok) return fault(random, used.code, String(session));
  try {
    return json(200, call.onDevices(devices, JSON.parse(seen.body.toString())));
  } catch {
    return fault(random, CODES.deserialization);
  }
}

/** Shape A. Its texts change and may quote the request; the service before the first dot varies. */
function fault(random: Random, code: string, echo?: string): RestAnswer {
  const service = random.pick(['UnifiedWebService.', 'SessionService.', 'AccountService.']);
  const texts = ['The request failed.', `Error ${random.below(9_000)}.`];
  if (echo !== undefined) texts.push(`The value "${echo}" was not accepted.`);
  return json(400, writeJson(random, { errorCode: `${service}${code}`, errorMessage: random.pick(texts) }));
}
