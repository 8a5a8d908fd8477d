import { describe, expect, it } from 'vitest';
import type { Account } from '../../cli/account.ts';
import { SettingsDisagreeError, TargetError } from '../../cli/errors.ts';
import { findSettings, givenIn } from '../../cli/settings.ts';
import { trial } from '../../cli/trial.ts';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import { SECRET_ARN, USERNAME } from '../world/world.ts';
import { startDesk } from './desk.ts';

const ENVIRONMENT = {
  LEDGER_TABLE: 'Acme-ledger',
  ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:alarms',
  SEALING_KEY_ID: 'arn:aws:kms:us-east-1:111122223333:key/1',
  THINGSPACE_BASE_URL: 'https://staging.example/api/v2',
  LOCKOUT_LIMIT: '3',
  LOCKOUT_BUDGET: '2',
  ROTATION_BUDGET: '1',
};

const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:acme';

/** Secrets by the function that rotates them, and each function's environment. */
function accountWith(functions: Record<string, Record<string, string>>, denied = false): Account {
  const secrets = Object.keys(functions).map((functionArn, index) => ({
    arn: `${SECRET_ARN}${index}`,
    name: `s${index}`,
    rotationEnabled: true,
    functionArn,
    lastRotatedAt: undefined,
    nextRotationAt: undefined,
    deletedAt: undefined,
  }));
  const refuse = async () => Promise.reject(new Error('denied'));
  const notThere = async () =>
    Promise.reject(new AwsCallError('secretsmanager:DescribeSecret', { name: 'ResourceNotFoundException' }));
  return {
    place: 'region us-east-1, profile prod',
    secret: async (id) => secrets.find(({ arn, name }) => id === arn || id === name) ?? notThere(),
    secrets: async () => secrets,
    function: async (arn) =>
      denied
        ? refuse()
        : {
            arn,
            environment: functions[arn] ?? {},
            logGroup: 'g',
            timeoutSeconds: 900,
            modifiedAt: '',
            state: 'Active',
          },
    rotate: refuse,
    invoke: refuse,
  };
}

const nothing = () => undefined;

describe('The settings', () => {
  it('are those of the function that rotates the secret', async () => {
    const account = accountWith({ [FUNCTION]: ENVIRONMENT });
    const settings = await findSettings({}, { secret: 's0' }, account, nothing);
    expect(settings).toMatchObject({
      table: 'Acme-ledger',
      thingSpace: {
        transport: 'soap',
        baseUrl: 'https://staging.example/api/v2',
        passwordElement: 'OldPassword',
      },
      budgets: { limit: 3, budget: 2, rotation: 1 },
    });
  });

  it('have the function’s own default for each one that it leaves out', async () => {
    const { LOCKOUT_LIMIT, LOCKOUT_BUDGET, ROTATION_BUDGET, ...rest } = ENVIRONMENT;
    const account = accountWith({ [FUNCTION]: rest });
    const { budgets } = await findSettings({}, { secret: 's0' }, account, nothing);
    expect(budgets).toEqual({ limit: 5, budget: 3, rotation: 2 });
  });

  it('have the transport and the addresses of REST as the function has them', async () => {
    const rest = {
      ...ENVIRONMENT,
      THINGSPACE_TRANSPORT: 'rest',
      THINGSPACE_BASE_URL: 'https://a.example/v1',
    };
    const account = accountWith({ [FUNCTION]: { ...rest, THINGSPACE_TOKEN_URL: 'https://a.example/token' } });
    const { thingSpace } = await findSettings({}, { secret: 's0' }, account, nothing);
    expect(thingSpace).toEqual({
      transport: 'rest',
      baseUrl: 'https://a.example/v1',
      tokenUrl: 'https://a.example/token',
      tokenHostMayDiffer: false,
    });
    const soap = givenIn({}, { THINGSPACE_TRANSPORT: 'soap' });
    await expect(findSettings(soap, { secret: 's0' }, account, nothing)).rejects.toThrow(
      'THINGSPACE_TRANSPORT is soap here and rest in the function',
    );
  });

  it('are rejected when the given address belongs to the other transport', async () => {
    const given = givenIn({ table: 'T', baseUrl: 'https://thingspace.verizon.com/api/m2m/v1' }, {});
    await expect(findSettings(given, {}, accountWith({}), undefined)).rejects.toThrow(
      /^The given settings cannot be used: THINGSPACE_BASE_URL is an address of REST/,
    );
  });

  it('are rejected, with every difference, when the given ones differ', async () => {
    const given = givenIn(
      { table: 'Other' },
      { LOCKOUT_LIMIT: '5', THINGSPACE_BASE_URL: ENVIRONMENT.THINGSPACE_BASE_URL },
    );
    const asked = findSettings(given, { secret: 's0' }, accountWith({ [FUNCTION]: ENVIRONMENT }), nothing);
    await expect(asked).rejects.toThrow(SettingsDisagreeError);
    await expect(asked).rejects.toThrow(
      'LEDGER_TABLE is Other here and Acme-ledger in the function; LOCKOUT_LIMIT is 5 here and 3 in the function',
    );
  });

  it('have no limits, and guess none, when the function cannot be asked', async () => {
    const warned: string[] = [];
    const account = accountWith({ [FUNCTION]: ENVIRONMENT }, true);
    const settings = await findSettings(givenIn({ table: 'T' }, {}), { secret: 's0' }, account, (text) =>
      warned.push(text),
    );
    expect(settings).toMatchObject({ table: 'T', budgets: undefined, thingSpace: undefined });
    expect(warned.join()).toContain('settings are not known');
    await expect(findSettings({}, { secret: 's0' }, account, nothing)).rejects.toThrow('denied');
  });

  it('are found without a name in a region with one deployment, else by the stack', async () => {
    const other = 'arn:aws:lambda:us-east-1:111122223333:function:beta';
    const foreign = 'arn:aws:lambda:us-east-1:111122223333:function:rds';
    const one = accountWith({ [FUNCTION]: ENVIRONMENT, [foreign]: { X: '1' } });
    expect((await findSettings({}, {}, one, nothing)).table).toBe('Acme-ledger');
    const two = accountWith({
      [FUNCTION]: ENVIRONMENT,
      [other]: { ...ENVIRONMENT, LEDGER_TABLE: 'Beta-ledger' },
    });
    await expect(findSettings({}, {}, two, nothing)).rejects.toMatchObject({ name: 'FunctionNotFoundError' });
    expect((await findSettings({}, { stack: 'Beta' }, two, nothing)).function?.arn).toBe(other);
    await expect(findSettings({}, { stack: 'Gamma' }, two, nothing)).rejects.toThrow(
      'The deployment Gamma does not exist in region us-east-1, profile prod. Those that exist: Acme, Beta. Name one of these with --stack.',
    );
  });

  it('are not found for a mistyped secret, and the error names those that are there', async () => {
    const account = accountWith({ [FUNCTION]: ENVIRONMENT });
    const asked = findSettings({}, { secret: 's00' }, account, nothing);
    await expect(asked).rejects.toThrow(TargetError);
    const given = givenIn({ table: 'T' }, {});
    await expect(findSettings(given, { secret: 's00' }, account, nothing)).rejects.toThrow(TargetError);
    await expect(asked).rejects.toThrow(
      'The secret s00 does not exist in region us-east-1, profile prod. Secrets that rotate here: s0.',
    );
  });

  it('do not count alone when AWS takes no call of this person', async () => {
    const expired = new AwsCallError('secretsmanager:DescribeSecret', { name: 'ExpiredTokenException' });
    const account = { ...accountWith({}), secret: async () => Promise.reject(expired) };
    const asked = findSettings(givenIn({ table: 'T' }, {}), { secret: 's0' }, account, nothing);
    await expect(asked).rejects.toThrow(expired);
  });

  it('say why the function could not be asked', async () => {
    const throttled = new AwsCallError('lambda:GetFunctionConfiguration', {
      name: 'TooManyRequestsException',
    });
    const account = { ...accountWith({ [FUNCTION]: {} }), function: async () => Promise.reject(throttled) };
    const settings = await findSettings(givenIn({ table: 'T' }, {}), { secret: 's0' }, account, nothing);
    expect(settings.functionUnseen).toMatch(/^AWS throttles lambda:GetFunctionConfiguration/);
  });
});

describe('A limit of 3 in the function', () => {
  it('keeps a trial from the third failure', async () => {
    const { world, desk } = startDesk();
    const { budgets } = await findSettings(
      {},
      { secret: 's0' },
      accountWith({ [FUNCTION]: ENVIRONMENT }),
      nothing,
    );
    await desk.ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state) => {
      state.failed = 2;
      state.secretArn = SECRET_ARN;
    });
    const asked = trial({ ...desk, budgets }, { secret: SECRET_ARN, actor: 'ann', yes: true });
    await expect(asked).rejects.toThrow(BudgetSpentError);
    expect(world.truth().logIns).toBe(0);
  });
});
