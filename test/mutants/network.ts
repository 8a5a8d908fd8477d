import type { Mutant } from './mutants.ts';

const tunnel = 'lambda/thingspace/tunnel.ts';
const noticedBy = 'test/thingspace/tunnel.test.ts';

/** The rules of the way to ThingSpace through a proxy. */
export const networkMutants: Mutant[] = [
  {
    rule: 'a tunnel stands only when nothing came behind the head of the proxy’s answer',
    file: tunnel,
    find: "=== text.length ? 'stands' : 'unusable'",
    replace: "=== text.length ? 'stands' : 'stands'",
    noticedBy,
    testName: 'bytes before TLS',
  },
  {
    rule: 'the head of a proxy’s answer has a limit',
    file: tunnel,
    find: ' || text.length > MAX_HEAD_BYTES',
    replace: '',
    noticedBy,
    testName: 'a head without an end',
  },
  {
    rule: 'a tunnel carries https only',
    file: tunnel,
    find: "if (target.protocol !== 'https:')",
    replace: 'if (false as boolean)',
    noticedBy,
    testName: 'the address is not https',
  },
  {
    rule: 'credentials that a proxy refused are not sent to it again',
    file: tunnel,
    find: 'if (isRefused(next)) throw',
    replace: 'if (false as boolean) throw',
    noticedBy,
    testName: 'are not sent again',
  },
  {
    rule: 'credentials that a call beside it has read are not called refused',
    file: tunnel,
    find: 'if (isRefused(next)) throw',
    replace: 'if (held && basicOf(next) === basicOf(held)) throw',
    noticedBy,
    testName: 'beside each other',
  },
  {
    rule: 'a proxy’s credentials are read anew once it refuses them',
    file: tunnel,
    find: 'if (!isRefusal(failure)) throw failure;\n      return',
    replace: 'throw failure;\n      return',
    noticedBy,
    testName: 'read once more after a refusal',
  },
  {
    rule: 'a proxy’s fault is not called one of the token service',
    file: 'lambda/thingspace/rest/token-request.ts',
    find: 'if (answer.cause instanceof ProxyError) throw answer.cause;',
    replace: '',
    noticedBy: 'test/thingspace/rest/api.test.ts',
    testName: 'names the proxy',
  },
  {
    rule: 'a proxy’s fault is named before a log-in',
    file: 'lambda/rotation/log-in.ts',
    find: 'if (cause instanceof ProxyError) {',
    replace: 'if (false as boolean) {',
    noticedBy: 'test/rotation/no-tunnel.test.ts',
  },
  {
    rule: 'no private key comes into the function’s code',
    file: 'infra/config-egress.ts',
    find: "if (pem.includes('PRIVATE KEY')) {",
    replace: 'if (false as boolean) {',
    noticedBy: 'test/infra/egress.test.ts',
    testName: 'a private key',
  },
  {
    rule: 'no secret with a ThingSpace password is that of the proxy',
    file: 'infra/config-egress.ts',
    find: 'if (at >= 0) {',
    replace: 'if (false as boolean) {',
    noticedBy: 'test/infra/egress.test.ts',
    testName: 'would go to the proxy',
  },
];
