import { DEFAULT_PASSWORD_ELEMENT } from '../defaults.ts';
import type { AnswerContent, CallLimits, NeverSent, Outcome, ThingSpaceApi } from './api.ts';
import { checkBaseUrl } from './base-url.ts';
import { UnusableAnswerError } from './call-errors.ts';
import { mediaKindOf } from './content-type.ts';
import { sendOnce } from './http-call.ts';
import type { HttpCall } from './http-request.ts';
import { readLogOut, readNewPassword, readSessionToken } from './soap-answers.ts';
import {
  checkPasswordElement,
  getNewPasswordRequest,
  logInRequest,
  logOutRequest,
  type SoapRequest,
  UnsendableValueError,
} from './soap-requests.ts';

export type SoapSettings = {
  /** The address above `SessionService.svc` and `AccountService.svc` (THINGSPACE_BASE_URL). */
  baseUrl: string;
  /**
   * The element that carries the current password in GetNewPassword (THINGSPACE_PASSWORD_ELEMENT).
   * @default 'OldPassword'
   */
  passwordElement?: string;
};

// Enough for an old and a new password, their sessions, and the same of a call that overlaps.
const REMEMBERED_SECRETS = 8;

/**
 * ThingSpace over SOAP ("Wireless Network Services").
 * @throws BaseUrlError or PasswordElementError for settings with which nothing may be sent.
 */
export function createSoapApi(settings: SoapSettings): ThingSpaceApi {
  const baseUrl = checkBaseUrl(settings.baseUrl);
  const passwordElement = checkPasswordElement(settings.passwordElement ?? DEFAULT_PASSWORD_ELEMENT);
  // The latest secrets that the server has seen: any later faultcode may echo them.
  let presented: string[] = [];
  const remember = (...secrets: string[]) => {
    presented = [...new Set([...secrets, ...presented])].slice(0, REMEMBERED_SECRETS);
  };

  return {
    async logIn(username, password, limits) {
      remember(password);
      const answer = await send(baseUrl, () => logInRequest(username, password), limits);
      return understand('LogIn', answer, (content) => readSessionToken(content, presented));
    },
    async logOut(sessionToken, limits) {
      remember(sessionToken);
      const answer = await send(baseUrl, () => logOutRequest(sessionToken), limits);
      return understand('LogOut', answer, (content) => readLogOut(content, presented));
    },
    async getNewPassword(sessionToken, currentPassword, limits) {
      remember(sessionToken, currentPassword);
      return send(
        baseUrl,
        () => getNewPasswordRequest(sessionToken, currentPassword, passwordElement),
        limits,
        { waitsForDocument: true },
      );
    },
    readNewPassword: (answer) => readNewPassword(answer, presented),
  };
}

type Sent = Awaited<ReturnType<typeof sendOnce>>;

async function send(
  baseUrl: string,
  build: () => SoapRequest,
  limits: CallLimits,
  options: Pick<HttpCall, 'waitsForDocument'> = {},
): Promise<Sent> {
  let request: SoapRequest;
  try {
    request = build();
  } catch (error) {
    const cause = error instanceof UnsendableValueError ? error : new UnsendableValueError();
    return { outcome: 'never-sent', cause } satisfies NeverSent;
  }
  const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: request.soapAction };
  return sendOnce(
    { method: 'POST', url: `${baseUrl}${request.path}`, headers, body: request.envelope, ...options },
    limits,
  );
}

/** An answer is judged by its content alone: WCF sends faults with HTTP 500, and gateways send pages. */
function understand<T>(
  operation: string,
  answer: Sent,
  read: (content: AnswerContent) => Exclude<Outcome<T>, NeverSent>,
): Outcome<T> {
  if (answer.outcome !== 'answered') return answer;
  const meaning = read(answer);
  if (meaning.outcome !== 'unknown') return meaning;
  const kind = mediaKindOf(answer.contentType);
  const seen = `HTTP status ${answer.httpStatus}, ${kind}${answer.complete ? '' : ', cut off'}`;
  const what = `${operation} got no usable answer (${seen})`;
  return { outcome: 'unknown', cause: new UnusableAnswerError(what, meaning.cause) };
}
