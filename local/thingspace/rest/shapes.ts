import { escapeXml } from '../soap/xml.ts';

/** An answer of the simulator, or of something before it. Header names are in lower case. */
export type RestAnswer = {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
};

const JSON_TYPE = 'application/json; charset=utf-8';

export const json = (status: number, value: unknown): RestAnswer => ({
  status,
  headers: { 'content-type': JSON_TYPE },
  body: typeof value === 'string' ? value : JSON.stringify(value),
});

/**
 * The shapes of errors that a caller of the REST API may see: docs/thingspace-api.md has their sources. Each fits any
 * status here, because status and shape need not agree.
 */
export const SHAPES = {
  /** Shape A, of the M2M backend. */
  m2m: (status: number, errorCode: string, errorMessage = 'The request failed.', more: object = {}) =>
    json(status, { errorCode, errorMessage, ...more }),
  /** Shape B, of the gateway. */
  nested: (status: number, code: string | number, { message, description }: Words) =>
    json(status, { fault: { code, type: 'Status report', message, description } }),
  /** Shape C, of the gateway from version 4 on. */
  flat: (status: number, code: string | number, { message, description }: Words) =>
    json(status, { code: String(code), message, description }),
  /** Shape D, of the token service; shape E has members of its own. */
  oauth: (status: number, error: string, description: string, more: object = {}) =>
    json(status, { error, error_description: description, ...more }),
  /** Shape F, of the gateway before version 4. */
  xml: (status: number, code: string | number, { message, description }: Words): RestAnswer => {
    const [prefix, namespace] = namespaceOf(String(code));
    return {
      status,
      headers: { 'content-type': 'application/xml; charset=UTF-8' },
      body:
        `<${prefix}:fault xmlns:${prefix}="http://wso2.org/apimanager${namespace}"><${prefix}:code>${code}</${prefix}:code>` +
        `<${prefix}:type>Status report</${prefix}:type><${prefix}:message>${escapeXml(message)}</${prefix}:message>` +
        `<${prefix}:description>${escapeXml(description)}</${prefix}:description></${prefix}:fault>`,
    };
  },
  /** Shape G, of a proxy or a load balancer. */
  html: (status: number): RestAnswer => ({
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>\n`,
  }),
  /** Shape G without a body. */
  empty: (status: number): RestAnswer => ({ status, headers: {}, body: '' }),
} as const;

export type Words = { message: string; description: string };

function namespaceOf(code: string): [prefix: string, namespace: string] {
  if (/^9009/.test(code)) return ['ams', '/security'];
  return /^9008/.test(code) ? ['amt', '/throttling'] : ['am', ''];
}

/** The gateway's own texts. The description of a refused bearer may repeat it, as careless services do. */
export function wordsOf(code: string, echo = ''): Words {
  const found = MESSAGES.find(([codes]) => codes.test(code));
  const message = found?.[1] ?? 'Runtime Error';
  return { message, description: `${message}. Access failure for API: /m2m/v1, version: v1${echo}` };
}

const MESSAGES: readonly [RegExp, string][] = [
  [/^900902$/, 'Missing Credentials'],
  [/^90090[1345]$/, 'Invalid Credentials'],
  [/^900906$/, 'No matching resource found in the API for the given request'],
  [/^9009(0[789]|10)$/, 'Resource forbidden'],
  [/^9008/, 'Message throttled out'],
  [/^303001$/, 'Address endpoint suspended'],
];
