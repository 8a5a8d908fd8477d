import { describe, expect, it } from 'vitest';
import { NotConfirmedError, TargetError } from '../../cli/errors.ts';
import { exitCodeOf, lineOf } from '../../cli/failure.ts';
import { trial } from '../../cli/trial.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import type { ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import { BearerError } from '../../lambda/thingspace/rest/bearer-error.ts';
import { SECRET_ARN, USERNAME } from '../world/world.ts';
import { startDesk } from './desk.ts';

const options = { secret: SECRET_ARN, actor: 'ann' };

async function withFailures(failed: number, terminalOptions = {}) {
  const started = startDesk(terminalOptions);
  await started.desk.ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
    state.failed = failed;
    state.secretArn = SECRET_ARN;
  });
  return started;
}

describe('The command trial', () => {
  it('logs in beyond the automation’s budget, names the cost before, and clears the ledger', async () => {
    const { world, desk, terminal } = await withFailures(3);
    await trial(desk, options);
    expect(world.state()).toMatchObject({ failed: 0, inFlight: {} });
    expect(terminal.said.join('\n')).toContain(
      '3 of 5 consecutive failures are counted. If this fails it is 4',
    );
    expect(terminal.said.join('\n')).toContain('0 of 5 are counted now.');
    expect(world.platform.events.map(({ kind }) => kind)).toEqual(['logged-in', 'logged-out']);
    expect(world.aws.audit).toMatchObject([{ actor: 'ann', purpose: 'trial', outcome: 'success' }]);
  });

  it('finds the secret through the ledger when only the username is named', async () => {
    const { world, desk } = await withFailures(3);
    await trial(desk, { username: USERNAME, actor: 'ann' });
    expect(world.state().failed).toBe(0);
  });

  it('counts and announces a refusal, and never shows the password', async () => {
    const { world, desk, terminal } = await withFailures(1);
    world.storeByHand('Not-The-Password-7');
    const failure = await trial(desk, options).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'TrialFailedError' });
    expect((failure as Error).message).toContain('2 of 5 are counted now');
    expect(world.aws.published).toMatchObject([{ event: 'failed-log-in', purpose: 'trial', actor: 'ann' }]);
    expect([...terminal.said, String(failure)].join()).not.toContain('Not-The-Password-7');
  });

  it.each([
    ['took the password', 'First&Password 1'],
    ['refused it', 'Not-The-Password-7'],
  ])('says that a log-in was sent when its record fails: ThingSpace %s', async (answered, password) => {
    const { world, desk } = await withFailures(1);
    world.storeByHand(password);
    const denied = new AwsCallError('dynamodb:PutItem', { name: 'ThrottlingException' });
    const ledger = { ...desk.ledger, settle: () => Promise.reject(denied) };
    const failure: Error = await trial({ ...desk, ledger }, options).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(failure).toMatchObject({ name: 'TrialFailedError' });
    expect(lineOf(failure)).toMatch(
      `The log-in was sent, and ThingSpace ${answered}, but the ledger could not`,
    );
    expect(lineOf(failure)).toContain('Do not try again before `status` counts it');
    expect(exitCodeOf(failure)).toBe(1);
    // No session stays open.
    expect(world.platform.events.map(({ kind }) => kind)).toEqual(
      answered === 'refused it' ? ['refused'] : ['logged-in', 'logged-out'],
    );
  });

  it('denies the log-in that could lock the username, before any question', async () => {
    const { world, desk, terminal } = await withFailures(4);
    await expect(trial(desk, options)).rejects.toThrow(BudgetSpentError);
    expect(terminal.asked).toEqual([]);
    expect(world.truth().logIns).toBe(0);
  });

  it('sends no log-in for a username with another spelling that counts apart', async () => {
    const { world, desk } = startDesk();
    world.aws.store(JSON.stringify({ username: 'Fleet-Api\u00a0', password: 'Mistyped 1' }));
    await expect(trial(desk, options)).rejects.toThrow(/character 10 of 10 is a no-break space/);
    expect(world.truth().logIns).toBe(0);
  });

  it('reports a final blank of the password before its question', async () => {
    const { world, desk, terminal } = await withFailures(1, { answer: 'no' });
    world.storeByHand('Not-The-Password-7 ');
    await expect(trial(desk, options)).rejects.toThrow(NotConfirmedError);
    expect(terminal.said.join('\n')).toContain('The stored password ends in a blank');
  });

  it('sends no log-in when the secret was changed during the question', async () => {
    const { world, desk, terminal } = await withFailures(1);
    const asking = {
      ...terminal,
      confirm: async () => (world.storeByHand('Another-1') === '' ? 'no' : 'yes'),
    } as const;
    await expect(trial({ ...desk, terminal: asking }, options)).rejects.toThrow(TargetError);
    expect(world.truth().logIns).toBe(0);
  });

  it('logs out before any other call that may fail', async () => {
    const { world, desk, terminal } = await withFailures(1);
    world.plan.decide = ({ name }) => {
      const loggedIn = world.platform.events.some(({ kind }) => kind === 'logged-in');
      const settled = world.state().failed === 0;
      return loggedIn && settled && name === 'GetItem' ? 'failed-before' : 'ok';
    };
    await trial(desk, options);
    expect(terminal.said.join('\n')).toMatch(/It works: .* The count could not be read again\./);
    expect(world.platform.events.map(({ kind }) => kind)).toEqual(['logged-in', 'logged-out']);
  });

  it('does not report a log-out that failed', async () => {
    const { world, desk, terminal } = await withFailures(1);
    world.plan.decide = ({ name }) => (name === 'LogOut' ? 'failed-before' : 'ok');
    await trial(desk, options);
    expect(terminal.said.join('\n')).toContain('it could not be logged out and ends by itself');
  });

  it('keeps its row in the ledger item, and reports it, when the audit trail cannot be written', async () => {
    const { world, desk } = await withFailures(1);
    world.plan.decide = ({ name }) => (name === 'BatchWriteItem' ? 'failed-before' : 'ok');
    await trial(desk, options);
    expect(world.state().auditRows).toMatchObject([{ actor: 'ann', purpose: 'trial' }]);
    expect(world.told.join('\n')).toContain('Audit rows could not be written');
  });
});

describe('The command trial over REST', () => {
  const KEY = { apiKey: 'Example-Key-1', apiSecret: 'Example-Secret-1' };
  const over = (api: Partial<ThingSpaceApi>) => {
    const started = startDesk();
    const { world, desk } = started;
    world.aws.store(JSON.stringify({ ...JSON.parse(world.aws.currentValue() ?? ''), ...KEY }));
    return { ...started, desk: { ...desk, api: { ...desk.api, ...api } } };
  };

  it('reserves no log-in while there is no bearer', async () => {
    const cause = new BearerError('wrong-key', 401);
    const { world, desk } = over({ prepare: async () => ({ outcome: 'never-sent', cause }) });
    await expect(trial(desk, options)).rejects.toThrow(
      /^No log-in was sent\. 0 of 5 are counted now\. The token service does not accept/,
    );
    expect(world.truth().logIns).toBe(0);
    expect(world.aws.audit).toEqual([]);
  });

  it('logs in and out with the key of the version whose password it presents', async () => {
    const seen: object[] = [];
    const { desk } = over({
      prepare: async ({ apiKey, apiSecret }) => {
        seen.push({ apiKey, apiSecret });
        return { outcome: 'done' };
      },
      logIn: async ({ apiKey, apiSecret }) => {
        seen.push({ apiKey, apiSecret });
        return { outcome: 'done', value: 'token-1' };
      },
      logOut: async (session) => {
        seen.push(session);
        return { outcome: 'done', value: undefined };
      },
    });
    await trial(desk, options);
    expect(seen).toEqual([KEY, KEY, { ...KEY, token: 'token-1' }]);
  });

  it('does not call the password wrong for a refusal by the gateway', async () => {
    const { desk } = over({ logIn: async () => ({ outcome: 'refused', code: 'Gateway.900908' }) });
    const failure = await trial(desk, options).catch((error: Error) => error.message);
    expect(failure).toMatch(
      /key is not subscribed.*1 of 5 are counted now.*The password may be right.*`doctor`/,
    );
    expect(failure).not.toContain('Do not try again');
  });

  it('names the missing bearer, and not the network, when it ended before the log-in', async () => {
    const cause = new BearerError('near-its-end');
    const { desk } = over({ logIn: async () => ({ outcome: 'never-sent', cause }) });
    await expect(trial(desk, options)).rejects.toThrow(
      /^No log-in was sent\. 0 of 5 are counted now\. The bearer/,
    );
  });
});
