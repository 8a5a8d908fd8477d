/**
 * The operation that changes the state of a line of service. One element in it says how: `Activate`, `Deactivate`, and so
 * on; its type is `ActivateDeviceRequest` (docs/thingspace-api.md, "Devices").
 */
export const STATE_CHANGE = 'ChangeDeviceState';
export const KINDS = ['Activate', 'Deactivate', 'Suspend', 'Restore', 'Reconnect'];
/** Changes that can be taken back without a fee. Every other one is allowed only by a rule that names it. */
const REVERSIBLE = new Set(['Activate', 'Suspend', 'Restore', 'Reconnect']);

/** Reports whether requests of this operation, in any letter case, are told apart by their kinds. */
export const hasKinds = (operation: string): boolean =>
  operation.toLowerCase() === STATE_CHANGE.toLowerCase();

/** Reports whether a pattern without a kind means this one. `''` is the kind of a request that names none. */
export const isPlain = (kind: string): boolean => REVERSIBLE.has(kind);
