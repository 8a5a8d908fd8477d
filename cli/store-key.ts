import { PresentableError } from '../lambda/errors.ts';
import { checkStorable, editableText } from '../lambda/secret/credential.ts';
import type { ApiKey } from '../lambda/thingspace/api.ts';
import { apiKeyFault, withApiKey } from './api-key.ts';
import { bearerProof } from './bearer-proof.ts';
import type { Desk } from './desk.ts';
import { apiKeyUnusable, TargetError } from './errors.ts';
import { commandOf } from './next-words.ts';
import type { Acting } from './options.ts';
import { lookToStore, storeVersion } from './store-version.ts';

/**
 * Stores the application's key and secret, which REST needs, as a new version of the secret; the username, the password
 * and every other member stay as they are. Then one token request proves both, where the function calls REST.
 * @throws ApiKeyUnusableError, TargetError, NotConfirmedError, AwsCallError; NotRightError when the proof fails
 */
export async function storeApiKey(desk: Desk, options: Acting): Promise<void> {
  const { terminal, settings } = desk;
  const sight = await lookToStore(desk, options);
  const { secretArn } = sight;
  const text = editableText(sight.holder?.value);
  if (text === undefined) {
    throw new TargetError(
      'AWSCURRENT is not a JSON object with "username" and "password", to which the key could be added: store the password ' +
        'first, with `store --set-username`. No version was stored.',
    );
  }
  const key = await promptKey(desk);
  const value = withApiKey(text, key);
  storable(secretArn, key, value);
  terminal.say(
    `Stores a new version of ${secretArn} with this apiKey and apiSecret; it is AWSCURRENT at once.`,
  );
  terminal.say('The username, the password and every other member of the secret stay as they are.');
  if (!(await storeVersion(desk, options, sight, value))) return;
  if (settings.thingSpace?.transport === 'rest') return terminal.say(await bearerProof(desk, key));
  terminal.say(
    'The function calls SOAP, which needs neither. To prove both before a switch to REST, without a log-in:',
  );
  terminal.say(`  ${commandOf('doctor --rest', secretArn)}`);
}

/** At a terminal each is asked for twice, because neither is shown; a pipe holds the key in its first line and the secret in its second. */
async function promptKey({ terminal }: Desk): Promise<ApiKey> {
  if (terminal.isTty) {
    return { apiKey: await twice('API key'), apiSecret: await twice('API secret') };
  }
  const [apiKey = '', apiSecret, ...more] = (await terminal.secret('')).split(/\r?\n/);
  if (apiSecret !== undefined && more.length === 0) return { apiKey, apiSecret };
  throw apiKeyUnusable('The pipe must hold two lines, the key and the secret. No version was stored.');

  async function twice(what: string): Promise<string> {
    const value = await terminal.secret(`${what} (not shown): `);
    if ((await terminal.secret('Once more: ')) === value) return value;
    throw apiKeyUnusable('The two are not the same. No version was stored.');
  }
}

function storable(secretArn: string, key: ApiKey, value: string): void {
  const fault = apiKeyFault(key);
  if (fault !== undefined) {
    throw apiKeyUnusable(`These cannot be used: ${fault}. No version was stored.`);
  }
  try {
    checkStorable(secretArn, value);
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    throw apiKeyUnusable(
      `The secret ${secretArn} has no room for both: shorten its other members, or move them to a secret of their own. No ` +
        'version was stored.',
    );
  }
}
