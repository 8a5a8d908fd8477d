import type { AlarmEvent, FailedLogIn, Trouble } from './event.ts';

/**
 * `critical`: the credential does not work or the automation has stopped; act now. `warning`: a failure that ends by
 * itself, or that an app's owner must repair; look today. `info`: no action.
 */
export type Severity = 'critical' | 'warning' | 'info';

export function severityOf(event: AlarmEvent): Severity {
  switch (event.event) {
    case 'failed-log-in':
      return failedLogInSeverity(event);
    case 'guard-closed':
    case 'password-lost':
    case 'superseded':
      return 'critical';
    case 'password-unknown':
    case 'rolled-forward':
    case 'put-back':
    case 'exchanges-resume':
    case 'sealed-answer-opened':
    case 'secret-read':
      return 'warning';
    case 'standing-trouble':
      // The ledger may hold a trouble that only a later version knows.
      return troubleSeverity[event.trouble] ?? 'critical';
    case 'password-rotated':
    case 'kept-aside':
    case 'trouble-over':
    case 'pause-over':
    case 'rotation-soon':
      return 'info';
  }
}

const troubleSeverity: Record<Trouble, Severity> = {
  lost: 'critical',
  unknown: 'warning', // the old password may well be good
  superseded: 'critical',
  'guard-closed': 'critical',
  'not-stored': 'critical',
  'unusable-password': 'critical',
  'stored-password-refused': 'critical',
  'username-changed': 'critical',
  'unreadable-envelope': 'warning', // it is kept and passed over
  'rotation-failing': 'critical',
  held: 'warning', // its password is as it was
};

/**
 * Rotation presents the secret's present password; an app may present a cached, older one. A probe finds out which of
 * several passwords works: its refusal is expected, and another event announces the result.
 */
function failedLogInSeverity({
  certainty,
  purpose,
  actor,
  exposure,
  limit,
  replaced,
}: FailedLogIn): Severity {
  if (replaced && exposure < limit) return 'warning';
  if (certainty === 'refused' && purpose === 'probe') return 'warning';
  const storedPasswordRefused = certainty === 'refused' && actor === 'rotation';
  return exposure >= limit || storedPasswordRefused ? 'critical' : 'warning';
}
