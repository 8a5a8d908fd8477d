/** The error codes of ThingSpace, without the service name before them. SOAP and REST answer with the same ones. */
export const CODES = {
  invalidCharacter: 'INPUT_INVALID.Request.InvalidCharacter',
  requestUndefined: 'INPUT_INVALID.RequestUndefined',
  wrongCredentials: 'INPUT_INVALID.Password.Invalid',
  // Not published; any code that is not in the published table will do.
  locked: 'REQUEST_FAILED.Account.Locked',
  // Not published either: the application key belongs to another account than the username.
  foreignKey: 'REQUEST_FAILED.Account.NotAuthorized',
  deserialization: 'DeserializationFailed',
  sessionExpired: 'REQUEST_FAILED.SessionToken.Expired',
  sessionFormat: 'REQUEST_FAILED.SessionToken.Format',
  sessionInvalid: 'INPUT_INVALID.SessionToken.Invalid',
} as const;
