import { oneLine } from '../lambda/alarms/legible.ts';
import { defaultSetting } from '../lambda/alarms/setting.ts';
import { operatorTool, quoted } from '../lambda/operator-tool.ts';
import { findings } from '../lambda/situations/all.ts';
import { type Place, type Step, stepCommands, stepWords } from '../lambda/situations/steps.ts';
import { iso } from './times.ts';
import type { Next, Verdict } from './verdict.ts';

/** The facts that a text may have, where it is not about one known credential. */
export const placeOf = (secretArn?: string, username = '<username>'): Place => ({
  secret: `--secret ${secretArn === undefined ? '"$THINGSPACE_SECRET"' : quoted(oneLine(secretArn, 2048))}`,
  username: oneLine(username),
  support: defaultSetting.supportContact,
  until: 'the time that `status` gives',
});

/** The tool's own commands, as they are typed. */
export const commandOf = (command: string, secretArn: string | undefined): string =>
  `${operatorTool()} ${command} ${placeOf(secretArn).secret}`;

const placeFor = (next: Next, secretArn: string | undefined, username: string | undefined): Place => ({
  ...placeOf(secretArn, username),
  ...(next.secretArn && { secret: placeOf(next.secretArn).secret, holder: placeOf(next.secretArn).secret }),
  ...(next.until && { until: iso(next.until) }),
});

/** The usual command of a step. */
export const commandFor = (
  next: Next,
  secretArn: string | undefined,
  username?: string,
): string | undefined => stepCommands(next, placeFor(next, secretArn, username))[0];

/**
 * Renders the steps of a verdict, each with its commands below it. The verdict has checked the condition of the first
 * one; the others follow for the case that it does not help.
 */
export function nextInWords(
  { finding, next }: Verdict,
  secretArn: string | undefined,
  username: string | undefined,
): string[] {
  const todo: readonly Step[] = findings[finding].todo;
  return next.flatMap((step, index) => {
    const when = todo.find((one) => one.do === step.do)?.when;
    const lead =
      index === 0 ? undefined : next[index - 1]?.do === 'wait' ? 'Then:' : 'If that does not help:';
    const place = placeFor(step, secretArn, username);
    const shown = {
      ...step,
      when: index === 0 && /^(?:If|Otherwise|When)\b/.test(when ?? '') ? lead : (when ?? lead),
    };
    const number = next.length === 1 ? '' : `${index + 1}. `;
    return [
      `${number}${stepWords(shown as Step, place)}`,
      ...stepCommands(step, place).map((command) => `     ${command}`),
    ];
  });
}
