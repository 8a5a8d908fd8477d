import { KMSClient } from '@aws-sdk/client-kms';
import { kmsSealer } from '../../lambda/sealing/data-key.ts';
import { openPassword } from '../../lambda/sealing/open-answer.ts';
import { answerIn } from '../../lambda/sealing/sealed-log.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { clientAt } from '../aws/client.ts';
import { falsehoods } from '../judge/falsehoods.ts';
import type { Answer, Moment } from '../judge/moment.ts';
import { type Said, saidBy } from '../judge/words.ts';
import type { PlatformApi } from '../thingspace/platform.ts';
import { oddAnswer } from '../thingspace/rest/odd-answers.ts';
import type { World } from '../world.ts';
import { provesNothingExecuted } from './odd-fates.ts';

/** The truth as far as it can be seen at once; what is sealed is opened afterwards. */
type Glance = Omit<Moment, 'sealed' | 'sealedAnswers' | 'openAnswer' | 'exposure'> & {
  lines: readonly string[];
  items: Promise<Record<string, unknown>[]>;
};
type Saying = { said: Said; glances: Glance[] };

/** Reads what the function publishes, and what its invocations fail with, and compares it with the truth. */
export interface Sayings {
  /** A party outside the function is about to act. */
  beforeAct(): void;
  /** The false claims since the last look. */
  falsehoods(): Promise<string[]>;
}

export function listen(world: World): Sayings {
  const { gateway, conductor, aws, functionRuns } = world;
  const answers = watchAnswers(world);
  const sayings: Saying[] = [];
  let began = 0;
  /** Moments right before a party outside the function acted, in this invocation or since the last answer. */
  let acts: { answers: number; glance: Glance }[] = [];

  const look = () => glanceAt(world, answers, began);
  const hear = (said: Said) =>
    void sayings.push({ said, glances: [look(), ...acts.map(({ glance }) => glance)] });

  gateway.subscribe(({ operation }, phase) => {
    const published = aws.sns.published.at(-1)?.byProtocol;
    if (phase !== 'end' || operation !== 'Publish' || !functionRuns() || !published) return;
    const { email = '', sms = '', default: json = '{}' } = published;
    hear(saidBy({ email, sms, json }));
  });
  conductor.subscribe((event) => {
    if (event.kind === 'step-start') {
      began = answers.given.length;
      acts = acts.filter((act) => act.answers === answers.given.length);
    }
    if (event.kind !== 'step-end' || event.result.ok) return;
    const { errorType, errorMessage } = event.result.error;
    hear({ by: errorType, text: errorMessage, facts: {} });
  });

  return {
    beforeAct: () => void acts.push({ answers: answers.given.length, glance: look() }),
    async falsehoods() {
      const found: string[] = [];
      for (const { said, glances } of sayings.splice(0)) {
        const moments = await Promise.all(glances.map((glance) => momentOf(world, glance)));
        found.push(...falsehoods(said, moments));
      }
      return found;
    },
  };
}

/** Every answer of ThingSpace to a password, and every password that an exchange has made. */
function watchAnswers({ platform, clock, gateway, username }: World) {
  const given: Answer[] = [];
  const made: string[] = [];
  // An error that a gateway has written in ThingSpace's place is its answer, as far as anybody can see.
  gateway.subscribe(({ operation, fate, errorName = '' }, phase) => {
    const isOdd = phase === 'end' && (fate === 'odd-before' || fate === 'odd-after');
    const odd = isOdd ? oddAnswer(errorName) : undefined;
    if (odd?.shape === undefined) return;
    if (operation !== 'LogIn' && operation !== 'GetNewPassword') return;
    const isReplaced = operation === 'GetNewPassword' && fate === 'odd-after';
    const password = platform.truth(username).passwords.at(isReplaced ? -2 : -1) ?? '';
    const byGateway = provesNothingExecuted(odd);
    given.push({ atMs: clock.nowMs(), operation, password, accepted: false, byGateway });
  });
  const watched = ({ logIn, getNewPassword, ...others }: PlatformApi): PlatformApi => ({
    ...others,
    logIn(username, password) {
      const verdict = logIn(username, password);
      given.push({ atMs: clock.nowMs(), operation: 'LogIn', password, accepted: verdict.ok });
      return verdict;
    },
    getNewPassword(token, password) {
      const verdict = getNewPassword(token, password);
      given.push({ atMs: clock.nowMs(), operation: 'GetNewPassword', password, accepted: verdict.ok });
      if (verdict.ok) made.push(verdict.value);
      return verdict;
    },
  });
  const { logIn, getNewPassword, logOut, use, through } = platform;
  Object.assign(platform, watched({ logIn, getNewPassword, logOut, use }));
  // Each request over REST goes through a door of its own.
  platform.through = (door) => watched(through(door));
  return { given, made };
}

function glanceAt(world: World, { given, made }: ReturnType<typeof watchAnswers>, began: number): Glance {
  const { platform, username, aws, secretArn, env, logGroupName, tableName } = world;
  const { password: live, locked } = platform.truth(username);
  const stored = aws.secretsManager.versions(secretArn).flatMap(({ id, value }): [string, string][] => {
    const password = passwordIn(value && 'string' in value ? value.string : undefined);
    return password === undefined ? [] : [[id, password]];
  });
  return {
    live,
    locked,
    current: passwordIn(aws.secretsManager.valueAt('AWSCURRENT', secretArn)),
    stored: new Map(stored),
    sealedLate: new Map(),
    made: [...made],
    answers: [...given],
    ofInvocation: given.slice(began).filter(({ byGateway }) => !byGateway),
    rotationBudget: Number(env.ROTATION_BUDGET),
    // A service of one credential.
    held: false,
    lines: aws.logs.lines(logGroupName).slice(),
    items: aws.dynamodb.items(tableName),
  };
}

async function momentOf(world: World, { lines, items, ...seen }: Glance): Promise<Moment> {
  // A failure before the username is known has an item of its own, under the secret's ARN.
  const key = world.username.toLowerCase();
  const state = (await items).find(({ credential, item }) => credential === key && item === 'state') as
    | { failed: number; inFlight: Record<string, unknown>; journal: { envelope?: string } }
    | undefined;
  const { attempts, sealed } = await sealedIn(world, lines);
  return {
    ...seen,
    sealed,
    sealedAnswers: attempts.size,
    openAnswer: state?.journal.envelope !== undefined,
    exposure: state === undefined ? 0 : state.failed + Object.keys(state.inFlight).length,
  };
}

/** The sealed answers in lines of the log, and the passwords that open, by the attempt. */
export async function sealedIn(world: World, lines: readonly string[]) {
  const sealedLines = lines.filter((line) => line.includes('"sealedEnvelope"'));
  const attempts = new Set(sealedLines.map((line) => String(JSON.parse(line).attempt)));
  const sealed = new Map<string, string>();
  for (const attempt of attempts) {
    const password = await opened(world, answerIn(sealedLines, attempt)?.envelopes ?? []);
    if (password !== undefined) sealed.set(attempt, password);
  }
  return { attempts, sealed };
}

/** Past the gateway: the observer's calls are not calls of the function. */
async function opened({ aws }: World, envelopes: readonly string[]): Promise<string | undefined> {
  const client = new KMSClient(clientAt(aws.kms.url));
  try {
    return await openPassword(envelopes, kmsSealer(client, aws.kms.keyArn), readNewPassword);
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

function passwordIn(value: string | undefined): string | undefined {
  try {
    return JSON.parse(value ?? '{}').password;
  } catch {
    return undefined;
  }
}
