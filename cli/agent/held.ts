import type { SessionHolder } from '../../lambda/session/session.ts';
import {
  answerToFailure,
  type SessionAnswer,
  type SessionPlace,
} from '../../lambda/session/session-document.ts';

/** A credential's session, as the agent hands it out. */
export type Held = {
  place: SessionPlace;
  holder: Pick<SessionHolder, 'handOut' | 'gone' | 'bearerRefused'>;
  /** The fleet's item keeps log-ins apart: a session that is gone is dropped without a wait in this process. */
  shared: boolean;
};

/** Returns the words of an answer that is an error: those of an unforeseen error's own text may quote a secret. */
export const errorWords = ({ body }: SessionAnswer): string => JSON.parse(body).error.message;

export const failureWords = (failure: unknown): string => errorWords(answerToFailure(failure, Date.now()));
