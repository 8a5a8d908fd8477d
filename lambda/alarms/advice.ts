import { failedLogIn } from './advice/failed-log-in.ts';
import { guardClosed } from './advice/guard-closed.ts';
import { passwordLost } from './advice/password-lost.ts';
import { passwordUnknown } from './advice/password-unknown.ts';
import { keptAside, putBack } from './advice/put-back.ts';
import { passwordRotated, rolledForward } from './advice/rotated.ts';
import { standingTrouble, troubleOver } from './advice/standing-trouble.ts';
import { superseded } from './advice/superseded.ts';
import type { AlarmEvent } from './event.ts';
import type { Setting, Step } from './steps.ts';

/** What is said about an event, before it is laid out for e-mail, SMS or a machine. */
export type Advice = {
  /** What happened, in a few words without the username; opens subject and SMS. */
  headline: string;
  /** The SMS's second half: the one thing to know. With the headline at most 90 GSM characters. */
  brief: string;
  happened: string[];
  /** What happens next without anybody's help. */
  next: string[];
  /** Empty when nobody must do anything. */
  todo: Step[];
  never: string[];
  /** Details for whoever searches logs: name and value. */
  facts: [name: string, value: string][];
};

export function adviceOn(event: AlarmEvent, setting: Setting): Advice {
  switch (event.event) {
    case 'failed-log-in':
      return failedLogIn(event, setting);
    case 'guard-closed':
      return guardClosed(event, setting);
    case 'password-unknown':
      return passwordUnknown(event);
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
  }
}
