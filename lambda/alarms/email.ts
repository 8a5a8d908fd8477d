import { operatorTool, quoted } from '../operator-tool.ts';
import type { Advice } from './advice.ts';
import type { AlarmEvent } from './event.ts';
import { asciiLine, instant, oneLine } from './legible.ts';
import { severityOf } from './severity.ts';

/** SNS: no line breaks or control characters, fewer than 100 characters (API reference of Publish). */
const maxSubjectChars = 99;

/** The headline comes before the username, so that a long username is cut and not the headline. */
export function subjectOf(event: AlarmEvent, advice: Advice): string {
  const severity = severityOf(event).toUpperCase();
  return asciiLine(`ThingSpace ${severity}: ${advice.headline} - ${event.username}`, maxSubjectChars);
}

/** Returns plain text for a reader without earlier knowledge: what happened, what to do, what not to do. */
export function emailOf(event: AlarmEvent, advice: Advice, runbook: string): string {
  const facts: [string, string][] = [
    ['credential', oneLine(event.credential)],
    ['username', oneLine(event.username)],
    ['secret', oneLine(event.secretArn)],
    ['happened at', instant(event.at)],
    ...advice.facts,
    ['event', `${event.event} ${oneLine(event.id)}`],
  ];
  return [
    `${severityOf(event).toUpperCase()}: ${advice.headline} (ThingSpace username "${oneLine(event.username)}")`,
    section('WHAT HAPPENED', advice.happened),
    section('WHAT HAPPENS NEXT BY ITSELF', advice.next),
    section(
      'WHAT TO DO',
      advice.todo.length === 0
        ? ['No action is needed.']
        : advice.todo.map((step, index) => `${index + 1}. ${stepText(step)}`),
    ),
    ...(advice.never.length === 0 ? [] : [section('WHAT NOT TO DO', advice.never.map(itemOf))]),
    ...(event.droppedBefore === undefined ? [] : [dropped(event, event.droppedBefore)]),
    `RUNBOOK\n${runbook}`,
    section(
      'DETAILS',
      facts.map(([name, value]) => `${name}: ${value}`),
    ),
    '',
  ].join('\n\n');
}

/** Returns the section about alarms that were given up: their texts are gone, their facts are in log and ledger. */
function dropped(event: AlarmEvent, count: number): string {
  return section('ALARMS THAT YOU DID NOT GET', [
    `Before this one ${count === 1 ? 'one alarm' : `${count} alarms`} could not be published for so long that ` +
      `${count === 1 ? 'it was' : 'they were'} given up, the least urgent first. See where the credential stands:`,
    `     ${operatorTool()} status --secret ${quoted(oneLine(event.secretArn, 2048))}`,
    "The function's log has the errors of that time; the ledger's audit trail has every log-in.",
  ]);
}

const itemOf = (warning: string) => `- ${warning}`;

const section = (title: string, lines: string[]) => `${title}\n${lines.join('\n')}`;

function stepText({ text, commands }: Advice['todo'][number]): string {
  return [text, ...commands.map((command) => `     ${command}`)].join('\n');
}
