import { replaceTopLevel } from '../lambda/secret/edited-value.ts';
import type { ApiKey } from '../lambda/thingspace/api.ts';

/** Both travel as `key:secret`, so a colon would end the key. A blank or another character is one of a wrong copy. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Returns why the key or secret is not stored, as a clause that never quotes it; undefined when it can. */
export function apiKeyFault({ apiKey, apiSecret }: ApiKey): string | undefined {
  for (const [what, value] of Object.entries({ key: apiKey, secret: apiSecret })) {
    if (value === '') return `the ${what} is empty`;
    if (!VISIBLE_ASCII.test(value)) {
      return `the ${what} has a blank, a control character or one outside ASCII: copy it from the portal again`;
    }
  }
  return apiKey.includes(':') ? 'the key has a colon, which would end it in the request' : undefined;
}

/** Returns the text of a JSON object with this key and secret, and every other byte as it was. */
export const withApiKey = (text: string, { apiKey, apiSecret }: ApiKey): string =>
  withMember(withMember(text, 'apiKey', apiKey), 'apiSecret', apiSecret);

function withMember(text: string, name: string, value: string): string {
  const json = JSON.stringify(value);
  const members = JSON.parse(text);
  if (Object.hasOwn(members, name)) return replaceTopLevel(text, name, json);
  const before = text.slice(0, text.lastIndexOf('}')).trimEnd();
  const comma = Object.keys(members).length > 0 ? ',' : '';
  return `${before}${comma}${JSON.stringify(name)}:${json}${text.slice(before.length)}`;
}
