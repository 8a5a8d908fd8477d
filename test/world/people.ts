import { type Act as ActOf, EDITS, type Person, SUPPORT, withMember, withNotes } from '../../local/acts.ts';
import { FIRST_PASSWORD, USERNAME, type World } from './world.ts';

/** The driver of the acts in memory; beside the console and the telephone it has Secrets Manager's rotation. */
type Operator = Person & Pick<World, 'aws'>;
export type Act = ActOf<Operator>;

const operatorIn = (world: World): Operator => ({
  aws: world.aws,
  reads: async () => currentText(world),
  firstText: world.valueWith(FIRST_PASSWORD),
  storesText: async (text) => void world.aws.store(text),
  storesBinary: async () => void world.aws.storeBinary(),
  stores: async (password) => void world.storeByHand(password),
  hasSupportReset: (password) => world.platform.support.reset(USERNAME, password),
  livePassword: () => world.truth().password,
});

const RESET = 'Reset By Support 1';

/** Plays an act in memory, or the one that follows it an hour later. */
export const play = (world: World, { act }: Act): Promise<void> => act(operatorIn(world), RESET);
export const playLater = async (world: World, { later }: Act): Promise<void> =>
  later?.(operatorIn(world), RESET);

const currentText = (world: World): string => world.aws.currentValue() ?? '';

/** Acts on the labels and on Secrets Manager's rotation. */
const OPERATIONS: readonly Act[] = [
  {
    name: 'moves AWSCURRENT back to the version before',
    async act({ aws }) {
      const previous = aws.stages.get('AWSPREVIOUS');
      if (previous !== undefined) aws.moveCurrentTo(previous);
    },
  },
  {
    name: 'cancels the rotation, and turns it on again an hour later',
    async act({ aws }) {
      aws.rotation.enabled = false;
    },
    async later({ aws }) {
      aws.rotation.enabled = true;
    },
  },
  {
    name: 'changes the schedule, which adds and removes a test version without a value',
    async act({ aws }) {
      aws.stage('schedule-test-1-000000000000000000');
      aws.unstage('schedule-test-1-000000000000000000');
    },
  },
  {
    name: 'changes the schedule, which adds and removes a test version with a copy of the value',
    async act({ aws }) {
      aws.stage('schedule-test-2-000000000000000000', aws.currentValue() ?? '');
      aws.unstage('schedule-test-2-000000000000000000');
    },
  },
  {
    name: 'presses "rotate" once more',
    act: async ({ aws }) => void aws.rotate('pressed-once-more-0000000000000000'),
  },
];

/** Every act that a person does at any moment. */
export const ACTS: readonly Act[] = [...EDITS, ...SUPPORT, ...OPERATIONS];

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
  const names = (command: string) => message.includes(`npm run cli -- ${command} `);
  if (makeRoom(world, message)) return 'shortened a member';
  if (names('store --set-username')) {
    world.aws.store(withMember(currentText(world), 'username', USERNAME));
    return 'put the username back';
  }
  if (/turn the rotation on/.test(message)) {
    world.aws.rotation.enabled = true;
    return 'turned rotation on';
  }
  if (names('trial')) {
    try {
      return `made one trial (${await world.trial()})`;
    } catch (refusal) {
      return followAdvice(world, (refusal as Error).message);
    }
  }
  if (/Wait until/.test(message)) return 'waited';
  if (names('store --secret') || /store the right|store \{"username"|not JSON/i.test(message)) {
    world.restoreByHand(`Reset As Advised ${world.truth().passwords.length}`);
    return 'had support reset the password and stored it';
  }
  return 'waited';
}
