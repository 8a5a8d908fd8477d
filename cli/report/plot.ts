import { widthOf } from '../../infra/svg-text.ts';
import { DAY_MS, iso } from '../times.ts';
import { type Markup, markup } from './markup.ts';
import { ageAt, highestDays } from './password-age.ts';
import { PAUSED } from './pauses.ts';
import type { CredentialReport, Exception, Report, Segment } from './schema.ts';
import { kindInWords, number } from './words.ts';

/** The size of the picture, and where its plot stands, in its own units. */
const WIDTH = 960;
const LEFT = 132;
const RIGHT = WIDTH - 16;
const TOP = 22;
const AGE_HEIGHT = 168;
const LANE = 26;
const AGE_BOTTOM = TOP + AGE_HEIGHT;

type Scale = { fromMs: number; toMs: number; maxDays: number };

/** The height of the picture of one credential. */
export const HEIGHT = AGE_BOTTOM + 30 + 5 * LANE + 24;

/**
 * Draws the age of the password over the period, and below it what happened, in lanes of one kind each.
 * @param place attributes that place it in another picture
 */
export function timeLine(
  credential: CredentialReport,
  { period, limitDays }: Report,
  id: string,
  place: Markup = markup`role="img"`,
): Markup {
  const scale = scaleOf(credential, Date.parse(period.from), Date.parse(period.to), limitDays);
  const lanes = lanesOf(credential);
  const { segments } = credential.age;
  return markup`<svg class="time-line" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${place} aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Age of the password and events of ${credential.name}</title>
<desc id="${id}-desc">The tables below have the same facts.</desc>
<defs>${patterns(id)}</defs>
${months(scale, HEIGHT - 24)}
${ageAxis(scale, limitDays)}
${segments.map((segment, index) => segmentOf(segment, segments[index - 1], scale, limitDays, id))}
${lanes.map((lane, index) => laneOf(lane, AGE_BOTTOM + 30 + index * LANE, scale, id))}
</svg>`;
}

function scaleOf({ age }: CredentialReport, fromMs: number, toMs: number, limitDays: number): Scale {
  const ages = age.segments.map((segment) => highestDays(ageAt(segment, Date.parse(segment.to))));
  const most = Math.max(limitDays, ...ages);
  return { fromMs, toMs, maxDays: Math.ceil((most * 1.12) / 10) * 10 };
}

const round = (value: number): number => Math.round(value * 10) / 10;
const x = (ms: number, { fromMs, toMs }: Scale): number =>
  round(LEFT + ((RIGHT - LEFT) * (Math.min(Math.max(ms, fromMs), toMs) - fromMs)) / (toMs - fromMs));
const y = (days: number, { maxDays }: Scale): number => round(AGE_BOTTOM - (AGE_HEIGHT * days) / maxDays);

/** Hatchings tell areas apart without color. Ids are the picture's own: a page has many. */
const patterns = (id: string): Markup => markup`
<pattern id="${id}-none" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" class="none"/><path d="M0 0V8" class="hatch"/></pattern>
<pattern id="${id}-over" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path d="M0 0V5" class="over-hatch"/></pattern>
<pattern id="${id}-between" width="4" height="4" patternUnits="userSpaceOnUse"><circle cx="1" cy="1" r=".7" class="dot"/></pattern>
<pattern id="${id}-bar" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V4" class="bar-hatch"/></pattern>`;

const label = (atX: number, atY: number, words: string, kind = '', anchor = 'start'): Markup =>
  markup`<text x="${round(atX)}" y="${round(atY)}" class="${kind}" text-anchor="${anchor}">${words}</text>`;

/** The first of each month, and of every second or later one where the period is long. */
function months(scale: Scale, bottom: number): Markup[] {
  const first = new Date(scale.fromMs);
  const all: number[] = [];
  for (let n = 0; ; n += 1) {
    const at = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, 1);
    if (at >= scale.toMs) break;
    if (at >= scale.fromMs) all.push(at);
  }
  const each = Math.ceil(all.length / 13);
  const shown = all.filter((_, index) => index % each === 0);
  if (shown.length < 2) return ends(scale, bottom);
  return shown.map((at) => {
    const atX = x(at, scale);
    const words = iso(at).slice(0, 7);
    const fits = atX + widthOf(words, 11) <= RIGHT + 8;
    return markup`<path d="M${atX} ${TOP}V${bottom}" class="grid"/>${fits ? label(atX + 3, bottom + 15, words, 'axis') : markup``}`;
  });
}

/** A period of less than two months has its days at the ends. */
const ends = ({ fromMs, toMs }: Scale, bottom: number): Markup[] => [
  label(LEFT, bottom + 15, iso(fromMs).slice(0, 10), 'axis'),
  label(RIGHT, bottom + 15, iso(toMs).slice(0, 10), 'axis', 'end'),
];

function ageAxis(scale: Scale, limitDays: number): Markup {
  const step = scale.maxDays > 240 ? 90 : 30;
  const ticks = Array.from({ length: Math.floor(scale.maxDays / step) + 1 }, (_, n) => n * step);
  const limit = y(limitDays, scale);
  return markup`${label(8, TOP + 4, 'Age of the', 'lane')}${label(8, TOP + 19, 'password', 'lane')}${label(8, TOP + 34, 'in days', 'axis')}
<path d="M${LEFT} ${TOP}V${AGE_BOTTOM}H${RIGHT}" class="frame"/>
${ticks.map((days) => markup`<path d="M${LEFT - 4} ${y(days, scale)}H${LEFT}" class="frame"/>${label(LEFT - 8, y(days, scale) + 4, number(days), 'axis', 'end')}`)}
<path d="M${LEFT} ${limit}H${RIGHT}" class="limit"/>${label(LEFT + 6, limit - 5, `limit: ${limitDays} days`, 'limit-words')}`;
}

function segmentOf(
  segment: Segment,
  before: Segment | undefined,
  scale: Scale,
  limitDays: number,
  id: string,
): Markup {
  const [from, to] = [Date.parse(segment.from), Date.parse(segment.to)];
  const { madeAfter, madeBefore } = segment;
  if (!madeBefore) {
    const width = round(x(to, scale) - x(from, scale));
    const words = 'not on record';
    const area = markup`<rect x="${x(from, scale)}" y="${TOP}" width="${width}" height="${AGE_HEIGHT}" fill="url(#${id}-none)"/>`;
    if (width < widthOf(words, 12) + 20) return area;
    const middle = x(from, scale) + width / 2;
    return markup`${area}<rect x="${round(middle - 46)}" y="${TOP + AGE_HEIGHT / 2 - 12}" width="92" height="20" rx="3" class="plate"/>${label(middle, TOP + AGE_HEIGHT / 2 + 2, words, 'lane', 'middle')}`;
  }
  const line = (madeMs: number) =>
    `${x(from, scale)},${y((from - madeMs) / DAY_MS, scale)} ${x(to, scale)},${y((to - madeMs) / DAY_MS, scale)}`;
  const least = Date.parse(madeBefore.at);
  const most = madeAfter ? Date.parse(madeAfter.at) : undefined;
  const isKnown = most !== undefined && least - most < DAY_MS;
  const upper = most ?? least;
  const drop = before?.madeBefore
    ? markup`<path d="M${x(from, scale)} ${y((from - Date.parse((before.madeAfter ?? before.madeBefore).at)) / DAY_MS, scale)}V${y((from - upper) / DAY_MS, scale)}" class="drop"/>`
    : markup``;
  const band =
    most === undefined || isKnown
      ? markup``
      : markup`<polygon points="${line(most)} ${reversed(line(least))}" fill="url(#${id}-between)" class="between"/><polyline points="${line(least)}" class="at-least"/>`;
  return markup`${drop}${overLimit(from, to, upper, scale, limitDays, id)}${band}<polyline points="${line(upper)}" class="${most === undefined ? 'at-least' : 'age'}"/>`;
}

const reversed = (points: string): string => points.split(' ').reverse().join(' ');

/** The part of the line above the limit. */
function overLimit(
  from: number,
  to: number,
  madeMs: number,
  scale: Scale,
  limitDays: number,
  id: string,
): Markup {
  const begins = Math.max(from, madeMs + limitDays * DAY_MS);
  if (begins + DAY_MS >= to) return markup``;
  const height = (at: number) => y((at - madeMs) / DAY_MS, scale);
  const limit = y(limitDays, scale);
  return markup`<polygon points="${x(begins, scale)},${limit} ${x(begins, scale)},${height(begins)} ${x(to, scale)},${height(to)} ${x(to, scale)},${limit}" fill="url(#${id}-over)" class="over"/>`;
}

type Mark = {
  at: string;
  to?: string | undefined;
  isOpen?: boolean;
  shape: keyof typeof SHAPES | 'bar';
  words: string;
};
type Lane = { name: string; marks: Mark[] };

function lanesOf({ rotations, rows, exceptions, acts }: CredentialReport): Lane[] {
  const failures = rows.filter(
    ({ source, outcome, purpose }) =>
      source === 'ledger' && purpose !== 'event' && /^(failure|unknown)$/.test(outcome),
  );
  return [
    {
      name: 'New passwords',
      marks: rotations.map(({ issuedAt, finishedAt, how }) => ({
        at: issuedAt ?? finishedAt ?? '',
        shape: issuedAt === undefined ? 'ring' : 'circle',
        words: how,
      })),
    },
    {
      name: 'Failed log-ins',
      marks: failures.map(({ at, outcome }) => ({
        at,
        shape: outcome === 'failure' ? 'cross' : 'question',
        words: outcome,
      })),
    },
    { name: 'Exceptions', marks: exceptions.filter(({ kind }) => kind !== PAUSED).map(markOf) },
    { name: 'Pauses', marks: exceptions.filter(({ kind }) => kind === PAUSED).map(markOf) },
    { name: 'Acts of people', marks: acts.map(({ at, what }) => ({ at, shape: 'triangle', words: what })) },
  ];
}

const markOf = ({ kind, from, to, momentary }: Exception): Mark =>
  momentary
    ? { at: from, shape: 'diamond', words: kindInWords(kind) }
    : { at: from, to, isOpen: to === undefined, shape: 'bar', words: kindInWords(kind) };

const SHAPES = {
  circle: (cx: number, cy: number) => `M${cx - 4.5} ${cy}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0`,
  ring: (cx: number, cy: number) => `M${cx - 4.5} ${cy}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0`,
  cross: (cx: number, cy: number) => `M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8`,
  question: (cx: number, cy: number) => `M${cx - 4} ${cy - 4}h8v8h-8z`,
  diamond: (cx: number, cy: number) => `M${cx} ${cy - 6}l6 6l-6 6l-6 -6z`,
  triangle: (cx: number, cy: number) => `M${cx} ${cy - 6}l6 10h-12z`,
} as const;

function laneOf({ name, marks }: Lane, top: number, scale: Scale, id: string): Markup {
  const middle = top + LANE / 2;
  return markup`${label(8, middle + 4, name, 'lane')}<path d="M${LEFT} ${top + LANE}H${RIGHT}" class="grid"/>
${marks.map((mark) => drawn(mark, middle, scale, id))}`;
}

function drawn({ at, to, isOpen, shape, words }: Mark, middle: number, scale: Scale, id: string): Markup {
  const from = x(Date.parse(at), scale);
  if (shape !== 'bar') {
    return markup`<path d="${SHAPES[shape](from, middle)}" class="mark ${shape}"><title>${at}: ${words}</title></path>`;
  }
  const end = isOpen || to === undefined ? x(scale.toMs, scale) : x(Date.parse(to), scale);
  const width = Math.max(4, round(end - from));
  const box = markup`x="${from}" y="${middle - 6}" width="${width}" height="12"`;
  return markup`<rect ${box} class="bar-ground"/><rect ${box} fill="url(#${id}-bar)" class="bar"><title>${at} to ${to ?? 'the end of the period'}: ${words}</title></rect>`;
}

/** The signs of the picture, drawn as they are in it. */
export const LEGEND: readonly (readonly [Markup, string])[] = (
  [
    ['circle', 'ThingSpace issued a new password'],
    ['ring', 'new password, issue not on record'],
    ['cross', 'log-in refused'],
    ['question', 'log-in without an answer'],
    ['diamond', 'exception of a moment'],
    ['triangle', 'act of a person'],
  ] as const
).map(([shape, words]) => [
  markup`<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><path d="${SHAPES[shape](8, 8)}" class="mark ${shape}"/></svg>`,
  words,
]);
