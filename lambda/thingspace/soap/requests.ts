import { PresentableError } from '../../errors.ts';
import { UnsendableValueError } from '../call-errors.ts';
/**
 * SOAP 1.1 requests exactly as the WCF service needs them: names, namespaces, and order count. Source:
 * `docs/thingspace-api.md`, the table of operations and the example envelope.
 */
export type SoapRequest = {
  /** Path below the base URL. */
  path: string;
  /** The SOAPAction header with the quotes that SOAP 1.1 asks for. */
  soapAction: string;
  envelope: string;
};

/** The setting for the element of the current password cannot be the name of an element. */
export class PasswordElementError extends PresentableError {
  override readonly name = 'PasswordElementError';
  constructor() {
    super(
      'The element that carries the current password in GetNewPassword must be an XML name without a colon; set THINGSPACE_PASSWORD_ELEMENT to the name in the service contract, such as OldPassword',
    );
  }
}

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const V2 = 'http://nphase.com/unifiedwebservice/v2';
const CONTRACT = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

type Service = 'SessionService' | 'AccountService';
type Member = [element: string, value: string];

/** @throws UnsendableValueError */
export function logInRequest(username: string, password: string): SoapRequest {
  return soapRequest('SessionService', 'LogIn', undefined, [
    ['Username', username],
    ['Password', password],
  ]);
}

/** @throws UnsendableValueError */
export function logOutRequest(sessionToken: string): SoapRequest {
  return soapRequest('SessionService', 'LogOut', sessionToken, [['SessionToken', sessionToken]]);
}

/** @throws UnsendableValueError; `passwordElement` must have passed `checkPasswordElement`. */
export function getNewPasswordRequest(
  sessionToken: string,
  currentPassword: string,
  passwordElement: string,
): SoapRequest {
  return soapRequest('AccountService', 'GetNewPassword', sessionToken, [[passwordElement, currentPassword]]);
}

// NCName of "Namespaces in XML 1.0": NameStartChar and NameChar of XML 1.0 without the colon.
const nameStart =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const ncName = new RegExp(
  `^[${nameStart}][${nameStart}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*$`,
  'u',
);

/** Returns the name of the element. @throws PasswordElementError when it is not an XML NCName. */
export function checkPasswordElement(element: string): string {
  if (!ncName.test(element)) throw new PasswordElementError();
  return element;
}

function soapRequest(
  service: Service,
  operation: string,
  sessionToken: string | undefined,
  members: Member[],
): SoapRequest {
  const header =
    sessionToken === undefined
      ? '<soapenv:Header/>'
      : `<soapenv:Header><v2:token>${escapeXml(sessionToken)}</v2:token></soapenv:Header>`;
  const input = members.map(([element, value]) => `<con:${element}>${escapeXml(value)}</con:${element}>`);
  return {
    path: `/${service}.svc`,
    soapAction: `"${V2}/I${service}/${operation}"`,
    envelope:
      `<soapenv:Envelope xmlns:soapenv="${ENVELOPE}" xmlns:v2="${V2}" xmlns:con="${CONTRACT}.${service}">` +
      header +
      `<soapenv:Body><v2:${operation}><v2:Input>${input.join('')}</v2:Input></v2:${operation}></soapenv:Body>` +
      '</soapenv:Envelope>',
  };
}

// The Char production of XML 1.0, negated; under the u flag a lone surrogate is one character.
const notXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Line ends and tabs go as references: a reader may normalise literal ones. */
function escapeXml(value: string): string {
  if (notXml.test(value)) throw new UnsendableValueError('XML');
  return value.replace(/[&<>"'\t\n\r]/g, (char) => escapes[char] ?? `&#${char.charCodeAt(0)};`);
}
