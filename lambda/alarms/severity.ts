import type { AlarmEvent, FailedLogIn } from './event.ts';

/**
 * `critical`: the credential does not work or the automation has stopped; somebody acts now.
 * `warning`: something went wrong that heals by itself or that an app's owner must repair; look today.
 * `info`: nothing to do.
 */
export type Severity = 'critical' | 'warning' | 'info';

export function severityOf(event: AlarmEvent): Severity {
  switch (event.event) {
    case 'failed-log-in':
      return event.exposure >= event.limit || storedPasswordRefused(event) ? 'critical' : 'warning';
    case 'guard-closed':
    case 'password-lost':
    case 'superseded':
      return 'critical';
    case 'password-unknown':
    case 'rolled-forward':
      return 'warning';
    case 'password-rotated':
      return 'info';
  }
}

/**
 * The rotation presents what the secret holds now; only a probe presents the password of before an exchange
 * of unknown outcome, and is followed by an event of its own. An app may present a cached, older password.
 */
function storedPasswordRefused(event: FailedLogIn): boolean {
  return event.certainty === 'refused' && event.actor === 'rotation' && event.purpose !== 'probe';
}
