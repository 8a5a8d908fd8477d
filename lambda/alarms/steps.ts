import type { AlarmEvent } from './event.ts';
import { oneLine } from './legible.ts';

/** Something a person does: a sentence or two, and what to type. */
export type Step = { text: string; commands?: string[] };

/** What the texts need beside the event. */
export type Setting = {
  /** Where the runbook is; `#<event>` is appended. */
  runbookUrl: string;
  /** How to reach ThingSpace M2M Support: the number that the customer's contract names. */
  supportContact: string;
};

export const defaultSetting: Setting = {
  runbookUrl: 'docs/runbook.md',
  // Verizon's public pages name no telephone number: it is configuration.
  supportContact: 'the number is in your Verizon agreement',
};

/** A new version is presented once by us even if its password is an old one (unlocked, restored). */
export function storePassword(event: AlarmEvent, lead: string): Step {
  return editSecret(event, lead, 'change only "password", keep every other member');
}

/** Stores a new version of the secret that differs from AWSCURRENT in one thing. */
export function editSecret(event: AlarmEvent, lead: string, change: string): Step {
  const { region, name } = placeOf(event.secretArn);
  return {
    text:
      `${lead} In the AWS console: Secrets Manager, region ${region}, secret ${name}, "Retrieve secret ` +
      `value", "Edit", ${change}, "Save". Or in a shell, where the password never stands on a ` +
      'command line:',
    commands: [
      'umask 077; f=$(mktemp)',
      `aws secretsmanager get-secret-value ${secretOptions(event)} --query SecretString --output text > "$f"`,
      `vi "$f"   # ${change}`,
      `aws secretsmanager put-secret-value ${secretOptions(event)} --secret-string "file://$f"`,
      'rm -f "$f"',
    ],
  };
}

export function recoverNow(event: AlarmEvent, lead: string): Step {
  const payload = shellWord(JSON.stringify({ Recover: oneLine(event.secretArn, 2048) }));
  return {
    text: `${lead} It starts no new rotation:`,
    commands: [
      functionOf(event),
      `aws lambda invoke --region ${shellWord(placeOf(event.secretArn).region)} --function-name "$fn" ` +
        `--cli-binary-format raw-in-base64-out --payload ${payload} /dev/stdout`,
    ],
  };
}

/** What "Rotate secret immediately" does in the console. */
export function rotateNow(event: AlarmEvent, lead: string): Step {
  return {
    text:
      `${lead} Press "Rotate secret immediately" in the console, once, or in a shell (an answer that a previous ` +
      'rotation is not complete is no error: AWS goes on with that one):',
    commands: [`aws secretsmanager rotate-secret ${secretOptions(event)}`],
  };
}

/** The errors of the last day: each says what happened and what to do. */
export function showErrors(event: AlarmEvent, lead: string): Step {
  const region = shellWord(placeOf(event.secretArn).region);
  return {
    text: lead,
    commands: [
      functionOf(event),
      `group=$(aws lambda get-function-configuration --region ${region} --function-name "$fn" --query LoggingConfig.LogGroup --output text)`,
      `aws logs filter-log-events --region ${region} --log-group-name "$group" --filter-pattern '"errorName"' ` +
        '--start-time "$(( ($(date +%s) - 86400) * 1000 ))" --query "events[].message" --output text',
    ],
  };
}

export function showVersions(event: AlarmEvent, lead: string): Step {
  return {
    text: lead,
    commands: [
      `aws secretsmanager list-secret-version-ids ${secretOptions(event)} ` +
        '--query "Versions[].[VersionId,CreatedDate,VersionStages]" --output json',
    ],
  };
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

const functionOf = (event: AlarmEvent): string =>
  `fn=$(aws secretsmanager describe-secret ${secretOptions(event)} --query RotationLambdaARN --output text)`;

function secretOptions(event: AlarmEvent): string {
  const { region } = placeOf(event.secretArn);
  return `--region ${shellWord(region)} --secret-id ${shellWord(oneLine(event.secretArn, 2048))}`;
}

/** arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters> */
function placeOf(secretArn: string): { region: string; name: string } {
  const [, , , region, , , ...name] = oneLine(secretArn, 2048).split(':');
  return {
    region: region || '(unknown)',
    name: name.join(':').replace(/-[A-Za-z0-9]{6}$/, '') || '(unknown)',
  };
}

function shellWord(text: string): string {
  return /^[\w.:/=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
