import { expect, test } from 'vitest';
import { differenceOf, FLAWS, type SoapReading } from './compare.ts';
import { type Decision, startRecorder } from './recorded.ts';
import { soapRequest } from './soap-requests.ts';

/** `npm run verify` gives thousands of these requests to readers of other languages. */
const decide = await startRecorder();
const requests = Array.from({ length: 300 }, (_, number) => soapRequest(1, number));
const decisions: Decision[] = [];
for (const request of requests) decisions.push(await decide(request));
const recorded = decisions.flatMap((decision) => ('recorded' in decision ? [decision.recorded] : []));

/** The reading of a reader that agrees with the record. */
const agreeing = ({ operation, token, kind, ...others }: (typeof recorded)[number]): SoapReading => ({
  ...others,
  operation: `{http://nphase.com/unifiedwebservice/v2}${operation}`,
  tokens: [`{http://nphase.com/unifiedwebservice/v2}token ${token}`],
  kinds: kind === '' ? [] : [kind],
});

test('makes the same requests from the same seed, and others from another one', () => {
  const texts = (seed: number) =>
    requests.map((_, number) => soapRequest(seed, number).body.toString('latin1'));
  const first = requests.map(({ body }) => body.toString('latin1'));
  expect(texts(1)).toEqual(first);
  expect(texts(2).filter((text) => first.includes(text))).toEqual([]);
});

test('sends a good part of the requests on, each after its record', () => {
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
