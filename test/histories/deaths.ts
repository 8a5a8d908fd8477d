import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { exposure } from '../../lambda/ledger/state.ts';
import type { Link } from '../world/memory-thingspace.ts';
import { createWorld, MINUTE_MS } from '../world/world.ts';

/** The page whose table of deaths a run of `createSecret` prints. */
export const PAGE = fileURLToPath(new URL('../../lambda/README.md', import.meta.url));

/** The calls of a healthy `createSecret` in the order in which they begin, each with its purpose. */
export const CALLS = [
  ['DescribeSecret', 'reads the labels of the versions'],
  ['GenerateDataKey', 'makes the key that seals the answer'],
  ['GetSecretValue', 'reads `AWSCURRENT`'],
  ['GetItem', 'reads ledger and journal'],
  ['PutItem', 'reserves the log-in'],
  ['LogIn', 'opens a session with the password in `AWSCURRENT`'],
  ['PutItem', 'counts the log-in, reserves the exchange, and writes `exchanging`'],
  ['GetNewPassword', 'exchanges the password'],
  ['stdout', 'takes the sealed line'],
  ['PutSecretValue', 'stores the new password as `AWSPENDING`'],
  ['PutItem', 'writes `received` with the sealed answer'],
  ['UpdateSecretVersionStage', 'moves `AWSCURRENT` (the swap)'],
  ['PutItem', 'writes `committed`'],
  ['LogOut', 'ends the session'],
] as const;
/** The calls before this one only read. */
const FIRST_EFFECT = 5;

/** The moment of a death. `held` is a call that is under way then and takes no effect. Calls count from 1. */
export type Cut = { fate: 'killed-before' | 'killed-after'; call: number; held?: number };

/** Every call, killed before and after its effect; then the calls that run beside each other, in the other order. */
export const cuts: readonly Cut[] = [
  ...CALLS.flatMap((_, at): Cut[] => [
    { fate: 'killed-before', call: at + 1 },
    { fate: 'killed-after', call: at + 1 },
  ]),
  { fate: 'killed-after', call: 11, held: 10 },
  { fate: 'killed-after', call: 10, held: 11 },
  { fate: 'killed-after', call: 12, held: 11 },
  { fate: 'killed-after', call: 13, held: 14 },
  { fate: 'killed-after', call: 14, held: 13 },
];

/** The state that a death leaves, and the end of a retry 21 minutes later. */
export type Death = {
  /** The calls that took effect, without the reads. */
  done: number[];
  journal: string;
  exposure: number;
  currentWorks: boolean;
  /** Whether the rotation's version has a value, and `AWSCURRENT` is on it. */
  stored: boolean;
  swapped: boolean;
  messages: string[];
  /** The acts of the retry's `createSecret`. */
  retry: string[];
  ends: string;
  lost: boolean;
  /** In both invocations, and at the end ThingSpace's count of failed log-ins. */
  exchanges: number;
  failures: number;
  violations: string[];
};

/**
 * Kills the second rotation of a username at `cut`, and has Secrets Manager retry it.
 * @param link how ThingSpace answers the exchange that dies
 */
export async function die(
  { fate, call, held }: Cut,
  { afterMs = 21 * MINUTE_MS, link = {} }: { afterMs?: number; link?: Link } = {},
): Promise<Death> {
  const world = createWorld();
  await world.rotate();
  Object.assign(world.link, link);
  const before = world.calls.length;
  const exchangesBefore = world.truth().getNewPasswords;
  const token = randomUUID();
  world.aws.stage(token);
  const done: number[] = [];
  world.plan.decide = ({ index, name }) => {
    if (index === before + call) return fate;
    if (name === 'stdout') done.push(index - before);
    return 'ok';
  };
  if (fate === 'killed-after' && CALLS[call - 1]?.[0] === 'stdout') done.push(call);
  world.gate.person = (index, when) => {
    if (when === 'after') done.push(index - before);
  };
  world.gate.before = () =>
    world.calls.length - before === held ? new Promise(() => undefined) : Promise.resolve();
  const { outcome } = await world.step('createSecret', token);
  if (outcome !== 'killed') throw new Error(`The process ended as ${outcome}`);
  world.plan.decide = () => 'ok';
  world.gate.person = undefined;
  world.gate.before = undefined;
  Object.assign(world.link, { spoil: undefined, refuse: undefined });

  const left = world.state();
  const stored = world.aws.versions.get(token)?.value !== undefined;
  const swapped = world.aws.stages.get('AWSCURRENT') === token;
  const currentWorks = world.currentPassword() === world.truth().password;
  world.advance(afterMs);
  const [told, messages] = [world.told.length, world.aws.published.length];
  const names: string[] = [];
  world.plan.decide = ({ name }) => {
    if (!world.told.slice(told).some((line) => line.includes('"step":"testSecret"'))) names.push(name);
    return 'ok';
  };
  const { rotated, failures } = await world.rotate({ token, attempts: 1 });
  const last = failures.at(-1);
  return {
    done: done.filter((number) => number >= FIRST_EFFECT).sort((a, b) => a - b),
    journal: left.journal.state,
    exposure: exposure(left),
    currentWorks,
    stored,
    swapped,
    messages: world.aws.published.slice(messages).map(({ event }) => event),
    retry: actsIn(names),
    ends: rotated ? 'rotated' : last && 'error' in last ? last.error.name : 'killed',
    exchanges: world.truth().getNewPasswords - exchangesBefore,
    failures: world.truth().failures,
    lost: world.currentPassword() !== world.truth().password,
    violations: world.violations,
  };
}

/** The acts of an invocation, by its calls. */
function actsIn(names: readonly string[]): string[] {
  const exchanges = names.includes('GetNewPassword');
  const proofs = names.filter((name) => name === 'LogIn').length - (exchanges ? 1 : 0);
  return [
    ...(names.includes('FilterLogEvents') ? ['searches the log'] : []),
    ...(names.includes('Decrypt') ? ['opens the sealed answer'] : []),
    ...(proofs > 0 ? ['proves the old password'] : []),
    ...(exchanges ? ['exchanges'] : names.includes('PutSecretValue') ? ['stores'] : []),
    ...(!exchanges && names.includes('UpdateSecretVersionStage') ? ['swaps'] : []),
  ];
}

/** A row of the table: deaths after different calls that leave the same behind. */
export type Row = { deaths: Death[]; cells: string };

/** One row for each set of calls that took effect; neighbours that leave the same are one row. */
export function rowsOf(deaths: readonly Death[]): Row[] {
  const unlike = [...Map.groupBy(deaths, ({ done }) => done.join()).values()].flatMap((same) => {
    const all = new Set(same.map(cellsOf));
    if (all.size > 1) throw new Error(`Deaths after ${same[0]?.done} differ: ${[...all].join(' / ')}`);
    return same.slice(0, 1);
  });
  const rows: Row[] = [];
  for (const death of unlike.sort((a, b) => order(a) - order(b))) {
    const cells = cellsOf(death);
    const open = rows.at(-1);
    if (open?.cells === cells) open.deaths.push(death);
    else rows.push({ deaths: [death], cells });
  }
  return rows;
}

/** Steps of the healthy line first; LogOut changes nothing that a retry finds. */
const order = ({ done }: Death): number =>
  done.reduce((sum, call) => sum + (call === 14 ? 0.1 : 2 ** call), 0);

function cellsOf({ journal, exposure, currentWorks, retry, messages, ends }: Death): string {
  const works = currentWorks ? 'works' : '**dead**';
  const acts = retry.length === 0 ? 'finds nothing open' : retry.join(', ');
  const sent = messages.map((event) => `\`${event}\``).join(', ');
  const end = ends === 'rotated' ? ends : `**\`${ends}\`**`;
  return [`\`${journal}\``, exposure, works, acts, sent, end].join(' | ');
}

/** "1–9 + 11": the calls that took effect. A death before the first effect leaves what no call at all leaves. */
export function labelOf({ done }: Death): string {
  const gap = done.findIndex((call, at) => call !== FIRST_EFFECT + at);
  const line = gap < 0 ? done : done.slice(0, gap);
  if (line.length === 0) return `none to ${FIRST_EFFECT - 1}`;
  return [`1–${line.at(-1)}`, ...done.slice(line.length)].join(' + ');
}

const BEGIN = '<!-- deaths: printed by `node test/histories/write-deaths.ts`; do not edit -->';
const END = '<!-- end of deaths -->';

/** The calls by number, and the table of deaths. */
export function blockOf(rows: readonly Row[]): string {
  const calls = CALLS.map(([name, purpose], at) => `**${at + 1}** \`${name}\` ${purpose}`).join(' · ');
  const head = [
    '| | calls that took effect | journal | exposure | `AWSCURRENT` | the retry’s `createSecret` | messages | the retry ends |',
    '|---|---|---|---|---|---|---|---|',
  ];
  const table = rows.map(
    ({ deaths, cells }, at) => `| ${at + 1} | ${deaths.map(labelOf).join(' or ')} | ${cells} |`,
  );
  return [BEGIN, calls, '', ...head, ...table, END].join('\n');
}

/** Puts a block in the place of the page's. */
export function withBlock(page: string, block: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('The page has no block of deaths');
  return page.slice(0, from) + block + page.slice(to + END.length);
}
