import { oneLine } from '../lambda/alarms/legible.ts';
import { PresentableError } from '../lambda/errors.ts';
import { hashPassword } from '../lambda/ledger/fingerprint.ts';
import { isCertain } from '../lambda/ledger/state.ts';
import { checkStorable, editableText, readCredential, unusableBecause } from '../lambda/secret/credential.ts';
import { withCredential } from '../lambda/secret/edited-value.ts';
import { endsHint } from '../lambda/secret/password-ends.ts';
import type { Desk } from './desk.ts';
import { passwordKnownDead, passwordUnusable, TargetError } from './errors.ts';
import { commandOf } from './next-words.ts';
import type { Acting } from './options.ts';
import { passwordInPipe } from './piped-text.ts';
import { passwordFromSealed } from './sealed-password.ts';
import type { Sight } from './sight.ts';
import { lookToStore, storeVersion } from './store-version.ts';
import { iso } from './times.ts';
import { trial } from './trial.ts';

/**
 * Stores a first or restored password as a new version of the secret, with every other member as it is, and offers
 * the one log-in that proves it. The password comes from a prompt without echo, a pipe or a sealed answer.
 * @throws PasswordKnownDeadError, PasswordUnusableError, TargetError, NotConfirmedError, NoSealedAnswerError, AwsCallError
 */
export async function store(desk: Desk, options: Acting): Promise<void> {
  const { terminal } = desk;
  const sight = await lookToStore(desk, options);
  const { secretArn } = sight;
  const username = options.setUsername ?? sight.username;
  if (username === undefined) {
    throw new TargetError(
      'The secret names no username yet: say it with --set-username, in its exact spelling.',
    );
  }
  const password = options.fromSealed
    ? await passwordFromSealed(desk, sight)
    : await promptPassword(desk, username);
  const value = await newValue(desk, sight, secretArn, username, password);
  if (!options.anyway) await mustNotBeDead(sight, username, password);

  terminal.say(
    `Stores a new version of ${secretArn} for the username ${oneLine(username)}; it is AWSCURRENT at once.`,
  );
  terminal.say('Every other member of the secret stays as it is.');
  if (endsHint(password) !== '') terminal.say(endsHint(password).trim());
  if (!(await storeVersion(desk, options, sight, value))) return;
  await offerTrial(desk, options, secretArn, value);
}

/** Asks twice, because the password is not shown. */
async function promptPassword({ terminal }: Desk, username: string): Promise<string> {
  const password = await terminal.secret(`Password of ${oneLine(username)} (not shown): `);
  if (!terminal.isTty) return passwordInPipe(password);
  if ((await terminal.secret('Once more: ')) === password) return password;
  throw passwordUnusable('The two are not the same. No version was stored.');
}

/** Returns the stored text with another password; a value without a credential gets the members of the last one that worked. */
async function newValue(
  desk: Desk,
  { holder, state }: Sight,
  secretArn: string,
  username: string,
  password: string,
): Promise<string> {
  const lastGood = state.lastGood?.versionId;
  const good = lastGood === undefined ? undefined : await desk.store.read(secretArn, lastGood);
  const text = editableText(holder?.value) ?? editableText(good?.value) ?? '{"username":"","password":""}';
  const why = unusableBecause(password);
  if (why !== undefined)
    throw passwordUnusable(`This password cannot be used: ${why}. No version was stored.`);
  const value = withCredential(text, { username, password });
  try {
    checkStorable(secretArn, value);
    readCredential(secretArn, value);
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    throw passwordUnusable(`No version was stored. ${failure.message}`);
  }
  return value;
}

/** A password that the ledger knows to be dead costs a log-in and brings nothing. */
async function mustNotBeDead({ state, holder }: Sight, username: string, password: string): Promise<void> {
  const hash = await hashPassword(username, password);
  const known = Object.entries(state.refused).find(
    ([id, refusal]) => id.endsWith(`:${hash}`) && isCertain(refusal),
  );
  const orAnyway = 'If support has made it valid again, add --anyway. No version was stored.';
  if (known) {
    const [id, { at, replaced }] = known;
    throw passwordKnownDead(
      `ThingSpace has ${replaced ? 'replaced' : 'refused'} this very password (version ${id.slice(0, id.lastIndexOf(':'))}, ` +
        `${iso(at)}). ${orAnyway}`,
    );
  }
  if (holder?.credential?.password === password) {
    throw passwordKnownDead(`AWSCURRENT holds this very password already. ${orAnyway}`);
  }
}

async function offerTrial(desk: Desk, options: Acting, secretArn: string, value: string): Promise<void> {
  const { terminal, settings } = desk;
  const { actor, reason } = options;
  const { apiKey, apiSecret } = readCredential(secretArn, value);
  if (settings.thingSpace?.transport === 'rest' && (apiKey === undefined || apiSecret === undefined)) {
    terminal.say('No log-in can prove it yet: REST also needs the application’s key and secret. Store them:');
    return terminal.say(`  ${commandOf('store --api-key', secretArn)}`);
  }
  if (options.trial) return trial(desk, { secret: secretArn, actor, reason, yes: true });
  if (
    terminal.isTty &&
    !options.yes &&
    desk.budgets &&
    (await terminal.confirm('Prove it now by one log-in?')) === 'yes'
  ) {
    return trial(desk, { secret: secretArn, actor, reason, yes: true });
  }
  terminal.say('To prove it by one log-in:');
  terminal.say(`  ${commandOf('trial', secretArn)}`);
}
