import { describe, expect, test } from 'vitest';
import { FLAWS, type Reading, restDifference, soapDifference } from './compare.ts';
import { type Decision, type Recorded, startRecorder } from './recorded.ts';
import { startRestRecorder } from './recorded-rest.ts';
import { restRequest } from './rest-requests.ts';
import { soapRequest } from './soap-requests.ts';

/** `npm run verify` gives thousands of these requests to readers of other languages. */
const numbers = Array.from({ length: 300 }, (_, number) => number);
const V2 = '{http://nphase.com/unifiedwebservice/v2}';
const [decide, decideRest] = [await startRecorder(), await startRestRecorder()];
const soap: Decision[] = [];
const rest: Decision[] = [];
for (const number of numbers) {
  soap.push(await decide(soapRequest(1, number)));
  rest.push(await decideRest(restRequest(1, number)));
}

describe.each([
  {
    ...{
      api: 'SOAP',
      requestOf: soapRequest,
      decisions: soap,
      differenceOf: soapDifference,
    },
    /** The reading of a reader that agrees with the record. */
    agreeing: ({ operation, token, kind, devices, groups }: Recorded): Reading => ({
      ...{ operation: `${V2}${operation}`, tokens: [`${V2}token ${token}`], devices, groups },
      kinds: kind === '' ? [] : [kind],
    }),
  },
  {
    ...{ api: 'REST', requestOf: restRequest, differenceOf: restDifference },
    decisions: rest,
    agreeing: ({ operation, token, devices, groups }: Recorded): Reading => ({
      ...{ operation: operation.replace(/\{\w+\}/g, 'a-1'), tokens: [token], devices, groups, kinds: [] },
    }),
  },
])('over $api', ({ requestOf, decisions, differenceOf, agreeing }) => {
  const recorded = decisions.flatMap((decision) => ('recorded' in decision ? [decision.recorded] : []));

  test('makes the same requests from the same seed, and others from another one', () => {
    const textsOf = (seed: number) =>
      numbers.map((number) => requestOf(seed, number).body.toString('latin1'));
    const [first, again, other] = [textsOf(1), textsOf(1), textsOf(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('sends a good part of the requests on', () => {
    expect(recorded.length).toBeGreaterThan(75);
    expect(recorded.length).toBeLessThan(250);
  });

  test('calls a reader that says the same no contradiction', () => {
    expect(recorded.map((one) => differenceOf(one, agreeing(one))).filter(Boolean)).toEqual([]);
  });

  test.each(Object.keys(FLAWS))('notices %s', (flaw) => {
    const spoilt = recorded.flatMap((one) => {
      const other = FLAWS[flaw]?.(one);
      return other ? [differenceOf(other, agreeing(one))] : [];
    });
    expect(spoilt.length).toBeGreaterThan(0);
    expect(spoilt).not.toContain(undefined);
  });

  test('notices a reader that cannot read the request', () => {
    const [one] = recorded;
    expect(one && differenceOf(one, { error: 'bad' })).toContain('cannot read');
  });
});

test('notices a device that only a reader with typed members finds', () => {
  const decision = rest.find((one) => 'recorded' in one);
  if (!decision || !('recorded' in decision)) throw new Error('None was sent.');
  const { recorded } = decision;
  const { operation, token, devices, groups } = recorded;
  const reading = { operation, devices, groups, tokens: [token], kinds: [], typed: ['5551230009'] };
  expect(restDifference(recorded, reading)).toContain('5551230009');
});

test('notices a narrow record of a request whose list ThingSpace passes over', () => {
  const narrow = soap.flatMap((one) => ('recorded' in one && one.recorded.isNarrow ? [one.recorded] : []));
  const [one] = narrow;
  if (!one) throw new Error('There is no narrow record.');
  const { service, devices, groups, operation, token, kind } = one;
  const reading = {
    ...{ operation: `${V2}${operation}`, tokens: [`${V2}token ${token}`], devices, groups },
    kinds: kind === '' ? [] : [kind],
  };
  const listed = devices.map((device) => `${service} ${device.split(' ')[1]}`);
  expect(soapDifference(one, { ...reading, listed })).toBeUndefined();
  for (const others of [[], ['OtherService 1'], [...listed, `${service} 1`]]) {
    expect(soapDifference(one, { ...reading, listed: others })).toContain('narrow');
  }
});
