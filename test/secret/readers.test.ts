import { expect, it } from 'vitest';
import { readersOf } from '../../lambda/secret/readers.ts';

const NAME = 'thingspace/fleet';
const ARN = `arn:aws:secretsmanager:us-east-1:111122223333:secret:${NAME}-AbC123`;
const NOW_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 24 * 60 * 60_000;
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

type Shown = {
  role?: string;
  user?: string;
  daysAgo: number;
  secretId?: string;
  agent?: string;
  denied?: true;
};

const record = ({ role: of, user, daysAgo, secretId = ARN, agent = 'aws-sdk-java', denied }: Shown) => ({
  EventTime: new Date(NOW_MS - daysAgo * DAY_MS),
  CloudTrailEvent: JSON.stringify({
    eventName: 'GetSecretValue',
    eventTime: new Date(NOW_MS - daysAgo * DAY_MS).toISOString(),
    userAgent: agent,
    ...(denied && { errorCode: 'AccessDenied' }),
    userIdentity:
      of === undefined
        ? { type: 'IAMUser', arn: `arn:aws:iam::111122223333:user/${user}` }
        : {
            type: 'AssumedRole',
            arn: `arn:aws:sts::111122223333:assumed-role/${of}/session-${daysAgo}`,
            sessionContext: { sessionIssuer: { arn: role(of) } },
          },
    requestParameters: { secretId },
  }),
});

type Asked = { LookupAttributes: { AttributeKey: string; AttributeValue: string }[]; NextToken?: string };

/** A CloudTrail whose pages hold two events, the newest first. */
function trail(
  events: Shown[],
  { indexed = true, fails = (_call: number): string | undefined => undefined } = {},
) {
  let nowMs = 0;
  let calls = 0;
  const clock = {
    nowMs: () => nowMs,
    async sleep(ms: number) {
      nowMs += ms;
    },
  };
  async function send({ input }: { input: Asked }) {
    calls += 1;
    const failure = fails(calls);
    if (failure !== undefined) throw Object.assign(new Error(), { name: failure });
    const [{ AttributeKey = '', AttributeValue = '' } = {}] = input.LookupAttributes;
    const ofName = (shown: Shown) => indexed && (shown.secretId ?? ARN) === AttributeValue;
    const found = events.filter((shown) => AttributeKey === 'EventName' || ofName(shown));
    const from = Number(input.NextToken ?? 0);
    const sorted = found.sort((a, b) => a.daysAgo - b.daysAgo);
    const next = from + 2 < sorted.length ? { NextToken: String(from + 2) } : {};
    return { Events: sorted.slice(from, from + 2).map(record), ...next };
  }
  const cloudTrail = { send } as never;
  return { parts: { cloudTrail, clock, wallMs: () => NOW_MS }, calls: () => calls };
}

const secret = { arn: ARN, name: NAME };
const OWN = { role: 'rotation', daysAgo: 0, agent: 'aws-sdk-js/3 app/thingspace-rotation' };

it('Readers are roles and users with their last read, the oldest first, without the function and the tool', async () => {
  const { parts } = trail([
    OWN,
    { role: 'fleet-app', daysAgo: 3 },
    { role: 'fleet-app', daysAgo: 1, secretId: NAME },
    { role: 'invoices', daysAgo: 61 },
    { user: 'bob', daysAgo: 5 },
    { role: 'stranger', daysAgo: 1, denied: true },
    { role: 'other', daysAgo: 1, secretId: `${NAME}-2` },
  ]);
  expect(await readersOf(parts, secret, 300_000)).toEqual({
    listed: [
      { principal: role('invoices'), lastReadAt: NOW_MS - 61 * DAY_MS },
      { principal: 'arn:aws:iam::111122223333:user/bob', lastReadAt: NOW_MS - 5 * DAY_MS },
      { principal: role('fleet-app'), lastReadAt: NOW_MS - DAY_MS },
    ],
    more: 0,
    sinceMs: NOW_MS - 90 * DAY_MS,
  });
});

it('Twenty readers are listed, and the others are counted', async () => {
  const events = Array.from({ length: 32 }, (_, index) => ({ role: `app-${index}`, daysAgo: index }));
  const { parts } = trail(events);
  const readers = await readersOf(parts, secret, 300_000);
  expect(readers).toMatchObject({ more: 12 });
  expect('listed' in readers && readers.listed[0]?.principal).toBe(role('app-31'));
});

it('An index without names is replaced by the reads of the whole account', async () => {
  const { parts } = trail([OWN, { role: 'fleet-app', daysAgo: 3 }], { indexed: false });
  expect(await readersOf(parts, secret, 300_000)).toMatchObject({
    listed: [{ principal: role('fleet-app') }],
  });
});

it('A trail that does not show the function’s own reads shows no reads at all', async () => {
  const { parts } = trail([{ role: 'other', daysAgo: 1, secretId: 'other' }]);
  expect(await readersOf(parts, secret, 300_000)).toEqual({ notListed: 'CloudTrail shows no read of it' });
});

it('The list says since when it is whole where the time did not last', async () => {
  const { parts } = trail(Array.from({ length: 50 }, (_, index) => ({ role: 'fleet-app', daysAgo: index })));
  const readers = await readersOf(parts, secret, 1_000);
  expect(readers).toMatchObject({ listed: [{ principal: role('fleet-app') }] });
  expect('sinceMs' in readers && readers.sinceMs).toBeGreaterThan(NOW_MS - 10 * DAY_MS);
});

it('A list that is throttled at its second page says since when it is whole', async () => {
  const events = Array.from({ length: 6 }, (_, index) => ({ role: 'fleet-app', daysAgo: index + 1 }));
  const { parts } = trail(events, { fails: (call) => (call === 1 ? undefined : 'ThrottlingException') });
  const readers = await readersOf(parts, { arn: ARN, name: undefined }, 10_000);
  expect(readers).toMatchObject({ listed: [{ lastReadAt: NOW_MS - DAY_MS }], sinceMs: NOW_MS - 2 * DAY_MS });
});

it('A trail that is throttled until the time is over is not said to show no read', async () => {
  const { parts } = trail([OWN], { fails: () => 'ThrottlingException' });
  expect(await readersOf(parts, secret, 10_000)).toEqual({ notListed: 'CloudTrail did not answer in time' });
});

it('A throttled lookup is repeated, and a denied one is not', async () => {
  const throttled = trail([OWN], { fails: (call) => (call < 3 ? 'ThrottlingException' : undefined) });
  expect(await readersOf(throttled.parts, secret, 300_000)).toMatchObject({ listed: [] });
  const denied = trail([OWN], { fails: () => 'AccessDeniedException' });
  await expect(readersOf(denied.parts, secret, 300_000)).rejects.toMatchObject({
    errorName: 'AccessDeniedException',
  });
  expect(denied.calls()).toBe(1);
});
