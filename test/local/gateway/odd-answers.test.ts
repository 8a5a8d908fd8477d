import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fate } from '../../../local/faults.ts';
import { type Gateway, startGateway } from '../../../local/gateway/gateway.ts';
import { thingSpace } from '../../../local/gateway/protocols.ts';
import { listen } from '../../../local/http.ts';
import { ODD_ANSWERS, oddAnswer } from '../../../local/thingspace/rest/odd-answers.ts';
import { redirect } from '../../../local/thingspace/rest/odd-values.ts';
import {
  bearerOf,
  codeOf,
  logIn,
  logInRequest,
  logOutRequest,
  membersOf,
  PASSWORD,
  resetRequest,
  type Sent,
  send,
  startWorld,
  tokenRequest,
  USERNAME,
  type World,
} from '../thingspace/rest/raw-rest.ts';

let world: World;
let gateway: Gateway;
let bearer: string;
let session: string;
/** The world as it is reached through the gateway. */
let front: World;

async function start(options: Parameters<typeof startWorld>[1] = {}): Promise<void> {
  world = await startWorld({}, options);
  gateway = startGateway();
  front = { ...world, origin: await gateway.front('thingspace', world.origin, thingSpace) };
  bearer = await bearerOf(world);
  session = await logIn(world);
}
async function stop(): Promise<void> {
  await gateway.close();
  await world.close();
}
beforeEach(() => start());
afterEach(() => stop());

/** One request through the gateway; the fate is that of this call alone. */
async function meet(fate: Fate, sent: Sent) {
  gateway.decide = () => fate;
  const answer = await send(front, sent);
  gateway.decide = () => 'ok';
  return answer;
}
const truth = () => world.platform.truth(USERNAME);

describe('a call of the REST API', () => {
  it('has the name of its twin in SOAP', async () => {
    await send(front, tokenRequest(world.application));
    await send(front, logInRequest(bearer, 'wrong'));
    await send(front, resetRequest(bearer, session));
    await send(front, logOutRequest(bearer, session));
    await send(front, { ...logInRequest(bearer), method: 'PUT' });
    expect(gateway.calls.map(({ operation, errorName }) => [operation, errorName])).toEqual([
      ['GetBearer', undefined],
      ['LogIn', expect.stringMatching(/^\w+Service\.INPUT_INVALID\.Password\.Invalid$/)],
      ['GetNewPassword', undefined],
      ['LogOut', undefined],
      ['PUT /api/m2m/v1/session/login', '900906'],
    ]);
  });
});

describe('a gateway that repeats', () => {
  it('executes the reset twice, and the refusal of the second arrives: the old password is dead', async () => {
    const answer = await meet('repeated', resetRequest(bearer, session));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'INPUT_INVALID.Password.Invalid']);
    expect(truth()).toMatchObject({ getNewPasswords: 2, consecutiveFailures: 1 });
    expect(truth().passwords).toHaveLength(2);
    expect(truth().password).not.toBe(PASSWORD);
  });

  it('has the second refused for its session, where a new password ends sessions', async () => {
    await stop();
    await start({ newPasswordEndsSessions: true });
    const answer = await meet('repeated', resetRequest(bearer, session));
    expect(codeOf(answer)).toBe('INPUT_INVALID.SessionToken.Invalid');
    expect(truth()).toMatchObject({ getNewPasswords: 1, consecutiveFailures: 0 });
    expect(truth().password).not.toBe(PASSWORD);
  });

  it('counts one log-in with a wrong password twice', async () => {
    await meet('repeated', logInRequest(bearer, 'wrong'));
    expect(truth().consecutiveFailures).toBe(2);
    expect(gateway.calls.at(-1)).toMatchObject({ operation: 'LogIn', fate: 'repeated' });
  });
});

describe('an odd answer', () => {
  const closed = ODD_ANSWERS.filter(({ name }) => !/open connection/.test(name));

  it('comes before the effect, at each of the four calls', async () => {
    const calls = [
      tokenRequest(world.application),
      logInRequest(bearer),
      resetRequest(bearer, session),
      logOutRequest(bearer, session),
    ];
    const before = truth();
    for (const [at, odd] of closed.entries()) {
      await meet({ fault: 'odd-before', odd }, calls[at % calls.length] as Sent);
      expect(gateway.calls.at(-1)).toMatchObject({ fate: 'odd-before', errorName: odd.name });
    }
    expect(truth()).toEqual(before);
  });

  it('comes after the effect, with the value of the real answer', async () => {
    const answer = await meet(
      { fault: 'odd-after', odd: oddAnswer('the member twice, another first') },
      resetRequest(bearer, session),
    );
    expect(truth().getNewPasswords).toBe(1);
    expect(answer.text).toBe(`{"newPassword":"Other-1","newPassword":${JSON.stringify(truth().password)}}`);
  });

  it('may be an error, whose fitting status is told from others', async () => {
    const fits = (name: string) => oddAnswer(name).fits;
    expect([fits('B 900901 under 401'), fits('B 900901 under 200')]).toEqual([true, false]);
    const odd = oddAnswer('B 900901 under 200');
    const answer = await meet({ fault: 'odd-after', odd }, logInRequest(bearer));
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"code":"900901"') });
    const xml = await meet(
      { fault: 'odd-before', odd: oddAnswer('F 900901 under 401') },
      logInRequest(bearer),
    );
    expect(xml.text).toMatch(
      /^<ams:fault xmlns:ams="http:\/\/wso2.org\/apimanager\/security"><ams:code>900901</,
    );
    expect(new Set(ODD_ANSWERS.flatMap(({ shape }) => shape ?? []))).toEqual(new Set('ABCDEFG'));
  });

  it('has a name of its own, and holds the value exactly where it fits', () => {
    expect(new Set(ODD_ANSWERS.map(({ name }) => name)).size).toBe(ODD_ANSWERS.length);
    const context = {
      member: 'newPassword',
      value: 'ab"ß😀',
      bearer: 'b',
      apiKey: 'k',
      password: 'p',
      path: '/',
    };
    for (const odd of ODD_ANSWERS.filter(({ shape }) => shape === undefined)) {
      const { status, headers, body } = odd.bytes(context);
      const type = headers['content-type'] ?? 'application/json';
      let read: unknown;
      try {
        read = JSON.parse(body.toString());
      } catch {}
      const found = status === 200 && type === 'application/json' && !headers['content-encoding'];
      const members = Object.entries((read ?? {}) as object);
      const holds =
        found && members.some(([name, value]) => name === 'newPassword' && value === context.value);
      // Duplicates and errors beside the value are all that JSON.parse does not see.
      if (odd.fits !== undefined && !/twice|beside it$/.test(odd.name))
        expect([odd.name, holds]).toEqual([odd.name, odd.fits]);
    }
  });

  it('repeats secrets of the request, and the record of the call does not', async () => {
    const odd = (name: string): Fate => ({ fault: 'odd-before', odd: oddAnswer(name) });
    expect(
      (await meet(odd('A with the password for a code'), logInRequest(bearer, 'Secret1'))).text,
    ).toContain('Secret1');
    expect((await meet(odd('B that repeats the bearer'), logInRequest(bearer))).text).toContain(bearer);
    const { apiKey } = world.application;
    const refused = await meet(odd('D invalid_client under 401'), tokenRequest(world.application));
    expect(membersOf(refused).error_description).toContain(apiKey);
    for (const secret of ['Secret1', bearer, apiKey])
      expect(JSON.stringify(gateway.calls)).not.toContain(secret);
  });

  it('announces no length, and leaves the connection open', async () => {
    gateway.decide = () => ({ fault: 'odd-after', odd: oddAnswer('no length, and an open connection') });
    const { path, headers, body } = resetRequest(bearer, session);
    const lines = Object.entries({ ...headers, 'Content-Length': String(body?.length) });
    const socket = connect(Number(new URL(front.origin).port), '127.0.0.1');
    socket.write(
      `PUT ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n${body}`,
    );
    let text = '';
    for await (const part of socket) {
      text += part;
      if (text.endsWith('}')) break;
    }
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json\r\n\r\n\{"newPassword":/);
    expect(text).toContain(JSON.stringify(truth().password));
  });

  it('sends its caller to another address', async () => {
    const seen: string[] = [];
    const elsewhere: Server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.end();
    });
    const { url, close } = await listen(elsewhere);
    const answer = await meet(
      { fault: 'odd-before', odd: redirect(307, `${url}/x`) },
      resetRequest(bearer, session),
    );
    expect([answer.status, answer.headers.location]).toEqual([307, `${url}/x`]);
    expect([seen, truth().getNewPasswords]).toEqual([[], 0]);
    await close();
  });
});
