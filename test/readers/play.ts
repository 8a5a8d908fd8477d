import { FLAWS, type Reading, restDifference, soapDifference } from './compare.ts';
import { type Started, startRestReaders, startSoapReaders } from './programs.ts';
import { type Decision, type Recorded, startRecorder } from './recorded.ts';
import { startRestRecorder } from './recorded-rest.ts';
import { restRequest } from './rest-requests.ts';
import { soapRequest } from './soap-requests.ts';

/** The end of one request: refused by the function, sent, read alike by every reader, or a violation. */
export type Played = { name: string; end: string; violation?: string };

type Decided = { mutations: string[]; decision: Decision };
/** Requests of one API, and the readers that look at them. */
type Requests = {
  api: string;
  /** How many there are of a seed; the gate plays a share of them. */
  count: number;
  startReaders(): Started;
  /** Starts an access function, and decides about the request of each number. */
  start(seed: number): Promise<(number: number) => Promise<Decided>>;
  differenceOf(recorded: Recorded, reading: Reading): string | undefined;
};

const soap: Requests = {
  api: 'SOAP',
  count: 12_000,
  startReaders: startSoapReaders,
  async start(seed) {
    const decide = await startRecorder();
    return async (number) => {
      const request = soapRequest(seed, number);
      return { mutations: request.mutations, decision: await decide(request) };
    };
  },
  differenceOf: soapDifference,
};
const rest: Requests = {
  api: 'REST',
  count: 12_000,
  startReaders: startRestReaders,
  async start(seed) {
    const decide = await startRestRecorder();
    return async (number) => {
      const request = restRequest(seed, number);
      return { mutations: request.mutations, decision: await decide(request) };
    };
  },
  differenceOf: restDifference,
};

/** The suites of `npm run verify`, by their names. */
export const READERS: ReadonlyMap<string, Requests> = new Map([
  ['readers', soap],
  ['readers-rest', rest],
]);

const AT_ONCE = 250;

const nameOf = ({ api }: Requests, number: number): string => `${api} request ${number}`;
/** Returns the number in the name of a request. */
export function numberIn({ api }: Requests, name: string): number | undefined {
  const [named, digits] = name.split(' request ');
  return named === api && /^\d+$/.test(digits ?? '') ? Number(digits) : undefined;
}

/**
 * Sends mutated requests through the access function in memory. Independent readers read what it sent on: each must find
 * what the record has. Stops at the first violation.
 * @returns the readers that took part, the absent ones, and the violation
 */
export async function playReaders(
  requests: Requests,
  seed: number,
  numbers: readonly number[],
  onPlayed: (played: Played) => void,
): Promise<Pick<Started, 'readers' | 'absent'> & { violated?: Played }> {
  const { readers, absent, close } = requests.startReaders();
  try {
    const decide = await requests.start(seed);
    const unnoticed = new Set(
      readers.flatMap(({ name }) => Object.keys(FLAWS).map((flaw) => `${name}: ${flaw}`)),
    );
    for (let at = 0; at < numbers.length; at += AT_ONCE) {
      const cases: Case[] = [];
      for (const number of numbers.slice(at, at + AT_ONCE)) {
        const { mutations, decision } = await decide(number);
        const name = nameOf(requests, number);
        if ('recorded' in decision) cases.push({ name, mutations, recorded: decision.recorded });
        else onPlayed({ name, end: 'refused' });
      }
      for (const played of await compared(requests, cases, readers, unnoticed)) {
        onPlayed(played);
        if (played.violation !== undefined) return { readers, absent, violated: played };
      }
    }
    // A handful of requests need not hold what a flaw would spoil.
    const [flaw] = numbers.length < AT_ONCE ? [] : unnoticed;
    if (flaw === undefined) return { readers, absent };
    const violation = `The comparison proves nothing: it has not noticed a flaw. ${flaw}`;
    return {
      readers,
      absent,
      violated: { name: nameOf(requests, numbers[0] ?? 0), end: 'a flaw', violation },
    };
  } finally {
    close();
  }
}

type Case = { name: string; mutations: string[]; recorded: Recorded };

/** Compares the records with the readings of all readers, which run side by side. */
async function compared(
  { differenceOf }: Requests,
  cases: readonly Case[],
  readers: Started['readers'],
  unnoticed: Set<string>,
): Promise<Played[]> {
  const sent = cases.map(({ recorded }) => Buffer.from(recorded.sent));
  const readings = await Promise.all(readers.map((reader) => reader.read(sent)));
  return cases.map(({ name, mutations, recorded }, at): Played => {
    for (const [of, reader] of readers.entries()) {
      const reading = readings[of]?.[at] ?? { error: 'nothing was read' };
      for (const [flaw, spoil] of Object.entries(FLAWS)) {
        const spoilt = spoil(recorded);
        if (spoilt && differenceOf(spoilt, reading) !== undefined)
          unnoticed.delete(`${reader.name}: ${flaw}`);
      }
      const difference = differenceOf(recorded, reading);
      if (difference === undefined) continue;
      const violation = `${name} (${mutations.join(', ')}), ${reader.name}: ${difference}\n\n${recorded.sent}`;
      return { name, end: 'read in another way', violation };
    }
    return { name, end: readers.length === 0 ? 'sent' : 'read alike' };
  });
}
