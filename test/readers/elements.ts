import type { Random } from '../../local/thingspace/random.ts';
import { SOAP, V2 } from '../access/arbitrary-envelope.ts';

/** A request before it is written down. `raw` content is written as it is. */
export type Element = {
  name: string;
  namespace: string;
  attributes: [name: string, value: string][];
  content: (Element | string | { raw: string })[];
};

export const element = (namespace: string, name: string, ...content: Element['content']): Element => ({
  ...{ name, namespace, content },
  attributes: [],
});

/** Writes elements in one of the many spellings that mean the same: prefixes, blanks, references, comments, and so on. */
export function writerFrom(random: Random) {
  const isPlain = random.oneIn(3);
  const spaces = random.pick([' ', ' ', '\n', '\t', '\r\n', '  ']);
  const space = () => (isPlain || random.below(4) > 0 ? ' ' : spaces);
  const maybeSpace = () => (isPlain || random.below(8) > 0 ? '' : spaces);
  const gap = () => (isPlain || random.below(6) > 0 ? '' : random.pick([spaces, '<!-- -->', '<!---->\n']));
  const quoted = (value: string) => {
    const quote = random.pick(['"', "'"]);
    return `${quote}${[...value].map((one) => spelled(one, quote)).join('')}${quote}`;
  };
  const spelled = (one: string, quote = ''): string => {
    if (one === '<') return '&lt;';
    if (one === '&') return '&amp;';
    if (one === quote) return `&#${one.charCodeAt(0)};`;
    if (isPlain || random.below(40) > 0) return one;
    const code = one.codePointAt(0) ?? 0;
    return random.pick([`&#${code};`, `&#x${code.toString(16)};`, `&#x0${code.toString(16).toUpperCase()};`]);
  };

  function text(value: string): string {
    if (!isPlain && random.oneIn(40) && !value.includes(']]>')) return `<![CDATA[${value}]]>`;
    const written = [...value]
      .map((one) => spelled(one))
      .join('')
      .replaceAll(']]>', ']]&gt;');
    if (isPlain || random.below(60) > 0) return written;
    const at = random.below(written.length + 1);
    const joint = random.pick(['<!--x-->', '<![CDATA[]]>', '<![CDATA[1]]>', '<?x y?>', '<b/>']);
    return written.slice(0, at) + joint + written.slice(at);
  }

  const PREFIXES = ['a', 'b', 's', 'soapenv', 'v2', 'token', 'Identifier', 'x', 'xsi'];
  function write(one: Element, scope: ReadonlyMap<string, string>): string {
    const here = new Map(scope);
    const declared: string[] = [];
    const declare = (prefix: string, namespace: string) => {
      here.set(prefix, namespace);
      declared.push(
        `${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}${maybeSpace()}=${maybeSpace()}${quoted(namespace)}`,
      );
    };
    const known = [...here].filter(([, namespace]) => namespace === one.namespace).map(([prefix]) => prefix);
    const canKeep = known.length > 0 && (isPlain || random.below(8) > 0);
    const fresh = one.namespace === '' || random.oneIn(3) ? '' : random.pick(PREFIXES);
    const prefix = canKeep ? random.pick(known) : fresh;
    if (!canKeep && !(one.namespace === '' && (here.get('') ?? '') === '')) declare(prefix, one.namespace);
    const attributes = one.attributes.map(([name, value]) => {
      const [, namespace, local] = /^\{(.*)\}(.*)$/.exec(name) ?? [];
      if (namespace === undefined) return `${name}=${quoted(value)}`;
      const found = [...here].find(([key, bound]) => key !== '' && bound === namespace)?.[0];
      const used = found ?? `n${declared.length}`;
      if (found === undefined) declare(used, namespace);
      return `${used}:${local}${maybeSpace()}=${maybeSpace()}${quoted(value)}`;
    });
    const tag = prefix === '' ? one.name : `${prefix}:${one.name}`;
    const inTag = [...declared, ...attributes];
    if (!isPlain && random.oneIn(3)) inTag.reverse();
    const opened = `<${tag}${inTag.map((part) => space() + part).join('')}${maybeSpace()}`;
    if (one.content.length === 0 && random.oneIn(2)) return `${opened}/>`;
    const inside = one.content.map((part) => {
      if (typeof part === 'string') return text(part);
      return 'raw' in part ? part.raw : gap() + write(part, here) + gap();
    });
    return `${opened}>${inside.join('')}</${tag}${maybeSpace()}>`;
  }
  return (root: Element): string => write(root, new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]));
}

export const CONTRACT = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';
const DIGITS = [
  '89148000000800139708',
  '990005123456780',
  '5551230001',
  'A100003685E561',
  '89148000000800784259',
];
const OPERATIONS: [service: string, operation: string, list: string][] = [
  ['CarrierService', 'ChangeDeviceState', 'DeviceList'],
  ['CarrierService', 'ChangeDeviceCustomFields', 'DeviceList'],
  ['CarrierService', 'ChangeDeviceServicePlan', 'DeviceList'],
  ['EnhancedConnectivityService', 'SendSmsMessage', 'Devices'],
  ['DeviceGroupService', 'UpdateDeviceGroup', 'DevicesToAdd'],
  ['DeviceService', 'GetDeviceInformation', 'Device'],
];

/** A request of the published kinds, as a tree: the mutations are made on it. */
export function requestTree(random: Random) {
  const [service, operation, listName] = random.pick(OPERATIONS);
  const own = `${CONTRACT}.${service}`;
  const common = random.oneIn(2) ? own : `${CONTRACT}.Common`;
  const device = () => {
    const parts = [
      element(common, 'Identifier', random.pick(DIGITS)),
      element(common, 'Kind', random.pick(['ICCID', 'IMEI', 'MDN', 'MEID'])),
    ];
    return element(common, 'DeviceIdentifier', ...(random.oneIn(4) ? parts.reverse() : parts));
  };
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + random.below(most) }, make);
  const collection = () =>
    element(own, 'DeviceIdentifierCollection', element(common, 'DeviceIdentifiers', ...some(3, device)));
  const list = element(own, listName, ...some(3, collection));
  const selectors = [
    element(own, 'AccountName', '0342077109-00001'),
    element(own, 'DeviceGroupName', 'East'),
    element(own, 'GroupName', 'North West'),
    element(own, 'DeviceServicePlanFilter', '5MB'),
    element(own, 'AccountNameFilter', '0342077109-00001'),
  ].filter(() => random.oneIn(8));
  const kind = random.pick(['Activate', 'Deactivate', 'Suspend', 'Restore', 'Reconnect']);
  const change =
    operation === 'ChangeDeviceState' ? [element(own, kind, ...(random.oneIn(2) ? [device()] : []))] : [];
  const members = [
    list,
    ...selectors,
    ...change,
    ...(random.oneIn(3) ? [element(own, 'CustomField1', 'Caf\u00e9 & Bar')] : []),
  ];
  members.sort((one, other) => (one.name < other.name ? -1 : 1));
  const body = element(SOAP, 'Body', element(V2, operation, element(V2, 'Input', ...members)));
  const header = random.oneIn(2)
    ? [element(SOAP, 'Header', ...(random.oneIn(2) ? [element(V2, 'token', 'a-token-of-the-caller')] : []))]
    : [];
  return { service, operation, root: element(SOAP, 'Envelope', ...header, body) };
}
