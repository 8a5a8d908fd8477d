/** The default settings: the one place for the function, the tool, and the deployment. */

/** Consecutive failed log-ins at which ThingSpace locks a username (docs/thingspace-api.md). */
export const DEFAULT_LOCKOUT_LIMIT = 5;
/** Failed log-ins, known or possible, at which the automation stops. */
export const DEFAULT_LOCKOUT_BUDGET = 3;
/** Failed log-ins, known or possible, at which rotation stops. */
export const DEFAULT_ROTATION_BUDGET = 2;

/** The address above `SessionService.svc` and `AccountService.svc` in ThingSpace's public examples. */
export const DEFAULT_BASE_URL = 'https://uws.apps.nphase.com/api/v2';
/** The address above `/session/login` in ThingSpace's pages about REST (docs/thingspace-api.md). */
export const DEFAULT_REST_BASE_URL = 'https://thingspace.verizon.com/api/m2m/v1';
/** The address that gives a bearer for an application key and its secret. */
export const DEFAULT_TOKEN_URL = 'https://thingspace.verizon.com/api/ts/v1/oauth2/token';
/** The element of GetNewPassword that carries the current password; its name is not published. */
export const DEFAULT_PASSWORD_ELEMENT = 'OldPassword';

/** So many days before a scheduled rotation its notice is published. */
export const DEFAULT_NOTICE_DAYS = 7;
