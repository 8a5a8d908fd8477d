import type { Drill } from '../../local/drill/drill.ts';
import type { Ended } from '../../local/tool.ts';
import { minutesUntil, runPrinted } from './follow-status.ts';

type Step = { text: string; commands: string[] };

/** The operator's answer to the question that a step begins with; the first words that fit count. */
const ANSWERS: readonly (readonly [words: RegExp, answer: (known: Known) => boolean])[] = [
  [/^If that operator mistyped|^If a rotation failed meanwhile/, () => true],
  [/^If there is no sealed answer/, ({ message }) => message.includes('sealed answer: no')],
  [/^If a new password waits sealed/, ({ message }) => message.includes('sealed answer: yes')],
  [/^If an app was refused/, ({ message }) => !message.includes('actor: rotation')],
  [/^If the secret has no room/, () => false],
  [/^If you are sure that AWSCURRENT is right/, () => true],
  [/^If AWSCURRENT is wrong|^If you are not sure, or the trial/, ({ failed }) => failed],
  [/^If (that|even that|it|nobody can open the sealed answer)\b/, ({ failed }) => failed],
  [/^If support has not reset it|^Over REST, /, () => false],
];

type Known = { message: string; failed: boolean };

/** Does the steps of the message, one after another, until the drill is solved or all are done. Returns what was done. */
export async function followMail(drill: Drill): Promise<string[]> {
  const done: string[] = [];
  let failed = false;
  for (const { text, commands } of stepsOf(drill.message)) {
    const asked = ANSWERS.find(([words]) => words.test(text));
    if (asked && !asked[1]({ message: drill.message, failed })) continue;
    const until = /Wait until (\S+Z)/.exec(text)?.[1];
    if (until) await drill.type(`forward ${minutesUntil(drill, until)}`);
    const repaired = text.includes('Repair the fault');
    if (repaired) await drill.type('colleague');
    const ended: Ended[] = [];
    for (const command of commands) {
      const one = await runPrinted(drill, command);
      // `store` offers the log-in that proves the password; through a pipe it prints the command.
      const proof = /^To prove it by one log-in:\n +(.*)$/m.exec(one.stdout)?.[1];
      ended.push(one, ...(proof === undefined ? [] : [await runPrinted(drill, proof)]));
    }
    // The doctor also names faults that are no obstacle, such as the short timeout of the local function.
    if (ended.length > 0) failed = !repaired && ended.some(({ code }) => code === 1);
    done.push(`${text.slice(0, 60)} … ${ended.map(({ code }) => code).join()}`);
    if ((await drill.judgement()).solved) return done;
  }
  return done;
}

/** Returns the numbered steps of a message, with the commands below each. */
function stepsOf(message: string): Step[] {
  const toDo = /^WHAT TO DO\n(.*?)\n\n/ms.exec(message)?.[1] ?? '';
  const steps: Step[] = [];
  for (const line of toDo.split('\n')) {
    const numbered = /^\d+\. (.*)$/.exec(line)?.[1];
    if (numbered !== undefined) steps.push({ text: numbered, commands: [] });
    else steps.at(-1)?.commands.push(line.trim());
  }
  return steps;
}
