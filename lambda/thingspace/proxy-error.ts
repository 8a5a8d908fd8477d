import { PresentableError } from '../errors.ts';

/** The hop that failed, in the order of the way. */
const problems = {
  'no-credentials':
    'The credentials for the proxy cannot be read from their secret: it must hold {"username": …, "password": …}, and the ' +
    'caller must be allowed to read it',
  unreachable:
    'No connection to the proxy: check its address, DNS, the security groups on the way, and with https its certificate ' +
    '(`caFile`)',
  'credentials-missing': 'The proxy asks for credentials, and none are configured: name their secret',
  'credentials-refused':
    'The proxy does not accept the credentials in their secret: store the right ones there',
  refused: 'The proxy refused the tunnel: allow it to open one (CONNECT) to this host and port',
  'no-answer': 'The proxy gave no usable answer to CONNECT: check that its address is that of an HTTP proxy',
  'no-tls':
    'The proxy opened a tunnel, and TLS failed within it: if the proxy opens TLS by itself, exempt this host, or name the ' +
    'proxy’s CA (`caFile`)',
  'no-https': 'A tunnel through a proxy carries https only: write an https address',
} as const;

export type ProxyProblem = keyof typeof problems;

/** The proxy, and the server behind it. */
export type Way = { proxy: URL; target: URL };

/**
 * No tunnel to ThingSpace stands, so no byte of the request left. Quotes nothing of the proxy's answer but its status,
 * and nothing of the credentials.
 */
export class ProxyError extends PresentableError {
  override readonly name = 'ProxyError';
  readonly problem: ProxyProblem;
  /** Node's error code, where there is one. */
  readonly code: string | undefined;
  /** @param seen the HTTP status of the proxy's answer, an error code, or a text that holds no secret */
  constructor(problem: ProxyProblem, { proxy, target }: Way, seen?: number | string) {
    const detail = typeof seen === 'number' ? `HTTP status ${seen}` : seen;
    super(
      `${problems[problem]}${detail === undefined ? '' : ` (${detail})`}. The way is ${proxy.host} → ${target.host}; ` +
        'nothing was sent, so the call may be repeated',
    );
    this.problem = problem;
    this.code = typeof seen === 'string' && /^[A-Z0-9_]+$/.test(seen) ? seen : undefined;
  }
}
