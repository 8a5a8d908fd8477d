import type { AlarmEvent, FailedLogIn, Trouble } from './event.ts';

/**
 * `critical`: the credential does not work or the automation has stopped; somebody acts now.
 * `warning`: something went wrong that heals by itself or that an app's owner must repair; look today.
 * `info`: nothing to do.
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
      return 'warning';
    case 'standing-trouble':
      // The ledger may hold one that a later release has named.
      return troubleSeverity[event.trouble] ?? 'critical';
    case 'password-rotated':
    case 'kept-aside':
    case 'trouble-over':
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
 * The rotation presents what the secret holds now; an app may present a cached, older password. A probe asks
 * which of several passwords is live: its refusal is expected, and what follows is an event of its own.
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
