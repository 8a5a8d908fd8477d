import { claimsIn } from './words.ts';

/** Words that promise a credential without an operator: the further history must then end in a rotation. */
const GOES_ON =
  /\b(?:go(?:es)? on|continues?) by (?:itself|themselves)\b|\b(?:goes on|continues) from (?:here|there|the journal)\b|\bRotation goes on as scheduled\b|\bThe next rotation comes as scheduled\b|^No action is needed\b|\brepairs itself\b/i;

/** The sentences of a text that promise so, under no condition. */
export const promisesToGoOn = (text: string): string[] =>
  claimsIn(text).filter((sentence) => GOES_ON.test(sentence));
