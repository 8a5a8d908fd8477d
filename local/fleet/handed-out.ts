import { randomUUID } from 'node:crypto';
import type { SessionDocument } from '../../lambda/session/session-document.ts';
import { numbered } from './executed.ts';
import { listDevices } from './rest.ts';
import { getDeviceInformation } from './soap.ts';

/** The time that a program waits for a session, as the examples do. */
export const PATIENCE_MS = 30_000;

/** The two requests of a program that is given its session: by the access function, or by an agent. */
export type SessionGiver = {
  session(): Promise<SessionDocument>;
  gone(report: Gone): Promise<unknown>;
};
export type Gone = { generation: number; refused?: 'bearer' };
type Answer = 'done' | 'session' | 'bearer';

/**
 * Makes one request to ThingSpace by the rules of docs/apps.md: it is sent again only when ThingSpace no longer knew the
 * session, or the gateway refused the bearer. @throws Error when it was not answered as it should be
 */
export async function workIn({ session, gone }: SessionGiver): Promise<void> {
  const number = numbered(randomUUID());
  for (const startedAtMs = performance.now(); ; ) {
    const document = await session();
    const answer = await sendOnce(document, number);
    if (answer === 'done') return;
    if (performance.now() - startedAtMs > PATIENCE_MS) throw new Error(`Each new ${answer} was refused`);
    await gone({ generation: document.generation, ...(answer === 'bearer' && { refused: answer }) });
  }
}

async function sendOnce(document: SessionDocument, number: Record<string, string>): Promise<Answer> {
  const { transport, baseUrl, token, headers } = document;
  if (transport === 'rest') return answerOf(await listDevices({ baseUrl }, { ...headers, ...number }));
  const answer = await getDeviceInformation(baseUrl, token, number);
  if (answer.includes('GetDeviceInformationResponse')) return 'done';
  if (!answer.includes('SessionToken.')) throw new Error('ThingSpace answered with another fault');
  return 'session';
}

async function answerOf(listed: Response): Promise<Answer> {
  if (listed.ok) return 'done';
  const { errorCode, fault } = (await listed.json()) as { errorCode?: string; fault?: { code?: unknown } };
  if (listed.status === 401 && /^90090[1-4]$/.test(String(fault?.code))) return 'bearer';
  if (errorCode?.includes('SessionToken.')) return 'session';
  throw new Error(`HTTP ${listed.status}`);
}
