import { accessText } from '../../cli/access-log.ts';
import type { AccessReader, StoredRecord } from '../../cli/access-reader.ts';
import { findRecords } from '../../cli/access-records.ts';
import { CALLS, type Calls, callAccess, callSession, type Reply } from '../access/client.ts';
import { type LocalAccess, startAccess } from '../access/start.ts';
import { listDevices } from '../fleet/rest.ts';
import { getDeviceInformation } from '../fleet/soap.ts';
import type { World } from '../world.ts';
import { isDenied, PERSON_REQUESTS, personChecks, writtenBy } from './access-persons.ts';
import { nothingLeaked } from './checks.ts';
import { check, type Scenario } from './scenario.ts';

/** Changes that are made while the password is rotated: by so many at once, each one after the other. */
const CHANGES = 20;
const AT_ONCE = 4;

/** Users of different rights in front of one username, and what the audit says of them afterwards. */
export const accessScenario: Scenario = {
  name: 'access',
  shows:
    'One username for several users: Vic may look, Ann may change, Alice and Bob come through a portal, Oona and Olaf share a permission set, Erin brings a signed token, the shop gets the session; each request is recorded.',
  summary: true,
  async play(world, show) {
    const access = await startAccess(world);
    const { ann, vic, portal, stranger } = access.principals;
    const { devices } = world.devices;
    const calls: Calls = CALLS[world.transport];
    const [first, second] = devices.map(({ iccid }) => iccid) as [string, string];
    try {
      const list = await callAccess(access.url, vic, calls.list);
      const denied = await callAccess(access.url, vic, calls.change(first, 'by Vic'));
      const untouched = devices.every(({ customFields }) => Object.keys(customFields).length === 0);
      const byAlice = await callAccess(access.url, portal, calls.change(first, 'by Alice'), {
        user: 'alice@example.com',
      });
      const byBob = await callAccess(access.url, portal, calls.change(first, 'by Bob'), {
        user: 'bob@example.com',
      });
      const pretended = await callAccess(access.url, vic, calls.list, { user: 'alice@example.com' });
      const strange = await callAccess(access.url, stranger, calls.list);
      const password = await callAccess(access.url, ann, calls.newPassword);
      const handedOut = await sessionChecks(world, access);
      const persons = await personChecks(world, access, calls);
      const before = world.devices.events.length;
      const [rotation, ...ofEach] = await Promise.all([
        world.conductor.rotate(world.secretArn, { attempts: 1 }),
        ...Array.from({ length: AT_ONCE }, () => changesOneByOne(access, calls, second)),
      ]);
      const changes = ofEach.flat();
      const executed = world.devices.events.length - before;

      // Two log-ins are the rotation's: its own, and the one that proves the new password.
      const { logIns, failures } = world.platform.truth(world.username);
      const everything = await recordsOf(access.reader, {});
      const ofDevice = await recordsOf(access.reader, { devices: [first] });
      const ofAlice = await recordsOf(access.reader, { user: 'alice@example.com' });
      const shown = everything.filter(({ devices }) => devices[0]?.identifier !== second);
      show(
        `\nThe audit, without Ann’s ${CHANGES} changes during the rotation:\n\n${accessText({ records: shown, wide: [], holders: [] })}\n`,
      );
      return [
        check(
          'Vic lists the devices, and gets ThingSpace’s answer',
          list.status === 200 && list.text.includes(first),
        ),
        check(
          'Vic may not change one: a fault that names the rule, and nothing was changed',
          isDenied(denied, 'denied-by-default') && untouched,
        ),
        check(
          'Alice changes one, through the portal',
          byAlice.status === 200 && devices[0]?.customFields.CustomField1 === 'by Alice',
        ),
        check('Bob, through the same portal, may not', isDenied(byBob, 'denied-by-default')),
        check('Vic may not speak for Alice', isDenied(pretended, 'speaks-for-others')),
        check('Whom no rule names gets nothing', isDenied(strange, 'denied-by-default')),
        check(
          'No user can ask for a new password, not even Ann, who may do everything',
          isDenied(password, 'never-forwarded'),
        ),
        check(
          `${CHANGES} changes of Ann’s during a rotation: all answered, each executed once`,
          rotation.succeeded &&
            changes.length === CHANGES &&
            changes.every(({ status }) => status === 200) &&
            executed === CHANGES,
        ),
        check(
          'The device was changed by Alice; Vic and Bob were denied',
          outcomes(ofDevice) === 'vic denied, alice@example.com done, bob@example.com denied',
        ),
        check('Alice made one change', outcomes(ofAlice) === 'alice@example.com done'),
        ...handedOut,
        ...persons,
        check(
          'Each request has its record',
          everything.length === 7 + SESSION_REQUESTS + PERSON_REQUESTS + CHANGES,
        ),
        check(
          'Rotation and function logged in three times together, and no log-in failed',
          logIns <= 3 && failures === 0,
        ),
        await nothingLeaked(world),
        await nothingLeakedBy(world, access),
      ];
    } finally {
      await access.close();
    }
  },
};

const SESSION_REQUESTS = 2;

/** A caller with the right to get the session, and one without it. */
async function sessionChecks({ env }: World, { url, principals }: LocalAccess) {
  const { ann, shop } = principals;
  const given = await callSession(url, shop);
  const denied = await callSession(url, ann);
  const { token = '', baseUrl = '', headers = {} } = given.document;
  const isOverSoap = given.document.transport === 'soap';
  const isAnswered = isOverSoap
    ? (await getDeviceInformation(baseUrl, token)).includes('GetDeviceInformationResponse')
    : (await listDevices({ baseUrl }, headers)).ok;
  return [
    check(
      'The shop gets the session, and its own request with it is answered',
      given.status === 200 && baseUrl === env.THINGSPACE_BASE_URL && isAnswered,
    ),
    check(
      'Ann, who may do everything else, does not get the session',
      denied.status === 403 && denied.error?.code === 'AccessDenied' && denied.document.token === undefined,
    ),
  ];
}

async function changesOneByOne(access: LocalAccess, calls: Calls, device: string): Promise<Reply[]> {
  const replies: Reply[] = [];
  while (replies.length < CHANGES / AT_ONCE) {
    replies.push(
      await callAccess(access.url, access.principals.ann, calls.change(device, `${replies.length}`)),
    );
  }
  return replies;
}

const recordsOf = async (reader: AccessReader, wanted: { devices?: string[]; user?: string }) => {
  const nowMs = Date.now();
  return (await findRecords(reader, { ...wanted, sinceMs: nowMs - 60 * 60_000, untilMs: nowMs })).records;
};

const outcomes = (records: readonly StoredRecord[]) =>
  records
    .map(({ user, caller, outcome }) => `${user ?? caller.split('/').at(-1)} ${outcome ?? 'unknown'}`)
    .join(', ');

async function nothingLeakedBy(world: World, access: LocalAccess) {
  const written = await writtenBy(world, access);
  const { passwords, tokens } = world.platform.truth(world.username);
  return check(
    'No password and no token is in the function’s log or in the audit',
    tokens.length > 0 && ![...passwords, ...tokens].some((secret) => written.includes(secret)),
  );
}
