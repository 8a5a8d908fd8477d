import { exchangesResume } from './advice/exchanges-held.ts';
import { failedLogIn } from './advice/failed-log-in.ts';
import { guardClosed } from './advice/guard-closed.ts';
import { passwordLost } from './advice/password-lost.ts';
import { passwordUnknown } from './advice/password-unknown.ts';
import { keptAside, putBack } from './advice/put-back.ts';
import { passwordRotated, rolledForward } from './advice/rotated.ts';
import type { Advice } from './advice/shape.ts';
import { standingTrouble, troubleOver } from './advice/standing-trouble.ts';
import { superseded } from './advice/superseded.ts';
import type { AlarmEvent } from './event.ts';
import type { Setting } from './steps.ts';

export function adviceOn(event: AlarmEvent, setting: Setting): Advice {
  switch (event.event) {
    case 'failed-log-in':
      return failedLogIn(event, setting);
    case 'guard-closed':
      return guardClosed(event, setting);
    case 'password-unknown':
      return passwordUnknown(event, setting);
    case 'password-lost':
      return passwordLost(event, setting);
    case 'superseded':
      return superseded(event, setting);
    case 'rolled-forward':
      return rolledForward(event);
    case 'password-rotated':
      return passwordRotated(event);
    case 'put-back':
      return putBack(event);
    case 'kept-aside':
      return keptAside(event);
    case 'standing-trouble':
      return standingTrouble(event, setting);
    case 'trouble-over':
      return troubleOver(event);
    case 'exchanges-resume':
      return exchangesResume(event);
  }
}
