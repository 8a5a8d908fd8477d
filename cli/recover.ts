import { AwsCallError } from '../lambda/aws-call.ts';
import { findings } from '../lambda/situations/all.ts';
import { noteAsked } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import type { Desk } from './desk.ts';
import { CommandError, TargetError } from './errors.ts';
import { commandFor, commandOf } from './next-words.ts';
import type { Acting } from './options.ts';
import { look, type Sight } from './sight.ts';
import { verdictOn } from './verdict.ts';

/**
 * Lets the function finish the pending work: one invocation, waited for as long as it takes.
 * @throws RecoverFailedError with the function's own error; TargetError, NotConfirmedError, AwsCallError
 */
export async function recover(desk: Desk, options: Acting): Promise<void> {
  const { terminal, account } = desk;
  const sight = await look(desk, options);
  const { secretArn } = sight;
  const functionArn = sight.facts?.functionArn ?? desk.function?.arn;
  if (secretArn === undefined || functionArn === undefined) {
    throw new TargetError('The secret and its function must be known for this: name it with --secret.');
  }
  terminal.say(`Makes the function finish the pending work of ${secretArn}. It starts no new rotation.`);
  terminal.say(
    mayCost(sight)
      ? 'It may log in at ThingSpace, within the rotation’s share.'
      : 'It is not expected to log in.',
  );
  if (options.dryRun) return terminal.say('Dry run: no change was made.');
  await confirmed(terminal, options.yes, 'Invoke it?');
  await noteAsked(desk, sight.username ?? secretArn, options, { command: 'recover', secretArn });
  terminal.warn('Waiting for the function; it may take up to 15 minutes. Ctrl-C does not stop it.');
  const ended = await account.invoke(functionArn, { Recover: secretArn }).catch((failure: unknown) => {
    throw failure instanceof AwsCallError && /Timeout|ECONNRESET|EPIPE/.test(failure.errorName)
      ? new CommandError(
          'RecoverFailedError',
          'The function’s answer did not arrive; it may still be at work. Look with `status`.',
          { cause: failure },
        )
      : failure;
  });
  if (!ended.ok)
    throw new CommandError(
      'RecoverFailedError',
      `The function ended in ${ended.errorName}: ${ended.message}`,
    );
  const { finding, next } = verdictOn(await look(desk, { secret: secretArn }));
  if (finding === 'well') return terminal.say('Done: no work is pending, and all is well.');
  const command = commandFor(next[0], secretArn) ?? commandOf('status', secretArn);
  terminal.say(`Done. Now: ${findings[finding].short}. ${findings[finding].means} Next: ${command}`);
}

/** Reports whether recovery may make a log-in: for an open exchange, a dead AWSCURRENT, or a trouble on record. */
const mayCost = ({ state, holderDead }: Sight): boolean =>
  holderDead ||
  state.trouble !== undefined ||
  (state.journal.state !== 'idle' && state.journal.state !== 'committed');
