import type { Structure, Values } from './structures.ts';

/**
 * A few devices and two operations on them. Names of operations and members: ThingSpace's API reference of
 * GetDeviceList and ChangeDeviceCustomFields. Their order within a request is not published for every one: it is
 * the alphabet's here, as WCF's serializer has it by default.
 */
export type Device = { iccid: string; imei: string; account: string; customFields: Record<string, string> };

/** An executed operation, for observers. */
export type DeviceEvent = { operation: string; devices: string[] };

const CONTRACTS = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';
const COMMON = `${CONTRACTS}.Common`;
const DEVICE = `${CONTRACTS}.DeviceService`;
const CARRIER = `${CONTRACTS}.CarrierService`;

const identifier: Structure = {
  name: 'DeviceIdentifier',
  namespace: COMMON,
  members: [{ name: 'Identifier' }, { name: 'Kind' }],
};
const identifiers: Structure = {
  name: 'ArrayOfDeviceIdentifier',
  namespace: COMMON,
  members: [{ name: 'DeviceIdentifier', structure: identifier, many: true }],
};
const collection: Structure = {
  name: 'DeviceIdentifierCollection',
  namespace: COMMON,
  members: [{ name: 'DeviceIdentifiers', structure: identifiers }],
};
const collections: Structure = {
  name: 'ArrayOfDeviceIdentifierCollection',
  namespace: COMMON,
  members: [{ name: 'DeviceIdentifierCollection', structure: collection, many: true }],
};
const field = (namespace: string): Structure => ({
  name: namespace === DEVICE ? 'CustomFieldObj' : 'CustomField',
  namespace,
  members: [{ name: 'Name' }, { name: 'Value' }],
});
const fields = (namespace: string): Structure => {
  const structure = field(namespace);
  return {
    name: `ArrayOf${structure.name}`,
    namespace,
    members: [{ name: structure.name, structure, many: true }],
  };
};
const information: Structure = {
  name: 'DeviceInformation',
  namespace: DEVICE,
  members: [
    { name: 'AccountName' },
    { name: 'CustomFields', structure: fields(DEVICE) },
    { name: 'DeviceIdentifiers', structure: identifiers },
  ],
};

export type DeviceOperation = {
  service: 'DeviceService' | 'CarrierService';
  input: Structure;
  output: Structure;
};

export const DEVICE_OPERATIONS: Record<'GetDeviceList' | 'ChangeDeviceCustomFields', DeviceOperation> = {
  GetDeviceList: {
    service: 'DeviceService',
    input: {
      name: 'GetDeviceListInput',
      namespace: DEVICE,
      members: [{ name: 'AccountName' }, { name: 'DeviceStateFilter' }, { name: 'LargestDeviceIdSeen' }],
    },
    output: {
      name: 'GetDeviceListOutput',
      namespace: DEVICE,
      members: [
        {
          name: 'Devices',
          structure: {
            name: 'ArrayOfDeviceInformation',
            namespace: DEVICE,
            members: [{ name: 'DeviceInformation', structure: information, many: true }],
          },
        },
        { name: 'IsComplete' },
      ],
    },
  },
  ChangeDeviceCustomFields: {
    service: 'CarrierService',
    input: {
      name: 'ChangeDeviceCustomFieldsInput',
      namespace: CARRIER,
      members: [
        { name: 'AccountName' },
        { name: 'CustomFieldsToUpdate', structure: fields(CARRIER) },
        { name: 'DeviceGroupName' },
        { name: 'DeviceList', structure: collections },
      ],
    },
    output: { name: 'ChangeDeviceCustomFieldsOutput', namespace: CARRIER, members: [{ name: 'RequestId' }] },
  },
};

export interface DeviceStore {
  readonly devices: readonly Device[];
  readonly events: readonly DeviceEvent[];
  execute(operation: string, input: Values): Values;
}

const FIRST_DEVICES = [
  { iccid: '89148000000800139708', imei: '990005123456780', account: '0342077109-00001', customFields: {} },
  { iccid: '89148000000800139716', imei: '990005123456798', account: '0342077109-00001', customFields: {} },
  { iccid: '89148000000800139724', imei: '990005123456806', account: '0342077109-00002', customFields: {} },
];

export function createDevices(): DeviceStore {
  const devices: Device[] = structuredClone(FIRST_DEVICES);
  const events: DeviceEvent[] = [];
  return {
    devices,
    events,
    execute(operation, input) {
      if (operation === 'GetDeviceList') {
        const found = devices.filter(
          ({ account }) => input.AccountName === undefined || input.AccountName === account,
        );
        events.push({ operation, devices: [] });
        return { Devices: { DeviceInformation: found.map(informationOf) }, IsComplete: 'true' };
      }
      const { DeviceList, CustomFieldsToUpdate, AccountName } = input as Record<string, Values | undefined>;
      const named = deviceNames(DeviceList);
      const chosen = devices.filter(({ iccid, imei, account }) =>
        named.length > 0 ? named.includes(iccid) || named.includes(imei) : String(AccountName) === account,
      );
      for (const { Name, Value } of (CustomFieldsToUpdate?.CustomField ?? []) as Record<string, string>[]) {
        for (const device of chosen) device.customFields[String(Name)] = String(Value ?? '');
      }
      events.push({ operation, devices: chosen.map(({ iccid }) => iccid) });
      return { RequestId: `00000000-0000-4000-8000-${String(events.length).padStart(12, '0')}` };
    },
  };
}

const informationOf = ({ iccid, imei, account, customFields }: Device): Values => ({
  AccountName: account,
  CustomFields: {
    CustomFieldObj: Object.entries(customFields).map(([Name, Value]) => ({ Name, Value })),
  },
  DeviceIdentifiers: {
    DeviceIdentifier: [
      { Identifier: imei, Kind: 'IMEI' },
      { Identifier: iccid, Kind: 'ICCID' },
    ],
  },
});

function deviceNames(list: Values | undefined): string[] {
  const collections = (list?.DeviceIdentifierCollection ?? []) as Values[];
  return collections.flatMap(({ DeviceIdentifiers }) =>
    (((DeviceIdentifiers as Values | undefined)?.DeviceIdentifier ?? []) as Values[]).map(({ Identifier }) =>
      String(Identifier),
    ),
  );
}
