import type { DeviceStore } from '../soap/devices.ts';

/** Two calls of apps, by their place below `/api/m2m/v1`: ThingSpace's pages of both. */
export type DeviceCall = {
  method: 'POST' | 'PUT';
  path: string;
  /** @param body the request's JSON @returns the answer's */
  onDevices(devices: DeviceStore, body: Body): object;
};
type Body = {
  accountName?: string;
  devices?: { deviceIds?: { kind?: string; id?: string }[] }[];
  customFieldsToUpdate?: { key?: string; value?: string }[];
};

export const DEVICE_CALLS: readonly DeviceCall[] = [
  {
    method: 'POST',
    path: '/devices/actions/list',
    onDevices(store, { accountName }) {
      store.execute('GetDeviceList', {});
      const found = store.devices.filter(
        ({ account }) => accountName === undefined || accountName === account,
      );
      return { hasMoreData: false, devices: found.map(informationOf) };
    },
  },
  {
    method: 'PUT',
    path: '/devices/actions/customFields',
    onDevices(store, { accountName, devices = [], customFieldsToUpdate = [] }) {
      const { RequestId: requestId } = store.execute('ChangeDeviceCustomFields', {
        ...(accountName === undefined ? {} : { AccountName: accountName }),
        CustomFieldsToUpdate: {
          CustomField: customFieldsToUpdate.map(({ key = '', value = '' }) => ({ Name: key, Value: value })),
        },
        DeviceList: {
          DeviceIdentifierCollection: devices.map(({ deviceIds = [] }) => ({
            DeviceIdentifiers: {
              DeviceIdentifier: deviceIds.map(({ kind = '', id = '' }) => ({ Kind: kind, Identifier: id })),
            },
          })),
        },
      });
      return { requestId };
    },
  },
];

const informationOf = ({ account, iccid, imei, customFields }: DeviceStore['devices'][number]) => ({
  accountName: account,
  deviceIds: [
    { id: imei, kind: 'imei' },
    { id: iccid, kind: 'iccid' },
  ],
  customFields: Object.entries(customFields).map(([key, value]) => ({ key, value })),
});
