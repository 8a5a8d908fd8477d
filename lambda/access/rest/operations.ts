/**
 * The operations of ThingSpace's REST API ("Connectivity Management") as its description has them (docs/thingspace-api.md,
 * "Devices over REST"). An operation is its method and its path; a parameter of the path stands in braces.
 */
export type Operation = {
  /** Set when the operation only reads. */
  reads?: true;
  /** The way through the body to devices by name: each is an object with `kind` and `id`. */
  list?: readonly string[];
  /** Members of the body that select devices, beside a list too. */
  selects?: readonly string[];
  /** Members that name the account of the devices in the list. They select devices where there is no list. */
  account?: readonly string[];
  /** Members that name the place to which devices go, or that they get. They select nothing. */
  target?: readonly string[];
};

const ACCOUNT = ['accountName'];
const FILTERS = ['groupName', 'customFields', 'servicePlan'];
const DEVICES = ['devices', 'deviceIds'];

const reads = (...selects: string[]): Operation => ({ reads: true, selects });
const ofList = (...list: string[]): Operation => ({ list, account: ACCOUNT });
const byList = ofList(...DEVICES);
/** "Do not include accountName, groupName, customFields, or servicePlan" beside `devices`. */
const byListOrFilter: Operation = { list: DEVICES, selects: [...ACCOUNT, ...FILTERS] };

const V1: Record<string, Operation> = {
  'GET /accounts/{accountName}': reads(),
  'GET /accounts/{accountName}/requests/{requestId}/status': reads(),
  'GET /accounts/{accountName}/statesandservices': reads(),
  'POST /accounts/subscriptions/actions/list': reads('accountName'),
  'GET /callbacks/{accountName}': reads(),
  'POST /callbacks/{accountName}': {},
  'DELETE /callbacks/{accountName}/name/{serviceName}': {},
  'POST /devices/actions/activate': { ...byList, target: ['groupName'] },
  'POST /devices/actions/add': { ...ofList('devicesToAdd', 'deviceIds'), target: ['groupName'] },
  'PUT /devices/actions/contactInfo': { list: DEVICES, selects: ACCOUNT },
  'PUT /devices/actions/customFields': byListOrFilter,
  'POST /devices/actions/deactivate': { ...byList, selects: FILTERS },
  'POST /devices/actions/delete': ofList('devicesToDelete', 'deviceIds'),
  'POST /devices/actions/enhanceQoS': ofList('deviceInfo', 'deviceId'),
  'DELETE /devices/actions/enhanceQoS': {},
  'PUT /devices/actions/gotostate': {
    list: DEVICES,
    selects: ['filter', 'devicesWithServiceAddress'],
    target: ['groupName'],
  },
  'POST /devices/actions/list': reads('accountName', 'groupName', 'customFields', 'servicePlan'),
  'POST /devices/actions/list/imeiiccidmismatch': reads('accountName', 'groupName'),
  'PUT /devices/actions/move': {
    list: DEVICES,
    selects: ['filter', 'groupName', 'customFields'],
    target: ACCOUNT,
  },
  'PUT /devices/actions/plan': {
    list: DEVICES,
    selects: ['accountName', 'groupName', 'customFields', 'currentServicePlan'],
  },
  'POST /devices/actions/restore': byListOrFilter,
  'POST /devices/actions/suspend': byListOrFilter,
  'POST /devices/actions/upload': byList,
  'POST /devices/actions/uploadactivate': byList,
  'POST /devices/actions/usagesegmentationlabels': ofList('labels', ...DEVICES),
  'DELETE /devices/actions/usagesegmentationlabels': {},
  'POST /devices/availability/actions/list': reads('accountName'),
  'POST /devices/connections/actions/listHistory': reads(),
  'PUT /devices/costCenter': byListOrFilter,
  'POST /devices/extendeddiagnostics/actions/list': reads('accountName'),
  'POST /devices/history/actions/list': reads(),
  'POST /devices/license/actions/assign': byList,
  'DELETE /devices/license/actions/assign': {},
  'POST /devices/prl/actions/list': reads('accountName', ...FILTERS),
  ...profileActions(),
  'GET /devices/pwn/kpi/list/{accountName}': reads(),
  'GET /devices/pwn/performance/consent/{accountName}': reads(),
  'GET /devices/pwn/profiles/list/{accountName}': reads(),
  'PUT /devices/pwn/actions/ipaddress': ofList('deviceList', 'deviceIds'),
  'POST /devices/pwn/actions/profile': ofList('deviceList', 'deviceIds'),
  'POST /devices/pwn/actions/state/activate': ofList('deviceList', 'deviceIds'),
  'POST /devices/pwn/actions/state/deactivate': ofList('deviceList', 'deviceIds'),
  'POST /devices/requests/status': reads('accountName'),
  'POST /devices/sms/history/actions/list': reads(),
  'POST /devices/suspension/status': reads('accountName'),
  'POST /devices/usage/actions/billedusage/list': reads('accountName'),
  'POST /devices/usage/actions/list': reads(),
  'POST /devices/usage/actions/list/aggregate': reads('accountName', 'groupName'),
  'POST /devices/usage/actions/promoaggregateusage': reads(),
  'POST /devices/usage/actions/promodeviceusage': reads(),
  'PUT /devices/{serviceType}/actions/deviceId': { list: ['deviceIds'] },
  'POST /diagnostics/basic/devicereachability': byList,
  'DELETE /diagnostics/basic/devicereachability': {},
  'POST /diagnostics/basic/devicereachability/monitors': reads('accountName'),
  'POST /diagnostics/basic/devicereachability/status': ofList('device'),
  'POST /groups': { ...ofList('devicesToAdd'), target: ['groupName'] },
  'GET /groups/{accountName}': reads(),
  'DELETE /groups/{accountName}/name/{groupName}': {},
  'GET /groups/{accountName}/name/{groupName}': reads(),
  'PUT /groups/{accountName}/name/{groupName}': {},
  'POST /intelligence/anomaly/settings': { selects: ACCOUNT },
  'POST /intelligence/device-experience/bulk/latest': reads('accountName'),
  'POST /intelligence/device-experience/history/30-days': reads('accountName'),
  'POST /intelligence/network-conditions': reads('accountName'),
  'POST /intelligence/site-proximity/action/list': reads('accountName'),
  'POST /intelligence/wireless-coverage': reads('accountName'),
  'GET /intelligence/{accountName}/anomaly/settings': reads(),
  'PUT /intelligence/{accountName}/anomaly/settings/reset': {},
  'GET /leads/{accountName}': reads(),
  'GET /plans/{accountName}': reads(),
  'POST /sms': { list: ['deviceIds'], account: ACCOUNT, selects: FILTERS },
  'GET /sms/{accountName}/history': reads(),
  'PUT /sms/{accountName}/startCallbacks': {},
  'GET /triggers': reads(),
  'POST /triggers': { selects: ['accountName', 'groupName'] },
  'PUT /triggers': { selects: ['accountName', 'groupName'] },
  'DELETE /triggers/{triggerId}': {},
  'GET /triggers/{triggerId}': reads(),
};

const V2: Record<string, Operation> = {
  'GET /accounts/{accountName}/requests/{requestId}/status': reads(),
  'POST /devices/actions/list': reads('accountName'),
  'POST /devices/history/actions/list': reads('accountName'),
  'GET /triggers': reads(),
  'POST /triggers': {},
  'PUT /triggers': {},
  'GET /triggers/accounts/{accountName}': reads(),
  'GET /triggers/categories/PromoAlerts': reads(),
  'GET /triggers/{triggerId}': reads(),
};

function profileActions(): Record<string, Operation> {
  const actions = [
    ...['activate', 'activate_enable', 'deactivate', 'delete', 'device_suspend', 'disable', 'download'],
    ...['download_disable', 'download_enable', 'enable', 'profile_resume', 'profile_suspend'],
    ...['renew_activation_code', 'setfallbackattribute'],
  ];
  return Object.fromEntries(actions.map((action) => [`POST /devices/profile/actions/${action}`, byList]));
}

/** Every operation, by its name: `POST /m2m/v1/devices/actions/suspend`. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ v1: V1, v2: V2 }).flatMap(([version, operations]) =>
    Object.entries(operations).map(
      ([name, operation]) => [name.replace(' ', ` /m2m/${version}`), operation] as const,
    ),
  ),
);
