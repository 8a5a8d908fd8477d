import { PresentableError } from '../../errors.ts';

const reasons = {
  'no-key':
    'The secret has no "apiKey" and "apiSecret" as strings with content, which REST needs: store those of the application ' +
    '(portal, Key Management) beside username and password',
  'unsendable-key':
    'The "apiKey" in the secret holds a colon or a control character, or "apiSecret" a control character, which HTTP Basic ' +
    'cannot carry: store both as the portal shows them',
  'wrong-key':
    'The token service does not accept "apiKey" and "apiSecret" of the secret (wrong, or not active): store those that the ' +
    'portal shows. Refused requests may lock the key: with the ledger, all processes ask three times with the same two, and then ' +
    '`trial` alone; without it, each process asks once in half an hour',
  'wrong-key-before':
    'The token service has refused "apiKey" and "apiSecret" of the secret, and was not asked again now, because refused ' +
    'requests may lock the key: store those that the portal shows. If you have activated the key there, a `trial` asks at once',
  'request-refused':
    'The token service refused the form of the request: check the address of the token service (`tokenUrl`), and report this error',
  'no-bearer':
    'The token service answered without a bearer that a header can carry: check its address (`tokenUrl`)',
  'wrong-address': 'There is no token service at the configured address: correct `tokenUrl`',
  unavailable: 'The token service gave no usable answer: a retry asks again',
  slow: 'The token service answered too late to leave the call its time: a retry asks again',
  refused:
    'The gateway does not accept the bearer that the token service gives for the application’s key: see in the portal ' +
    'whether the key is active and subscribed. A retry in a minute asks again',
  'near-its-end':
    'The bearer of the application’s key ends too soon for a call, and there was no time to wait for the next one: a retry ' +
    'in two minutes gets it',
} as const;

export type BearerProblem = keyof typeof reasons;

/** There is no bearer for a call over REST. Quotes nothing of the request and of the answer. */
export class BearerError extends PresentableError {
  override readonly name = 'BearerError';
  readonly reason: BearerProblem;
  /** Node's error code, where there is one. */
  readonly code: string | undefined;
  /** @param seen an HTTP status or Node's error code */
  constructor(reason: BearerProblem, seen?: number | string) {
    const detail = typeof seen === 'number' ? `HTTP status ${seen}` : seen;
    super(
      `${reasons[reason]}${detail === undefined ? '' : ` (${detail})`}. The call was not sent; no password was presented.`,
    );
    this.reason = reason;
    this.code = typeof seen === 'string' ? seen : undefined;
  }
}
