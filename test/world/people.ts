import { FIRST_PASSWORD, secretValue, USERNAME, type World } from './world.ts';

/** An act of an operator or support at any moment (docs/design.md, "What people do"), and the acts that follow unasked. */
export type Act = {
  name: string;
  act: (world: World) => void;
  /** The act that follows an hour later, unasked. */
  later?: (world: World) => void;
  /** A text that the operator has put into the secret and that must survive. */
  keeps?: string;
  /** Failed log-ins that it may cost at most, where the design says so. */
  mostFailures?: number;
};

const currentText = (world: World): string => world.aws.currentValue() ?? '';
const memberEdited = (text: string): string => text.replace('"emea"', '"edited by a person"');
const withUsername = (text: string, username: string): string =>
  text.replace(/"username":"[^"]*"/, `"username":"${username}"`);

/** Another member that fills the value to so many bytes; without its last notes. */
function withNotes(text: string, bytes: number): string {
  const { notes: _, ...members } = JSON.parse(text);
  const value = (notes: string) => JSON.stringify({ ...members, notes });
  return value('x'.repeat(bytes - Buffer.byteLength(value(''))));
}

/** Values that they store in the secret. */
export const EDITS: readonly Act[] = [
  {
    name: 'edits another member',
    act: (world) => void world.aws.store(memberEdited(currentText(world))),
    keeps: 'edited by a person',
    mostFailures: 1,
  },
  {
    name: 'saves a stale editor with an old password and an edited member',
    act: (world) => void world.aws.store(memberEdited(secretValue(FIRST_PASSWORD))),
    keeps: 'edited by a person',
    mostFailures: 1,
  },
  { name: 'stores a wrong password', act: (world) => void world.storeByHand('Mistyped 1') },
  { name: 'stores a value that is not JSON', act: (world) => void world.aws.store('password: Mistyped') },
  { name: 'stores SecretBinary', act: (world) => void world.aws.storeBinary() },
  {
    name: 'edits another member and leaves a line break behind the username',
    act: (world) => {
      const text = memberEdited(currentText(world));
      world.aws.store(withUsername(text, `${USERNAME}\\n`));
    },
    keeps: 'edited by a person',
    mostFailures: 1,
  },
  {
    name: 'fills the secret to 64 KB',
    act: (world) => void world.aws.store(withNotes(currentText(world), 65_536)),
    mostFailures: 1,
  },
  {
    name: 'writes the username in capitals',
    act: (world) => void world.aws.store(withUsername(currentText(world), USERNAME.toUpperCase())),
    mostFailures: 1,
  },
  {
    name: 'changes the username to another one',
    act: (world) => void world.aws.store(withUsername(currentText(world), 'Somebody-Else')),
  },
];

/** Acts beside the secret's value. */
export const OPERATIONS: readonly Act[] = [
  {
    name: 'has support reset the password and stores it',
    act: (world) => world.restoreByHand('Reset By Support 1'),
  },
  {
    name: 'has support reset the password and stores it an hour later',
    act: (world) => world.platform.support.reset(USERNAME, 'Reset By Support 2'),
    later: (world) => {
      if (world.truth().password === 'Reset By Support 2') world.storeByHand('Reset By Support 2');
    },
  },
  {
    name: 'moves AWSCURRENT back to the version before',
    act: (world) => {
      const previous = world.aws.stages.get('AWSPREVIOUS');
      if (previous !== undefined) world.aws.moveCurrentTo(previous);
    },
  },
  {
    name: 'cancels the rotation, and turns it on again an hour later',
    act: (world) => {
      world.aws.rotation.enabled = false;
    },
    later: (world) => {
      world.aws.rotation.enabled = true;
    },
  },
  {
    name: 'changes the schedule, which adds and removes a test version without a value',
    act: (world) => {
      world.aws.stage('schedule-test-1-000000000000000000');
      world.aws.unstage('schedule-test-1-000000000000000000');
    },
  },
  {
    name: 'changes the schedule, which adds and removes a test version with a copy of the value',
    act: (world) => {
      world.aws.stage('schedule-test-2-000000000000000000', currentText(world));
      world.aws.unstage('schedule-test-2-000000000000000000');
    },
  },
  {
    name: 'presses "rotate" once more',
    act: (world) => void world.aws.rotate('pressed-once-more-0000000000000000'),
  },
];

/** Shortens a member of a secret that is too large, by as many bytes as the message says. */
export function makeRoom(world: World, message: string): boolean {
  const tooMany = /shorten (?:its )?other members by (\d+) bytes/i.exec(message)?.[1];
  const text = currentText(world);
  const bytes = 65_536 - Number(tooMany);
  if (tooMany === undefined || Buffer.byteLength(text) <= bytes) return false;
  world.aws.store(withNotes(text, bytes));
  return true;
}

/**
 * Follows a message to the letter: the last error's, which Secrets Manager and the tool show, is enough
 * to know the operator's act. Returns the act in words.
 */
export async function followAdvice(world: World, message: string): Promise<string> {
  if (makeRoom(world, message)) return 'shortened a member';
  if (/Put the username back/.test(message)) {
    world.aws.store(withUsername(currentText(world), USERNAME));
    return 'put the username back';
  }
  if (/turn it on with/.test(message)) {
    world.aws.rotation.enabled = true;
    return 'turned rotation on';
  }
  if (/npm run cli -- trial/.test(message)) {
    try {
      return `made one trial (${await world.trial()})`;
    } catch (refusal) {
      return followAdvice(world, (refusal as Error).message);
    }
  }
  if (
    /store (the|a) (right|working)|have M2M Support reset|store what is right|store \{"username"|not JSON/i.test(
      message,
    )
  ) {
    world.restoreByHand(`Reset As Advised ${world.truth().passwords.length}`);
    return 'had support reset the password and stored it';
  }
  return 'waited';
}
