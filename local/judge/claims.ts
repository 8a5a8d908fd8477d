import type { Trouble } from '../../lambda/alarms/event.ts';
import { isSealed, isSealedLate, isStored, type Moment, works } from './moment.ts';
import type { Said } from './words.ts';

/** A claim that a sentence may make, by its words, and the condition of its truth. A new text with the same words is read too. */
type Claim = {
  name: string;
  says: RegExp;
  isTrue(moment: Moment, sentence: string, said: Said): boolean;
};

/** A text that says so may call lost what lies in a line of the log that no search finds yet. */
const MAY_COME_LATE = /\blog\b[^.]*\b(?:again|late|hours)\b/i;

/** A text that says so does not hide an answer that arrived and could not be read. */
const SAYS_UNREAD = /\banswer\b[^.]*\barrived?\b[^.]*\bcould (?:not )?be read\b/i;

export const CLAIMS: readonly Claim[] = [
  {
    name: 'lost',
    says: /(?<!nothing )\bis lost\b(?! since)|\bpassword lost\b|\bnobody has the new (?:one|password)\b/i,
    isTrue: (moment, _, { text, facts }) =>
      facts.sealedAnswer === true ||
      moment.locked ||
      !(isStored(moment) || isSealed(moment) || (isSealedLate(moment) && !MAY_COME_LATE.test(text))),
  },
  {
    name: 'no copy',
    says: /\bno copy of the new password\b(?! has been found)|\bnever reached us\b|\bdid not reach us\b|^Nothing arrived\b/i,
    isTrue: (moment) => moment.locked || isStored(moment) || !(isSealed(moment) || isSealedLate(moment)),
  },
  {
    name: 'not found',
    says: /\bno (?:copy|sealed answer|answer that holds it)\b(?! that opens).*\b(?:has been found|is known)\b/i,
    isTrue: (moment, _, { text }) =>
      (moment.locked || isStored(moment) || !isSealed(moment)) &&
      (!moment.openAnswer || SAYS_UNREAD.test(text)),
  },
  {
    name: 'not read',
    says: /\bno answer that holds it could be read\b/i,
    isTrue: (moment) => moment.locked || isStored(moment) || !isSealed(moment),
  },
  {
    name: 'did not arrive',
    says: /^(?!If ).*\b(?:its|whose) answer (?:did not arrive|has not been found)\b/i,
    isTrue: ({ openAnswer }) => !openAnswer,
  },
  {
    name: 'nothing is lost',
    says: /\bnothing (?:that was received )?is lost\b|\bis not lost\b/i,
    // The operator who heard support's password has it.
    isTrue: (moment) =>
      isStored(moment) || isSealed(moment) || isSealedLate(moment) || !moment.made.includes(moment.live),
  },
  {
    name: 'refused',
    says: /^(?!.*\b(?:apps?|may|or that a rotation)\b).*(?:\b(?:was|is) refused\b|\blog-in refused\b|\bThingSpace (?:has )?refuse[sd]\b(?! in every))/i,
    isTrue: (moment, sentence, { facts }) => wasRefused(moment, versionOf(sentence, facts)),
  },
  {
    name: 'refuses both',
    says: /\brefuses both\b|\baccepted neither\b|\bneither accepted\b/i,
    isTrue: (moment) => !works(moment) && (moment.locked || !isSealed(moment)),
  },
  {
    name: 'dead',
    says: /^(?!Either ).*(?:\bAWSCURRENT (?:does not work|is dead|holds (?:a dead password|the password that it replaced))|\bholds a password of .* that does not work\b|\bapps cannot log in\b|\bThingSpace refuses that one, which is AWSCURRENT)/i,
    isTrue: (moment) => !works(moment),
  },
  {
    name: 'works',
    says: /^It works\b|\bstored password works\b|\baccepted one log-in with it\b|\bAWSCURRENT works\b|\bis AWSCURRENT again\b|\blive password put back\b/i,
    isTrue: works,
  },
  {
    name: 'over',
    says: /^That is over\b|\bINFO: over: /i,
    isTrue: (moment, _, { facts }) => isOver(moment, facts),
  },
  {
    name: 'locked',
    says: /^(?!.*\b(?:or the username|at \d+)\b).*\busername is (?:probably )?locked\b/i,
    isTrue: ({ locked }) => locked,
  },
  {
    name: 'nothing was sent',
    says: /\bnothing was sent\b|\bno log-in was (?:spent|used)\b|\bno password was presented\b|\bnothing counts\b/i,
    isTrue: ({ ofInvocation }) => ofInvocation.length === 0,
  },
  {
    name: 'no new password was asked for',
    says: /\basked for nothing\b|\bnone was changed\b|\bno new password is asked for\b|\bnothing is begun\b/i,
    isTrue: ({ ofInvocation }) => ofInvocation.every(({ operation }) => operation === 'LogIn'),
  },
  {
    name: 'sealed',
    says: /^(?!Nothing ).*(?:\breceived and sealed\b|\bit is sealed\b|\bwaits sealed\b|\bis sealed in the journal\b)/i,
    isTrue: ({ sealedAnswers }) => sealedAnswers > 0,
  },
  {
    name: 'not stored yet',
    says: /^(?!.*\bis over\b).*(?:\bnot yet in the secret\b|\bcould not be stored\b|\bdid not store it\b|\bnot stored\b)/i,
    isTrue: ({ current, live }) => current !== live,
  },
  {
    name: 'stopped',
    says: /\bpresent no password any more\b|\blog-ins stopped\b|\brotation (?:presents nothing|makes no log-in) until\b/i,
    isTrue: ({ exposure, rotationBudget }) => exposure >= rotationBudget,
  },
];

/** The version that a sentence is about, where it names one. */
function versionOf(sentence: string, facts: Readonly<Record<string, unknown>>): string | undefined {
  const [, named] = /\bversion ([\w-]+)/.exec(sentence) ?? [];
  return named ?? (typeof facts.versionId === 'string' ? facts.versionId : undefined);
}

/** ThingSpace itself has refused the password: one that an exchange replaced is dead, but not refused. */
function wasRefused({ answers, stored, sealed }: Moment, version: string | undefined): boolean {
  const refused = answers.filter(({ accepted }) => !accepted).map(({ password }) => password);
  const password = version === undefined ? undefined : (stored.get(version) ?? sealed.get(version));
  return password === undefined ? refused.length > 0 : refused.includes(password);
}

/** The servers of DynamoDB, by whose clock a trouble begins, disagree by seconds. */
const SKEW_MS = 5_000;

/** A trouble is over by a proof that is younger than its beginning, and AWSCURRENT works. */
function isOver(moment: Moment, { trouble, since }: Readonly<Record<string, unknown>>): boolean {
  const sinceMs = Date.parse(String(since));
  const proven = moment.answers.filter(({ accepted, atMs }) => accepted && atMs >= sinceMs - SKEW_MS);
  const exchanged = proven.some(({ operation }) => operation === 'GetNewPassword');
  switch (trouble as Trouble) {
    case 'rotation-failing':
      return works(moment) && exchanged;
    case 'guard-closed':
      return works(moment) && proven.length > 0 && moment.exposure < moment.rotationBudget;
    case 'unreadable-envelope':
    case 'username-changed':
      return works(moment);
    case 'held':
      return !moment.held;
    default:
      return works(moment) && proven.some(({ password }) => password === moment.live);
  }
}
