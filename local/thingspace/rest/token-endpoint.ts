import type { SeenRequest } from '../../gateway/protocols.ts';
import type { Random } from '../random.ts';
import type { Bearers } from './bearers.ts';
import { writeJson } from './json.ts';
import { json, type RestAnswer, SHAPES } from './shapes.ts';

/**
 * Answers `POST /api/ts/v1/oauth2/token` and `…/revoke`: Basic with key and secret, and a form. A refusal repeats the
 * client id, as the gateway's token service does.
 */
export function answerTokenRequest(
  { method, path, headers, body }: SeenRequest,
  bearers: Bearers,
  random: Random,
): RestAnswer {
  if (method !== 'POST') return SHAPES.empty(405);
  if (!/^application\/x-www-form-urlencoded(;\s*charset=utf-8)?$/i.test(String(headers['content-type'])))
    return SHAPES.oauth(400, 'invalid_request', 'The request is not a form');
  const [apiKey, apiSecret] = basicOf(String(headers.authorization)) ?? [];
  if (apiKey === undefined || apiSecret === undefined)
    return SHAPES.oauth(401, 'invalid_client', 'Client Authentication failed.');
  const form = new URLSearchParams(body.toString('latin1'));
  const wanted = path.endsWith('/revoke') ? ['grant_type', 'token'] : ['grant_type'];
  if (form.size !== wanted.length || !wanted.every((name) => form.has(name)))
    return SHAPES.oauth(400, 'invalid_request', 'Missing parameters, or unknown ones');
  if (form.get('grant_type') !== 'client_credentials')
    return SHAPES.oauth(400, 'unsupported_grant_type', 'Unsupported grant_type value');

  const issued = bearers.request(apiKey, apiSecret);
  if (!issued.ok) {
    const description =
      issued.reason === 'inactive'
        ? `The application is not in active state: ${apiKey}`
        : `A valid OAuth client could not be found for client_id: ${apiKey}`;
    return SHAPES.oauth(random.pick([400, 401]), 'invalid_client', description);
  }
  if (path.endsWith('/revoke')) {
    bearers.revoke(apiKey);
    return { ...SHAPES.empty(200), headers: { revokedaccesstoken: issued.bearer } };
  }
  return json(
    200,
    writeJson(random, {
      access_token: issued.bearer,
      scope: 'am_application_scope default',
      token_type: random.pick(['Bearer', 'bearer']),
      ...(issued.expiresIn === undefined ? {} : { expires_in: issued.expiresIn }),
    }),
  );
}

/** RFC 7617: the first colon ends the user part. */
function basicOf(header: string): [key: string, secret: string] | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}
