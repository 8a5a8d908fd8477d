import { operatorTool, quoted } from '../operator-tool.ts';

/** The steps that a text may name. */
export type Do =
  | 'nothing'
  | 'wait'
  | 'status'
  | 'audit'
  | 'changes'
  | 'rotate'
  | 'recover'
  | 'store'
  | 'store-username'
  | 'store-key'
  | 'open'
  | 'trial'
  | 'unlocked'
  | 'adopt'
  | 'repair'
  | 'shorten'
  | 'settle-holder'
  | 'release'
  | 'rotate-held'
  | 'resume'
  | 'restart-apps'
  | 'contract'
  | 'test-alarm'
  | 'access-log'
  | 'deploy';

/** A step of a situation. `when`: its condition or purpose in this situation, before the words of the step. */
export type Step = { do: Do; when?: string };

/** A log-in over REST may be refused for its key; the code for that is not published. */
export const OTHER_ACCOUNT: Step = {
  do: 'store-key',
  when: 'Over REST, if the key is of another account:',
};

/** The facts of one credential in a text. */
export type Place = {
  /** As an option of a command: `--secret 'arn:…'`. */
  secret: string;
  /** The secret of the credential that holds this one's rotation. @default `secret` */
  holder?: string;
  username: string;
  /** How to reach M2M Support. */
  support: string;
  /** The end of a wait, ISO 8601. */
  until: string;
};

export const WORDS: Record<Do, string> = {
  nothing: 'No action is needed.',
  wait: 'Wait until {until}, then look again.',
  status: 'See where the credential stands; the last errors are at the end.',
  audit: 'See each log-in attempt and its actor.',
  changes: 'See who changed the secret, and when.',
  rotate: 'Start a rotation, or continue the one that is not over, and watch it.',
  recover: 'Make the function finish the pending work now. It starts no new rotation.',
  store:
    'Store the working password: the tool asks for it without showing it, keeps every other member, and offers the ' +
    'log-in that proves it. (Or in the AWS console: "Retrieve secret value", "Edit", change only "password".) If you do ' +
    'not have it, first phone Verizon ThingSpace M2M Support ({support}): "API username {username}, Wireless Network ' +
    'Services / Connectivity Management. Is it locked? Please unlock it and reset its password." Write the new password ' +
    'only into the secret.',
  'store-username':
    'If the change was a mistake, put the old username back, in its old spelling; the tool also asks for its password. (If ' +
    'the password was not edited, in the AWS console: change only "username".)',
  'store-key':
    'Store the application’s key and secret, as ThingSpace’s portal shows them (Key Management). The tool asks for both, and ' +
    'keeps the password.',
  open:
    'Store the password of the sealed answer; you need kms:Decrypt on its key, and no phone call. If the tool finds no ' +
    'password in the answer, open it into a file and look.',
  trial:
    'If you are sure that AWSCURRENT is right, log in with it once, from the share of the operators. A success clears the ' +
    'count.',
  unlocked:
    'Phone Verizon ThingSpace M2M Support ({support}): have "API username {username}" unlocked and its password ' +
    'reset. Store the password, then report when they unlocked the username; the count starts from zero.',
  adopt: 'Let this secret rotate the username from now on.',
  repair: 'Repair the fault that the last error names, and look again; `doctor` names other obstacles.',
  shorten:
    'If the secret has no room: shorten members other than "password" by as many bytes as the error says, or move them ' +
    'to a secret of their own.',
  'settle-holder': 'Look at the credential that it waits for, and resolve that one.',
  release: 'If the cause cannot affect this credential, override the hold, for this once. It asks first.',
  'rotate-held': 'Start the held rotations, one after another; it stops at the first that fails.',
  resume: 'If a rotation must begin before that, end the pause or open the calendar for a day.',
  'restart-apps': 'Restart apps that do not read the secret again by themselves.',
  contract: 'Compare the configuration with the live contract; the command makes no log-in.',
  'test-alarm': 'Publish a test message, and ask each receiver.',
  'access-log': 'List the requests, their callers, and their outcomes.',
  deploy: 'Correct the configuration, and deploy again.',
};

/** The words of a step in an error's text, where those of a message are too long for one line of a log. */
const BRIEF: Partial<Record<Do, string>> = {
  store: 'Store a working password; if nobody has it, have M2M Support reset it.',
  'store-username': 'If the change was a mistake, put the old username back.',
  open: 'Store the password of the sealed answer; if the tool finds none in it, open it into a file and look.',
  recover: 'Make the function finish the pending work.',
  trial: 'If AWSCURRENT is right, log in with it once.',
  unlocked: 'Have M2M Support unlock the username, then report it.',
};

/** `{secret}` is the whole option. */
const COMMANDS: Partial<Record<Do, readonly string[]>> = {
  status: ['status {secret}'],
  audit: ['audit {secret}'],
  changes: ['changes {secret}'],
  rotate: ['rotate {secret}'],
  recover: ['recover {secret}'],
  store: ['store {secret}'],
  'store-username': ['store --set-username "$OLD_USERNAME" {secret}'],
  'store-key': ['store --api-key {secret}'],
  open: ['store --from-sealed {secret}', 'open {secret} --username {quoted} --out "$HOME/answer"'],
  trial: ['trial {secret}'],
  unlocked: ['unlocked {secret} --at "$UNLOCKED_AT"   # when they did: 2026-01-05T03:10:00Z'],
  adopt: ['adopt {secret}'],
  repair: ['doctor {secret}'],
  'settle-holder': ['status {holder}'],
  release: ['release {secret}'],
  'rotate-held': ['rotate --held {secret}'],
  resume: ['resume {secret}'],
  contract: ['contract'],
  'test-alarm': ['test-alarm {secret}'],
  'access-log': ['access-log {secret}'],
};

/** The words of a step, as one paragraph. */
export const stepWords = ({ do: what, when }: Step, place: Place): string =>
  filled([...(when === undefined ? [] : [when]), WORDS[what]].join(' '), place);

/** The commands of a step; the first is the usual one. */
export const stepCommands = ({ do: what }: Step, place: Place): string[] =>
  (COMMANDS[what] ?? []).map((command) => `${operatorTool()} ${filled(command, place)}`);

const TO_DO = ' To do: 1. ';

/**
 * The end of an error's text: the steps of its situation, on one line. A command says enough beside a whole sentence of
 * the situation.
 */
export function toDo(
  todo: readonly Step[],
  {
    secretArn,
    holderArn = secretArn,
    username = '',
  }: { secretArn: string; holderArn?: string; username?: string },
): string {
  const [secret, holder] = [secretArn, holderArn].map((arn) => `--secret ${quoted(arn)}`) as [string, string];
  const place: Place = { secret, holder, username, support: '', until: 'the time that `status` gives' };
  const steps = todo.map((step) => {
    const { when = '' } = step;
    const commands = stepCommands(step, place).map((command) => `\`${command}\``);
    const words = when.endsWith('.') && commands.length > 0 ? '' : (BRIEF[step.do] ?? WORDS[step.do]);
    return [when, filled(words, place), ...commands].filter((part) => part !== '').join(' ');
  });
  return `To do: ${steps.map((step, index) => `${index + 1}. ${step}`).join(' ')}`;
}

/** Returns an error's text without its steps, for a reader who is shown the steps beside it. */
export const withoutSteps = (text: string): string => text.split(TO_DO, 1)[0] as string;

/** Returns the steps that are left without some. */
export const without = (todo: readonly Step[], ...left: Do[]): Step[] =>
  todo.filter((step) => !left.includes(step.do));

function filled(text: string, place: Place): string {
  const { secret, holder = secret, username, support, until } = place;
  const facts: Record<string, string> = {
    secret,
    holder,
    username,
    support,
    until,
    quoted: quoted(username),
  };
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole);
}
