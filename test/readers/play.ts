import { differenceOf, FLAWS, type SoapReading } from './compare.ts';
import { type Absent, type Reader, startSoapReaders } from './programs.ts';
import type { Recorded } from './recorded.ts';
import { startRecorder } from './recorded.ts';
import { type Mutated, soapRequest } from './soap-requests.ts';

/** The end of one request: refused by the function, read alike by every reader, or a violation. */
export type Played = { name: string; end: string; violation?: string };

/** Requests of a seed; the gate plays a share of them. */
export const REQUESTS = 12_000;
const AT_ONCE = 250;

export const nameOf = (number: number): string => `SOAP request ${number}`;
export const numberIn = (name: string): number | undefined => {
  const digits = /^SOAP request (\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

type Case = { number: number; request: Mutated; recorded: Recorded };
type Readers = { readers: Reader<SoapReading>[]; absent: Absent[] };

/**
 * Sends mutated requests through the access function in memory. Independent readers read what it sent on: each must find
 * the operation, the devices and the token that the record has. Stops at the first violation.
 * @returns the readers that took part, the absent ones, and the violation
 */
export async function playReaders(
  seed: number,
  numbers: readonly number[],
  onPlayed: (played: Played) => void,
): Promise<Readers & { violated?: Played }> {
  const { readers, absent, close } = await startSoapReaders<SoapReading>();
  try {
    const decide = await startRecorder();
    const unnoticed = new Set(
      readers.flatMap(({ name }) => Object.keys(FLAWS).map((flaw) => `${name}: ${flaw}`)),
    );
    for (let at = 0; at < numbers.length; at += AT_ONCE) {
      const cases: Case[] = [];
      for (const number of numbers.slice(at, at + AT_ONCE)) {
        const request = soapRequest(seed, number);
        const decision = await decide(request);
        if ('recorded' in decision) cases.push({ number, request, recorded: decision.recorded });
        else onPlayed({ name: nameOf(number), end: 'refused' });
      }
      for (const played of await compared(cases, readers, unnoticed)) {
        onPlayed(played);
        if (played.violation !== undefined) return { readers, absent, violated: played };
      }
    }
    // A handful of requests need not hold what a flaw would spoil.
    const [flaw] = numbers.length < AT_ONCE ? [] : unnoticed;
    if (flaw === undefined) return { readers, absent };
    const violation = `The comparison proves nothing: it has not noticed a flaw. ${flaw}`;
    return { readers, absent, violated: { name: nameOf(numbers[0] ?? 0), end: 'a flaw', violation } };
  } finally {
    close();
  }
}

/** Compares the records with the readings of all readers, which run side by side. */
async function compared(
  cases: readonly Case[],
  readers: Readers['readers'],
  unnoticed: Set<string>,
): Promise<Played[]> {
  const sent = cases.map(({ recorded }) => Buffer.from(recorded.sent));
  const readings = await Promise.all(readers.map((reader) => reader.read(sent)));
  return cases.map(({ number, request, recorded }, at): Played => {
    const name = nameOf(number);
    for (const [of, reader] of readers.entries()) {
      const reading = readings[of]?.[at] ?? { error: 'nothing was read' };
      for (const [flaw, spoil] of Object.entries(FLAWS)) {
        const spoilt = spoil(recorded);
        if (spoilt && differenceOf(spoilt, reading) !== undefined)
          unnoticed.delete(`${reader.name}: ${flaw}`);
      }
      const difference = differenceOf(recorded, reading);
      if (difference === undefined) continue;
      const violation = `${name} (${request.mutations.join(', ')}), ${reader.name}: ${difference}\n\n${recorded.sent}`;
      return { name, end: 'read in another way', violation };
    }
    return { name, end: 'read alike' };
  });
}
