import type { Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { sendOnce } from '../../lambda/thingspace/http-call.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { FLAWED_HEADS, flawedHead, type HeadFlaw } from '../../local/gateway/flawed-head.ts';
import { onceRead } from '../../local/http.ts';
import { selfSigned } from '../../local/proxy/self-signed.ts';
import { newPasswordAnswer } from './envelopes.ts';
import { serve, type TestServer } from './servers.ts';

const PASSWORD = 'Ab3$kQ9z';
const BODY = Buffer.from(newPasswordAnswer(PASSWORD));
const flaws = Object.keys(FLAWED_HEADS) as HeadFlaw[];
let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** One call to a server that keeps the connection open: only the document's end can end the answer. */
async function answeredWith(pieces: readonly Buffer[], tls?: ReturnType<typeof selfSigned>) {
  const play = async (socket: Socket) => {
    for (const piece of pieces) {
      socket.write(piece);
      await onceRead();
    }
  };
  server = await serve(play, { tls, inOnePacket: true });
  const url = `http${tls ? 's' : ''}://127.0.0.1:${server.port}/`;
  const call = { method: 'POST', url, headers: {}, body: 'x' } as const;
  return sendOnce(call, { timeoutMs: 20_000 });
}

async function expectPassword(answer: Awaited<ReturnType<typeof answeredWith>>) {
  expect(answer).toMatchObject({ outcome: 'answered' });
  if (answer.outcome !== 'answered') return;
  expect(answer.body.includes(BODY)).toBe(true);
  expect(readNewPassword(answer)).toEqual({ outcome: 'done', value: PASSWORD });
}

describe('a password behind a flawed head is read', () => {
  test.each(flaws)('in one packet with the head: %s', async (flaw) => {
    await expectPassword(await answeredWith([Buffer.concat([flawedHead(flaw, BODY.length), BODY])]));
  });

  test.each(flaws)('when the body comes after the head was read: %s', async (flaw) => {
    await expectPassword(await answeredWith([flawedHead(flaw, BODY.length), BODY]));
  });

  test.each(flaws)('over TLS, in two records: %s', async (flaw) => {
    const pair = selfSigned();
    const before = getCACertificates('default');
    setDefaultCACertificates([pair.cert]);
    try {
      await expectPassword(await answeredWith([flawedHead(flaw, BODY.length), BODY], pair));
    } finally {
      setDefaultCACertificates(before);
    }
  });
});
