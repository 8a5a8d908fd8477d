import { operatorCommand } from './advice/operator-command.ts';
import type { AlarmEvent } from './event.ts';
import { oneLine } from './legible.ts';

/** One action of an operator: a sentence or two, and the commands to type. */
export type Step = { text: string; commands?: string[] };

/** The settings that the texts need beside the event. */
export type Setting = {
  /** Where the runbook is; `#<event>` is appended. */
  runbookUrl: string;
  /** How to reach ThingSpace M2M Support: the number that the customer's contract names. */
  supportContact: string;
  /** Whether a failed exchange holds the service's other rotations. */
  othersHeld: boolean;
};

export const defaultSetting: Setting = {
  runbookUrl: 'docs/runbook.md',
  // Verizon's public pages name no telephone number: it is configuration.
  supportContact: 'the number is in your Verizon agreement',
  othersHeld: false,
};

/**
 * The step that stores a password. The automation presents a new version once, even if its password is an old one
 * (unlocked, restored).
 */
export function storePassword(event: AlarmEvent, lead: string): Step {
  return {
    text:
      `${lead} The tool asks for it without showing it, keeps every other member, and offers the log-in that proves it. ` +
      `(Or in the AWS console: ${consoleWay(event, 'change only "password", keep every other member')}.)`,
    commands: [operatorCommand('store', event)],
  };
}

/** The step that stores a new version of the secret with one change to AWSCURRENT. */
export function editSecret(event: AlarmEvent, lead: string, change: string): Step {
  return { text: `${lead} In the AWS console: ${consoleWay(event, change)}.` };
}

export function recoverNow(event: AlarmEvent, lead: string): Step {
  return { text: `${lead} It starts no new rotation:`, commands: [operatorCommand('recover', event)] };
}

/** The step that rotates, as "Rotate secret immediately" does in the console. */
export function rotateNow(event: AlarmEvent, lead: string): Step {
  return {
    text: `${lead} It starts a rotation, or goes on with one that is not over, and shows what comes of it:`,
    commands: [operatorCommand('rotate', event)],
  };
}

/** The step that shows the errors of the last day: each says what happened and what to do. */
export function showErrors(event: AlarmEvent, lead: string): Step {
  return { text: `${lead} The last errors stand at the end:`, commands: [operatorCommand('status', event)] };
}

export function showVersions(event: AlarmEvent, lead: string): Step {
  return { text: lead, commands: [operatorCommand('status', event)] };
}

/** Only M2M Support can unlock a username; there is no API for it (thingspace-api.md). */
export function phoneSupport(event: AlarmEvent, setting: Setting, lead: string): Step {
  return {
    text:
      `${lead} Phone Verizon ThingSpace M2M Support (${oneLine(setting.supportContact)}). Say: "API username ` +
      `${oneLine(event.username)}, Wireless Network Services / Connectivity Management. Is it locked? Please ` +
      'unlock it and reset its password." There is no API for this. Write the new password nowhere but into ' +
      'the secret.',
  };
}

function consoleWay({ secretArn }: AlarmEvent, change: string): string {
  const { region, name } = placeOf(secretArn);
  return `Secrets Manager, region ${region}, secret ${name}, "Retrieve secret value", "Edit", ${change}, "Save"`;
}

/** arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters> */
function placeOf(secretArn: string): { region: string; name: string } {
  const [, , , region, , , ...name] = oneLine(secretArn, 2048).split(':');
  return {
    region: region || '(unknown)',
    name: name.join(':').replace(/-[A-Za-z0-9]{6}$/, '') || '(unknown)',
  };
}
