import type { Place } from './app.ts';

type Headers = Readonly<Record<string, string>>;
type Secret = { username: string; password: string; apiKey: string; apiSecret: string };

/** Any call with a session. */
export const listDevices = ({ baseUrl }: Pick<Place, 'baseUrl'>, headers: Headers): Promise<Response> =>
  post(`${baseUrl}/devices/actions/list`, headers, { accountName: '0000123456-00001' });

/** Logs in over a bearer that is asked for anew; returns the headers of a call in the session. */
export async function logInOverRest(place: Place, secret: Secret): Promise<Headers> {
  const { username, password, apiKey, apiSecret } = secret;
  const asked = await fetch(place.tokenUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  const { access_token: bearer } = (await asked.json()) as { access_token?: string };
  const authorization = `Bearer ${bearer}`;
  const answer = await post(`${place.baseUrl}/session/login`, { authorization }, { username, password });
  const { sessionToken } = (await answer.json()) as { sessionToken?: string };
  if (!answer.ok || sessionToken === undefined) throw new Error('The log-in was refused');
  return { authorization, 'vz-m2m-token': sessionToken };
}

const post = (url: string, headers: Headers, members: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(members),
  });
