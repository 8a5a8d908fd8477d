import type { Sent } from '../../lambda/access/rest/request.ts';
import type { Random } from '../../local/thingspace/random.ts';
import { anywhere, chooser, randomOf } from './choice.ts';

/** A body before it is written down. `raw` is written as it is. */
type Json = { members: [name: string, value: Json][] } | { items: Json[] } | { raw: string } | string;

export type MutatedRest = Sent & { mutations: string[] };

const object = (members: Record<string, Json>): Json => ({ members: Object.entries(members) });
const DIGITS = ['89148000000800139708', '990005123456780', '5551230001', 'A100003685E561'];
const KINDS = ['iccid', 'imei', 'mdn', 'meid'];
/** Method, path, and the way to its list of devices. */
const OPERATIONS: [method: string, path: string, list: string | undefined][] = [
  ['POST', '/m2m/v1/devices/actions/suspend', 'devices'],
  ['POST', '/m2m/v1/devices/actions/deactivate', 'devices'],
  ['PUT', '/m2m/v1/devices/actions/plan', 'devices'],
  ['POST', '/m2m/v1/devices/actions/list', undefined],
  ['POST', '/m2m/v1/groups', 'devicesToAdd'],
  ['PUT', '/m2m/v1/groups/0342077109-00001/name/East', 'devicesToAdd'],
  ['POST', '/m2m/v1/triggers', undefined],
  ['DELETE', '/m2m/v1/devices/actions/usagesegmentationlabels', 'deviceList'],
];

function bodyFor(random: Random, list: string | undefined): Json {
  const device = () => object({ id: random.pick(DIGITS), kind: random.pick(KINDS) });
  const some = (make: () => Json): Json => ({ items: Array.from({ length: 1 + random.below(3) }, make) });
  const ids = () => object({ deviceIds: some(device) });
  const others: [string, Json][] = [
    ['accountName', '0342077109-00001'],
    ['groupName', 'East'],
    ['servicePlan', '5MB'],
    ['customFields', { items: [object({ key: 'CustomField1', value: 'Caf\u00e9' })] }],
  ];
  const members = others.filter(() => random.oneIn(3));
  if (list) members.push([list, some(list === 'devices' ? ids : device)]);
  return { members: random.oneIn(2) ? members.reverse() : members };
}

/** Writes the body in one of the many spellings that mean the same. */
function writerFrom(random: Random) {
  const isPlain = random.oneIn(3);
  const gap = () => (isPlain || random.below(6) > 0 ? '' : random.pick([' ', '\t', '\n', '\r\n']));
  const escaped = (one: string): string => {
    const unit = [...Array(one.length).keys()].map((at) => one.charCodeAt(at).toString(16).padStart(4, '0'));
    return unit.map((hex) => `\\u${random.oneIn(2) ? hex.toUpperCase() : hex}`).join('');
  };
  const text = (value: string) =>
    `"${[...value].map((one) => ('"\\'.includes(one) || one < ' ' || (!isPlain && random.oneIn(30)) ? escaped(one) : one)).join('')}"`;
  const write = (value: Json): string => {
    if (typeof value === 'string') return text(value);
    if ('raw' in value) return value.raw;
    if ('items' in value) return `[${gap()}${value.items.map(write).join(`${gap()},${gap()}`)}${gap()}]`;
    const members = value.members.map(([name, member]) => `${text(name)}${gap()}:${gap()}${write(member)}`);
    return `{${gap()}${members.join(`${gap()},${gap()}`)}${gap()}}`;
  };
  return (body: Json): string => gap() + write(body) + gap();
}

const allOf = (value: Json): Json[] => {
  if (typeof value === 'string' || 'raw' in value) return [value];
  return [
    value,
    ...('items' in value ? value.items : value.members.map(([, member]) => member)).flatMap(allOf),
  ];
};
const objectsIn = (body: Json) =>
  allOf(body).flatMap((one) => (typeof one === 'object' && 'members' in one ? [one] : []));

const ODD_NAMES = [
  'ID',
  'Id',
  'i\u0064',
  '\u0131d',
  'iccid\u0000',
  'device\u017f',
  '\u212aind',
  'id ',
  '',
  '__proto__',
  'deviceids',
];
const ODD_VALUES: Json[] = [
  ...[
    { raw: 'null' },
    { raw: '1' },
    { raw: '89148000000800139708' },
    { raw: '1e3' },
    { raw: 'true' },
    { raw: '-0' },
  ],
  ...[
    { raw: 'NaN' },
    { raw: '01' },
    { raw: '.5' },
    { raw: '"\\ud800"' },
    { raw: '"\\ud83d\\ude00"' },
    { raw: '"\\u0000"' },
  ],
  ...[
    { raw: '"\\x41"' },
    { raw: "'1'" },
    { raw: '"1\t2"' },
    { items: [] },
    { members: [] },
    { items: [{ items: ['5551230009'] }] },
  ],
  ...['', ' 1', '1 ', '\u00a01', '\uff11', '1\ufeff', '5551230009'],
];

const TREE: Record<string, (body: Json, random: Random) => void> = {
  'a member twice'(body, random) {
    const { members } = random.pick(objectsIn(body));
    const [name, value] = random.pick([...members, ['id', '5551230009'] as [string, Json]]);
    const other = random.pick([name, name.toUpperCase(), `${name} `]);
    members.splice(random.below(members.length + 1), 0, [
      other,
      random.oneIn(2) ? structuredClone(value) : '5551230009',
    ]);
  },
  'another name'(body, random) {
    const member = random.pick(random.pick(objectsIn(body)).members.concat([['x', '']]));
    member[0] = random.pick([...ODD_NAMES, member[0].toUpperCase(), member[0].toLowerCase()]);
  },
  'another value'(body, random) {
    const member = random.pick(random.pick(objectsIn(body)).members.concat([['x', '']]));
    member[1] = structuredClone(random.pick(ODD_VALUES));
  },
  'another member'(body, random) {
    const { members } = random.pick(objectsIn(body));
    const name = random.pick([
      'id',
      'kind',
      'deviceId',
      'iccid',
      'imei',
      'devices',
      'groupName',
      'filter',
      'note',
      'mdn',
    ]);
    members.splice(random.below(members.length + 1), 0, [
      name,
      structuredClone(random.pick([...ODD_VALUES, '5551230008'])),
    ]);
  },
  depth(body, random) {
    let inner: Json = object({ id: '7', kind: 'mdn' });
    for (let depth = random.below(36); depth > 0; depth -= 1)
      inner = random.oneIn(2) ? { items: [inner] } : object({ a: inner });
    random.pick(objectsIn(body)).members.push(['note', inner]);
  },
};

const JUNK = [
  '"',
  ',',
  ':',
  '{',
  '}',
  '[',
  ']',
  '\\',
  '//',
  '/*x*/',
  '\u0000',
  '\ufeff',
  '\u2028',
  '\u00e9',
  '{}',
  'null',
  '"id":"1",',
  '\ud800',
  '1',
];
const TEXT: Record<string, (text: string, random: Random) => string> = {
  ...anywhere(JUNK, 40),
  'a byte order mark': (text) => `\ufeff${text}`,
  'two documents': (text) => text + text,
};
const PATHS: Record<string, (path: string, random: Random) => string> = {
  'a path in other letters': (path, random) =>
    random.oneIn(2) ? path.toUpperCase() : path.replace('devices', 'Devices'),
  'an encoded path': (path, random) =>
    path.replace(/[a-z.]/, (one) => (random.oneIn(2) ? `%${one.charCodeAt(0).toString(16)}` : '%2e')),
  'a path with more': (path, random) =>
    path + random.pick(['/', '/..', '/../plan', ';x=1', '?a=b', '#x', '//', '.json', '/\u00e9', '\\x', ' ']),
  'another account or group': (path, random) =>
    path.replace(/East|0342[\d-]+/, random.pick(['West', '..', 'E%61st', 'a.b', '-', 'East ', '%2F'])),
};
const HEADERS: [name: string, value: string][] = [
  ['vz-m2m-token', 'another-token'],
  ['authorization', 'Bearer another'],
  ['x-http-method-override', 'DELETE'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'text/plain'],
  ['content-encoding', 'gzip'],
  ['accept', 'application/json'],
];

/** Returns the request of this number: the same seed gives the same one. */
export function restRequest(seed: number, number: number): MutatedRest {
  const random = randomOf(seed, 7_000_000 + number);
  const { names: mutations, choose } = chooser(random);
  const [method, plainPath, list] = random.pick(OPERATIONS);
  const body = bodyFor(random, list);
  for (const mutate of choose(TREE, random.pick([0, 1, 1, 2, 2, 3]))) mutate(body, random);
  const written = writerFrom(random)(body);
  const text = choose(TEXT, random.pick([0, 0, 0, 0, 1])).reduce(
    (made, mutate) => mutate(made, random),
    written,
  );
  const path = choose(PATHS, random.oneIn(10) ? 1 : 0).reduce(
    (made, mutate) => mutate(made, random),
    plainPath,
  );
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (random.oneIn(12)) {
    const [name, value] = random.pick(HEADERS);
    headers[name] = value;
    mutations.push(`${name}: ${value}`);
  }
  const bytes = random.oneIn(30)
    ? Buffer.from(text, random.pick(['utf16le', 'latin1'] as const))
    : Buffer.from(text);
  return { method, path, headers, body: bytes, mutations };
}
