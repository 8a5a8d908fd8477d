import { beginPause, resume } from '../../lambda/ledger/pause.ts';
import { type Act as ActOf, EDITS, type Person, SUPPORT, withMember, withNotes } from '../../local/acts.ts';
import { FIRST_PASSWORD, MINUTE_MS, SECRET_ARN, USERNAME, type World } from './world.ts';

/**
 * The driver of the acts in memory; beside the console and the telephone it has Secrets Manager's rotation, the portal, and
 * the tool.
 */
type Operator = Person & Pick<World, 'aws' | 'changeByHand' | 'rest'>;
export type Act = ActOf<Operator>;

const operatorIn = (world: World): Operator => ({
  aws: world.aws,
  rest: world.rest,
  changeByHand: world.changeByHand,
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

const MONTH_MS = 30 * 24 * 60 * MINUTE_MS;

const pauses = async ({ changeByHand }: Operator) =>
  changeByHand((state, now) =>
    beginPause(state, { until: now + MONTH_MS, actor: 'ann', reason: 'a move of the apps' }, now),
  );

const ABOUT = { username: USERNAME, secretArn: SECRET_ARN };

const resumes = async ({ changeByHand }: Operator) =>
  changeByHand((state, now) => resume(state, ABOUT, { by: 'ben' }, now));

/** Acts on the pause of the rotations. */
const PAUSES: readonly Act[] = [
  { name: 'pauses the rotation for a month', act: pauses },
  { name: 'pauses the rotation for a month, and resumes it an hour later', act: pauses, later: resumes },
];

/** Every act that a person does at any moment. */
export const ACTS: readonly Act[] = [...EDITS, ...SUPPORT, ...OPERATIONS, ...PAUSES];

/** An application that an operator makes in the portal in place of the first one. */
const NEXT_APPLICATION = { apiKey: 'made-in-the-portal', apiSecret: 'made:with+it/1', username: USERNAME };

const FOREIGN_APPLICATION = {
  apiKey: 'of-another-account',
  apiSecret: 'its own secret 1',
  username: 'Another',
};

/** The first application, which the secret names at the beginning. */
const firstOf = ({ rest }: Pick<World, 'rest'>) =>
  rest.applications[0] as { apiKey: string; apiSecret: string };

function endFirst({ rest }: Operator): void {
  rest.bearers.setActive(firstOf({ rest }).apiKey, false);
  rest.bearers.revoke(firstOf({ rest }).apiKey);
}
const replaceApplication = (operator: Operator): void => {
  operator.rest.bearers.add(NEXT_APPLICATION);
  endFirst(operator);
};
const withKey = (text: string, { apiKey, apiSecret }: { apiKey: string; apiSecret: string }): string =>
  withMember(withMember(text, 'apiKey', apiKey), 'apiSecret', apiSecret);
const storesKey = async (operator: Operator, key = NEXT_APPLICATION): Promise<void> =>
  operator.storesText(withKey(await operator.reads(), key));

/** Acts on the application's key, which REST alone needs. No wrong password is presented in any of them. */
export const KEY_ACTS: readonly Act[] = [
  {
    name: 'replaces the application in the portal, and stores its key at once',
    async act(operator) {
      replaceApplication(operator);
      await storesKey(operator);
    },
    keeps: NEXT_APPLICATION.apiKey,
    mostFailures: 0,
  },
  {
    name: 'replaces the application in the portal, and stores its key an hour later',
    act: async (operator) => replaceApplication(operator),
    later: async (operator) => storesKey(operator),
    keeps: NEXT_APPLICATION.apiKey,
    mostFailures: 0,
  },
  {
    name: 'mistypes the secret of the application',
    act: async (operator) =>
      operator.storesText(withMember(await operator.reads(), 'apiSecret', 'Mistyped Secret 1')),
    mostFailures: 0,
  },
  {
    name: 'deactivates the key, and activates it an hour later',
    act: async (operator) => endFirst(operator),
    later: async ({ rest }) => rest.bearers.setActive(firstOf({ rest }).apiKey, true),
    mostFailures: 0,
  },
  {
    name: 'runs another program that revokes the bearer',
    act: async ({ rest }) => rest.bearers.revoke(firstOf({ rest }).apiKey),
    mostFailures: 0,
  },
  {
    name: 'stores the key of another account',
    async act(operator) {
      operator.rest.bearers.add(FOREIGN_APPLICATION);
      await storesKey(operator, FOREIGN_APPLICATION);
    },
    mostFailures: 2,
  },
];

/** Stores the key that the portal shows as active, unless the secret holds it. */
function storeActiveKey(world: World): boolean {
  const active = [NEXT_APPLICATION, firstOf(world)].find(
    ({ apiKey, apiSecret }) => world.rest.bearers.request(apiKey, apiSecret).ok,
  );
  if (active === undefined || currentText(world) === withKey(currentText(world), active)) return false;
  world.aws.store(withKey(currentText(world), active));
  return true;
}

/** Support resets the password, and the tool stores it: the key stays as it is, where there is one. */
function restoreKeepingKey(world: World, password: string): void {
  const text = currentText(world);
  world.platform.support.reset(USERNAME, password);
  world.aws.store(JSON.stringify({ ...JSON.parse(world.valueWith(password)), ...keyAmong(text) }));
}

function keyAmong(text: string): { apiKey?: string; apiSecret?: string } {
  try {
    const { apiKey, apiSecret } = JSON.parse(text);
    return apiKey && apiSecret ? { apiKey, apiSecret } : {};
  } catch {
    return {};
  }
}

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
  if (names('resume')) {
    await resumes(operatorIn(world));
    return 'ended the pause';
  }
  if (/turn the rotation on/.test(message)) {
    world.aws.rotation.enabled = true;
    return 'turned rotation on';
  }
  if (names('store --api-key') && storeActiveKey(world)) return 'stored the key of the application';
  if (names('trial')) {
    try {
      return `made one trial (${await world.trial()})`;
    } catch (refusal) {
      return followAdvice(world, (refusal as Error).message);
    }
  }
  if (/Wait until/.test(message)) return 'waited';
  if (names('store --secret') || /store the right|store \{"username"|not JSON/i.test(message)) {
    restoreKeepingKey(world, `Reset As Advised ${world.truth().passwords.length}`);
    return 'had support reset the password and stored it';
  }
  return 'waited';
}
