/** The default settings: the one place for the function, the tool, and the deployment. */

/** Consecutive failed log-ins at which ThingSpace locks a username (docs/thingspace-api.md). */
export const DEFAULT_LOCKOUT_LIMIT = 5;
/** Failed log-ins, known or possible, at which the automation stops. */
export const DEFAULT_LOCKOUT_BUDGET = 3;
/** Failed log-ins, known or possible, at which rotation stops. */
export const DEFAULT_ROTATION_BUDGET = 2;

/** The address above `SessionService.svc` and `AccountService.svc` in ThingSpace's public examples. */
export const DEFAULT_BASE_URL = 'https://uws.apps.nphase.com/api/v2';
/** The element of GetNewPassword that carries the current password; its name is not published. */
export const DEFAULT_PASSWORD_ELEMENT = 'OldPassword';
