import { expect, test } from 'vitest';
import type { AccessReader } from '../../cli/access-reader.ts';
import { findRecords } from '../../cli/access-records.ts';
import { matchesOperation } from '../../lambda/access/by-name.ts';
import { KINDS } from '../../lambda/access/state-change.ts';
import { CARRIER, createAccessWorld, DEVICE, requestOf, seen } from './access-world.ts';

/**
 * Requests as the pages of docs/thingspace-api.md ("Devices") have them, in each selector: decided, recorded, and found
 * for a device.
 */
const IMEI = '990005123456780';
const LIST = `<c:DeviceList><c:DeviceIdentifierCollection><c:DeviceIndentifiers>${[
  ['IMEI', IMEI],
  ['ICCID', DEVICE],
]
  .map(
    ([kind, name]) =>
      `<c:DeviceIdentifier><c:Kind>${kind}</c:Kind><c:Identifier>${name}</c:Identifier></c:DeviceIdentifier>`,
  )
  .join('')}</c:DeviceIndentifiers></c:DeviceIdentifierCollection></c:DeviceList>`;
const SELECTORS: Record<string, string> = {
  DeviceList: LIST,
  Devices: LIST.replaceAll('DeviceList', 'Devices'),
  AccountName: '<c:AccountName>0342077109-00001</c:AccountName>',
  AccountNameFilter: '<c:AccountNameFilter>0342077109-00001</c:AccountNameFilter>',
  DeviceGroupName: '<c:DeviceGroupName>East</c:DeviceGroupName>',
  DeviceGroupNameFilter: '<c:DeviceGroupNameFilter>East</c:DeviceGroupNameFilter>',
  GroupName: '<c:GroupName>East</c:GroupName>',
  DeviceServicePlanFilter: '<c:DeviceServicePlanFilter>5MB</c:DeviceServicePlanFilter>',
  DeviceCustomFieldFilter:
    '<c:DeviceCustomFieldFilter><c:CustomFieldFilterObj><c:Name>CustomField1</c:Name><c:Value>7</c:Value></c:CustomFieldFilterObj></c:DeviceCustomFieldFilter>',
};
const OF_CARRIER = [
  'DeviceList',
  'AccountName',
  'DeviceGroupName',
  'DeviceServicePlanFilter',
  'DeviceCustomFieldFilter',
];
const OF_MOVE = [
  'DeviceList',
  'AccountNameFilter',
  'DeviceGroupNameFilter',
  'DeviceServicePlanFilter',
  'DeviceCustomFieldFilter',
];
const OPERATIONS: [operation: string, selectors: string[], more?: string][] = [
  ...KINDS.map((kind): [string, string[], string] => ['ChangeDeviceState', OF_CARRIER, `<c:${kind}/>`]),
  ['ChangeDeviceServicePlan', OF_CARRIER],
  ['ChangeDeviceCostCenter', OF_CARRIER],
  ['ChangeDeviceCustomFields', OF_CARRIER],
  ['MoveDevice', OF_MOVE],
  ['GoToState', OF_MOVE],
  ['SendSmsMessage', ['Devices', 'AccountName', 'DeviceGroupName', 'DeviceServicePlanFilter']],
  ['UpdateDeviceGroup', ['GroupName']],
  ['DeleteDeviceGroup', ['GroupName']],
  ['CreateTrigger', ['AccountName', 'DeviceGroupName']],
];
const REQUESTS = OPERATIONS.flatMap(([operation, selectors, more = '']) =>
  [...selectors.map((one) => [one]), ...selectors.slice(1).map((one) => [selectors[0] ?? '', one])].map(
    (used) => [operation, more, used] as const,
  ),
);

function readerOver(items: ReadonlyMap<string, Record<string, unknown>>): AccessReader {
  const all = () => [...items.values()] as Awaited<ReturnType<AccessReader['between']>>;
  return {
    between: async (subject, from, to) =>
      all().filter((one) => one.subject === subject && from <= one.item && one.item <= to),
    get: async (key) => all().find(({ subject, item }) => subject === key.subject && item === key.item),
  };
}

test.each(REQUESTS)(
  '%s %s by %j is decided, recorded whole, and found for the device',
  async (operation, more, used) => {
    const world = await createAccessWorld();
    // The serializer's order: an element out of it is passed over.
    const members = [more, ...used.map((name) => SELECTORS[name])].sort().join('');
    const body = `<v:${operation}><v:Input xmlns:c="${CARRIER}">${members}</v:Input></v:${operation}>`;
    const answer = await world.start().call(requestOf({ service: 'CarrierService', operation, body }));
    expect(seen(answer).status).toBe(200);

    const records = world.records();
    expect(records).toHaveLength(1);
    const record: Record<string, unknown> = records[0] ?? {};
    const named = used.filter((name) => /^Device(?:List|s)$/.test(name));
    const selected = used.filter((name) => !named.includes(name));
    expect(record).toMatchObject({ operation, rule: 'operations', outcome: 'done' });
    expect(record.kind).toBe(/^<c:(\w+)\/>$/.exec(more)?.[1]);
    expect((record.devices as unknown[]).length).toBe(named.length === 0 ? 0 : 2);
    expect((record.groups as string[]).map((group) => group.split(' ')[0])).toEqual(selected);

    const period = { sinceMs: Number(record.at) - 1_000, untilMs: Number(record.at) + 1_000 };
    const find = (...devices: string[]) => findRecords(readerOver(world.items), { ...period, devices });
    for (const name of [IMEI, DEVICE]) {
      const { records, wide } = await find(name);
      expect([records.length, wide.length]).toEqual(named.length > 0 ? [1, 0] : [0, 1]);
    }
    // Another device was reached too, unless the list is the only selector.
    expect((await find('990005000000000')).wide).toHaveLength(selected.length > 0 ? 1 : 0);
  },
);

test('finds a change for every device, when the name in it may restrict nothing', async () => {
  const world = await createAccessWorld();
  const body =
    '<v:ChangeDeviceServicePlan><v:Input><X xmlns="urn:d"><Identifier>9</Identifier></X></v:Input></v:ChangeDeviceServicePlan>';
  const request = requestOf({ service: 'CarrierService', operation: 'ChangeDeviceServicePlan', body });
  expect(seen(await world.start().call(request)).status).toBe(200);
  const { at } = world.records()[0] as { at: number };
  const period = { sinceMs: at - 1_000, untilMs: at + 1_000 };
  expect((await findRecords(readerOver(world.items), { ...period, devices: [DEVICE] })).wide).toHaveLength(1);
});

test('gives none of the operations that hand data to the outside to a rule for everything', async () => {
  for (const operation of ['RegisterCallback', 'GetCallbackRegistrations']) {
    expect(matchesOperation('*', operation)).toBe(false);
    const world = await createAccessWorld();
    const body = `<v:${operation}><v:AccountName>0342</v:AccountName></v:${operation}>`;
    const request = requestOf({ service: 'CallbackRegistrationService', operation, body });
    expect(seen(await world.start().call(request))).toMatchObject({ code: 'AccessDenied' });
    expect(world.records()).toMatchObject([{ operation, outcome: 'denied', groups: ['AccountName 0342'] }]);
  }
});
