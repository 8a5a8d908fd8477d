import { DEFAULT_PASSWORD_ELEMENT } from '../../defaults.ts';
import type { CallLimits, NeverSent, ThingSpaceApi } from '../api.ts';
import { checkBaseUrl } from '../base-url.ts';
import { UnsendableValueError } from '../call-errors.ts';
import { type Send, sendOnce } from '../http-call.ts';
import type { HttpCall } from '../http-request.ts';
import { createPresented } from '../presented.ts';
import { readNewPassword } from '../read-new-password.ts';
import { type Sent, understand } from '../understand.ts';
import { readLogOut, readSessionToken } from './answers.ts';
import {
  checkPasswordElement,
  getNewPasswordRequest,
  logInRequest,
  logOutRequest,
  type SoapRequest,
} from './requests.ts';

export type SoapSettings = {
  /** The address above `SessionService.svc` and `AccountService.svc` (THINGSPACE_BASE_URL). */
  baseUrl: string;
  /**
   * The element that carries the current password in GetNewPassword (THINGSPACE_PASSWORD_ELEMENT).
   * @default 'OldPassword'
   */
  passwordElement?: string;
};

/**
 * ThingSpace over SOAP ("Wireless Network Services").
 * @throws BaseUrlError or PasswordElementError for settings with which nothing may be sent.
 */
export function createSoapApi(settings: SoapSettings, sendCall: Send = sendOnce): ThingSpaceApi {
  const baseUrl = checkBaseUrl(settings.baseUrl);
  const passwordElement = checkPasswordElement(settings.passwordElement ?? DEFAULT_PASSWORD_ELEMENT);
  const presented = createPresented();
  const send = sendOver(sendCall, baseUrl);

  return {
    transport: 'soap',
    prepare: async () => ({ outcome: 'done' }),
    async logIn({ username, password }, limits) {
      presented.remember(password);
      const answer = await send(() => logInRequest(username, password), limits);
      const read = understand('LogIn', answer, (content) => readSessionToken(content, presented.latest()));
      if (read.outcome === 'done') presented.remember(read.value);
      return read;
    },
    async logOut({ token }, limits) {
      presented.remember(token);
      const answer = await send(() => logOutRequest(token), limits);
      return understand('LogOut', answer, (content) => readLogOut(content, presented.latest()));
    },
    async getNewPassword({ token }, currentPassword, limits) {
      presented.remember(token, currentPassword);
      return send(() => getNewPasswordRequest(token, currentPassword, passwordElement), limits, {
        waitsForDocument: true,
      });
    },
    readNewPassword: (answer) => readNewPassword(answer, presented.latest()),
  };
}

/** WCF sends faults with HTTP 500, and gateways send pages: readers look at the content alone. */
const sendOver =
  (send: Send, baseUrl: string) =>
  async (
    build: () => SoapRequest,
    limits: CallLimits,
    options: Pick<HttpCall, 'waitsForDocument'> = {},
  ): Promise<Sent> => {
    let request: SoapRequest;
    try {
      request = build();
    } catch (error) {
      const cause = error instanceof UnsendableValueError ? error : new UnsendableValueError('XML');
      return { outcome: 'never-sent', cause } satisfies NeverSent;
    }
    const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: request.soapAction };
    return send(
      { method: 'POST', url: `${baseUrl}${request.path}`, headers, body: request.envelope, ...options },
      limits,
    );
  };
