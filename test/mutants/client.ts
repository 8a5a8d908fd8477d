import type { Mutant } from './mutants.ts';

const SESSION = 'test/session/session.test.ts';
const CREATE = 'test/session/create-session.test.ts';
const GONE = 'test/session/refused.test.ts';

/** The rules of the library for apps: how it begins, how it ends, and which errors it reads. */
export const clientMutants: Mutant[] = [
  {
    rule: 'warming up does not count as a use of the session',
    file: 'lambda/session/session.ts',
    find: 'await acquireBoth(options, false);',
    replace: 'await acquireBoth(options);',
    noticedBy: SESSION,
  },
  {
    rule: 'closing lets a log-in that is under way end',
    file: 'lambda/session/session.ts',
    find: 'await Promise.allSettled([opening, noting]);',
    replace: '',
    noticedBy: SESSION,
  },
  {
    rule: 'closing ends every wait',
    file: 'lambda/session/session.ts',
    find: 'closing.abort(new SessionClosedError());',
    replace: '',
    noticedBy: SESSION,
  },
  {
    rule: 'a call that ends takes its listeners off the caller’s signal',
    file: 'lambda/session/waiting.ts',
    find: "signal.removeEventListener('abort', end)",
    replace: 'void signal',
    noticedBy: SESSION,
  },
  {
    rule: 'a setting that is not set is named before any call',
    file: 'lambda/session/create-session.ts',
    find: 'requireSettings(settings);',
    replace: '',
    noticedBy: CREATE,
  },
  {
    rule: 'closing leaves the app’s own AWS clients open',
    file: 'lambda/session/aws-clients.ts',
    find: 'for (const client of made) client.destroy();',
    replace: 'for (const client of [...made, ...Object.values(given)]) client.destroy();',
    noticedBy: CREATE,
  },
  {
    rule: 'closing closes the AWS clients that the library made',
    file: 'lambda/session/session.ts',
    find: 'parts.closeClients?.();',
    replace: '',
    noticedBy: CREATE,
  },
  {
    rule: 'an error of another copy of the library is known by its name',
    file: 'lambda/session/refused.ts',
    find: "if (own.name === 'SessionGoneError') return 'session';",
    replace: '',
    noticedBy: GONE,
  },
  {
    rule: 'an answer that the app has read is not read again',
    file: 'lambda/session/refused.ts',
    find: '!answer.bodyUsed && answer.status >= 400',
    replace: 'answer.status >= 400',
    noticedBy: GONE,
  },
];
