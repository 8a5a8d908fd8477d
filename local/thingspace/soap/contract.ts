import { DEVICE_OPERATIONS } from './devices.ts';
import type { Structure } from './structures.ts';

/** The SOAP contract of WNS as docs/thingspace-api.md has it: names, namespaces and order. */
export const ENVELOPE_NAMESPACE = 'http://schemas.xmlsoap.org/soap/envelope/';
export const V2_NAMESPACE = 'http://nphase.com/unifiedwebservice/v2';
const DATA_CONTRACTS = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

export type ServiceName = 'SessionService' | 'AccountService' | 'DeviceService' | 'CarrierService';
export type OperationName =
  | 'LogIn'
  | 'LogOut'
  | 'GetNewPassword'
  | 'GetDeviceInformation'
  | keyof typeof DEVICE_OPERATIONS;

export type Operation = {
  name: OperationName;
  service: ServiceName;
  soapAction: string;
  /** Namespace of the members of `Input` and `Output`. */
  memberNamespace: string;
  /** The members of `Input`, in the order that the serializer wants. */
  input: readonly string[];
  /** The one member of `Output`. */
  output: string;
  /** The structures in `Input` and `Output`, where these hold more than texts. */
  structured?: { input: Structure; output: Structure };
};

/** `passwordElement` is the member that carries the current password in GetNewPassword. */
export function operationsOf(passwordElement: string): readonly Operation[] {
  return [
    operation('LogIn', 'SessionService', ['Username', 'Password'], 'SessionToken'),
    operation('LogOut', 'SessionService', ['SessionToken'], 'SessionToken'),
    operation('GetNewPassword', 'AccountService', [passwordElement], 'NewPassword'),
    // Stands for all that apps ask; its members are not those of the real service, and nothing depends on them.
    operation('GetDeviceInformation', 'DeviceService', ['Device'], 'Account'),
    ...Object.entries(DEVICE_OPERATIONS).map(([name, { service, ...structured }]) => ({
      ...operation(name as OperationName, service, [], ''),
      structured,
    })),
  ];
}

function operation(
  name: OperationName,
  service: ServiceName,
  input: readonly string[],
  output: string,
): Operation {
  return {
    name,
    service,
    soapAction: `${V2_NAMESPACE}/I${service}/${name}`,
    memberNamespace: `${DATA_CONTRACTS}.${service}`,
    input,
    output,
  };
}
