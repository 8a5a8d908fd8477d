import { expect, test } from 'vitest';
import type { AccessReader } from '../../../cli/access-reader.ts';
import { findRecords } from '../../../cli/access-records.ts';
import { goesByName } from '../../../lambda/access/by-name.ts';
import { OPERATIONS } from '../../../lambda/access/rest/operations.ts';
import { createAccessWorld, DEVICE, restRequestOf, seenJson } from '../access-world.ts';

/**
 * Requests as ThingSpace's description has them (docs/thingspace-api.md, "Devices over REST"), in each selector: decided,
 * recorded, and found for a device.
 */
const IMEI = '990005123456780';
const IDS = [
  { kind: 'IMEI', id: IMEI },
  { kind: 'ICCID', id: DEVICE },
];
const devices = [{ deviceIds: IDS }];
const accountName = '0342077109-00001';
const groupName = 'East';
const servicePlan = '5MB';
const customFields = [{ key: 'CustomField1', value: '7' }];
const filter = { account: accountName, groupName, servicePlan, customFields };

/** The lists of devices, each with the requests that stay narrow beside it and those that do not. */
const LISTED: [operation: string, list: object, narrow: object[], wide: object[]][] = [
  ...['suspend', 'restore'].map((action): [string, object, object[], object[]] => [
    `POST /devices/actions/${action}`,
    { devices },
    [{}, { withBilling: true }],
    [{ accountName }, { groupName }, { servicePlan }, { customFields }],
  ]),
  [
    'POST /devices/actions/deactivate',
    { devices, accountName, reasonCode: 'FF', etfWaiver: true },
    [{}, { deleteAfterDeactivation: true }],
    [{ groupName }, { servicePlan }, { customFields }],
  ],
  [
    'POST /devices/actions/activate',
    { devices, servicePlan, mdnZipCode: '98801' },
    [{}, { accountName }, { groupName }, { customFields }],
    [{ filter }],
  ],
  [
    'POST /devices/actions/add',
    { state: 'preactive', devicesToAdd: devices },
    [{}, { accountName, groupName }],
    [],
  ],
  ['POST /devices/actions/delete', { devicesToDelete: devices }, [{}, { accountName }], [{ groupName }]],
  ['PUT /devices/actions/contactInfo', { devices, primaryPlaceOfUse: {} }, [{}], [{ accountName }]],
  [
    'PUT /devices/actions/customFields',
    { devices, customFieldsToUpdate: customFields },
    [{}],
    [{ accountName }, { groupName }, { servicePlan }, { customFields }],
  ],
  [
    'PUT /devices/costCenter',
    { devices, costCenter: 'A' },
    [{}, { removeCostCenter: false }],
    [{ accountName }, { groupName }, { servicePlan }, { customFields }],
  ],
  [
    'PUT /devices/actions/plan',
    { devices, servicePlan },
    [{}],
    [{ accountName }, { groupName }, { currentServicePlan: servicePlan }, { customFields }],
  ],
  [
    'PUT /devices/actions/move',
    { devices, accountName },
    [{}, { servicePlan }],
    [{ filter }, { groupName }, { customFields }],
  ],
  [
    'PUT /devices/actions/gotostate',
    { devices, serviceName: 'a', stateName: 'b', servicePlan, mdnZipCode: '98801' },
    [{}, { groupName }, { customFields }],
    [{ filter }, { devicesWithServiceAddress: [{ id: '1' }] }],
  ],
  [
    'PUT /devices/3G/actions/deviceId',
    { deviceIds: IDS, change4gOption: 'ChangeMSISDN' },
    [{}],
    [{ accountName }],
  ],
  [
    'POST /sms',
    { deviceIds: IDS, accountName, smsMessage: 'on' },
    [{}],
    [{ groupName }, { servicePlan }, { customFields }],
  ],
  [
    'POST /devices/profile/actions/deactivate',
    { devices, accountName, reasonCode: 'FF' },
    [{}],
    [{ groupName }],
  ],
  ['POST /devices/profile/actions/delete', { devices, accountName }, [{}], [{ groupName }]],
  ['POST /devices/pwn/actions/state/deactivate', { deviceList: devices, accountName }, [{}], [{ groupName }]],
  [
    'POST /devices/actions/enhanceQoS',
    { deviceInfo: IDS.map((deviceId) => ({ deviceId })), accountName },
    [{}],
    [],
  ],
  [
    'POST /devices/actions/usagesegmentationlabels',
    { accountName, labels: { devices } },
    [{}],
    [{ groupName }],
  ],
  ['POST /diagnostics/basic/devicereachability', { accountName, devices }, [{}], [{ filter }]],
  ['POST /groups', { accountName, groupName, groupDescription: 'a', devicesToAdd: IDS }, [{}], [{ filter }]],
];
/** Changes without a list: each reaches every device, as far as the record can say. */
const UNLISTED: [operation: string, body: object | undefined, groups: string[]][] = [
  ['POST /devices/actions/suspend', { accountName }, ['accountName']],
  ['POST /devices/actions/deactivate', { accountName, groupName }, ['accountName', 'groupName']],
  [
    'PUT /devices/actions/gotostate',
    { filter },
    ['filter', 'account', 'groupName', 'servicePlan', 'customFields'],
  ],
  ['PUT /groups/0342077109-00001/name/East', { newGroupName: 'West' }, ['accountName', 'groupName']],
  ['DELETE /groups/0342077109-00001/name/East', undefined, ['accountName', 'groupName']],
  ['PUT /sms/0342077109-00001/startCallbacks', undefined, ['accountName']],
  ['POST /triggers', { accountName, groupName, name: 'a' }, ['accountName', 'groupName']],
  ['DELETE /diagnostics/basic/devicereachability', { accountName, monitorIds: ['1'] }, ['accountName']],
];

function readerOver(items: ReadonlyMap<string, Record<string, unknown>>): AccessReader {
  const all = () => [...items.values()] as Awaited<ReturnType<AccessReader['between']>>;
  return {
    between: async (subject, from, to) =>
      all().filter((one) => one.subject === subject && from <= one.item && one.item <= to),
    get: async (key) => all().find(({ subject, item }) => subject === key.subject && item === key.item),
  };
}

/** Makes one request, and returns its record and what is found for devices. */
async function played(method: string, path: string, body: object | undefined) {
  const world = await createAccessWorld({ transport: 'rest' });
  const answer = await world.start().call(restRequestOf(`/m2m/v1${path}`, { method, body }));
  const [record = {}] = world.records() as [Record<string, unknown>?];
  const at = Number(record.at);
  const find = (...names: string[]) =>
    findRecords(readerOver(world.items), { sinceMs: at - 1_000, untilMs: at + 1_000, devices: names });
  return { answer: seenJson(answer), record, find, world };
}

const LISTS = LISTED.flatMap(([operation, list, narrow, wide]) => [
  ...narrow.map((more) => [operation, { ...list, ...more }, false] as const),
  ...wide.map((more) => [operation, { ...list, ...more }, true] as const),
]);

test.each(LISTS)(
  '%s by its list, %j, is decided, recorded whole, and found for the device',
  async (operation, body, wide) => {
    const [method = '', path = ''] = operation.split(' ');
    const { answer, record, find } = await played(method, path, body);
    expect(answer.status).toBe(200);
    expect(record).toMatchObject({ rule: 'operations', outcome: 'done' });
    expect(record.wide).toBe(wide ? true : undefined);
    const named = (record.devices as { identifier: string }[]).map(({ identifier }) => identifier);
    expect(named).toEqual(expect.arrayContaining([IMEI, DEVICE]));
    for (const name of [IMEI, DEVICE]) expect((await find(name)).records).toHaveLength(1);
    // Another device was reached too, unless the list is the only selector.
    expect((await find('990005000000000')).wide).toHaveLength(wide ? 1 : 0);
  },
);

test.each(UNLISTED)(
  '%s without a list, %j, is recorded with its selectors, and found for each device',
  async (operation, body, groups) => {
    const [method = '', path = ''] = operation.split(' ');
    const { record, find } = await played(method, path, body);
    expect(record).toMatchObject({ rule: 'operations', outcome: 'done', devices: [], wide: true });
    expect((record.groups as string[]).map((group) => group.split(' ')[0])).toEqual(groups);
    expect((await find(DEVICE)).wide).toHaveLength(1);
  },
);

test('decides and records each operation of the description', async () => {
  const world = await createAccessWorld({ transport: 'rest' });
  const started = world.start();
  for (const [operation, { reads }] of OPERATIONS) {
    const [method = '', template = ''] = operation.split(' ');
    const path = template.replaceAll('{accountName}', '0342').replace(/\{\w+\}/g, 'x1');
    const body = method === 'POST' || method === 'PUT' ? {} : undefined;
    const before = world.records().length;
    const { status } = seenJson(await started.call(restRequestOf(path, { method, body })));
    const record = world.records()[before] ?? {};
    expect({ operation, status }).toEqual({ operation, status: goesByName(operation) ? 403 : 200 });
    expect(record).toMatchObject({
      operation,
      rule: goesByName(operation) ? 'denied-by-default' : 'operations',
      groups: path === template ? [] : expect.any(Array),
    });
    expect({ operation, reads: record.reads }).toEqual({ operation, reads: reads });
  }
  expect(world.records()).toHaveLength(OPERATIONS.size);
});
