import { shortArn } from '../short-arn.ts';
import type { Age, Exception } from './schema.ts';

/** `2026-01-05 03:10:00`: the head of the column says that it is UTC. */
export const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
export const withZone = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
export const number = (value: number): string => value.toLocaleString('en-US');

export function ageInWords(age: Age | undefined): string {
  if (!age || age.known === 'no') return 'not on record';
  if (age.known === 'exactly') return days(age.days);
  if (age.known === 'at least') return `at least ${days(age.atLeastDays)}`;
  return `${age.atLeastDays} to ${days(age.atMostDays)}`;
}
export const days = (count: number): string => `${number(count)} day${count === 1 ? '' : 's'}`;

/** A caller's ARN in short; a name stays. */
export const nameOf = (who: string): string => (who.startsWith('arn:') ? shortArn(who) : who);

export const endOf = ({ to, momentary }: Exception): string =>
  momentary ? '–' : to === undefined ? 'not over' : time(to);

const KINDS: Readonly<Record<string, string>> = {
  paused: 'paused',
  unknown: 'outcome unknown',
  lost: 'password lost',
  superseded: 'superseded',
  'guard-closed': 'log-ins stopped',
  'not-stored': 'not stored',
  'may-be-locked': 'may be locked',
  'over-age': 'over age',
  'may-be-over-age': 'may be over age',
  unlocked: 'unlocked',
  released: 'hold overridden',
  adopted: 'adopted',
  'rolled-forward': 'rolled forward',
  'put-back': 'put back',
  'kept-aside': 'kept aside',
  'rotation-failing': 'rotation failing',
  'stored-password-refused': 'stored password refused',
  held: 'held',
  'exchanges-resume': 'exchanges resume',
  'sealed-answer-opened': 'sealed answer opened',
  'secret-read': 'secret read',
};
export const kindInWords = (kind: string): string => KINDS[kind] ?? kind;
