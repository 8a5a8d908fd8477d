import { describe, expect, test } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { render } from '../../lambda/alarms/render.ts';
import { holdsInForce, SERVICE, stillHolds, waitingSecrets } from '../../lambda/ledger/holds.ts';
import { readSettings } from '../../lambda/settings.ts';
import type { Fate } from '../world/fate.ts';
import { announced } from '../world/judge.ts';
import { endsUnknown, OTHER_ARN, type Service, startService } from '../world/service.ts';
import { type Ended, MINUTE_MS, SECRET_ARN, USERNAME, type World } from '../world/world.ts';

const once = (world: World) => world.rotate({ attempts: 1, backoffMs: 0 });
const errorOf = (ended: Ended | undefined): Error | undefined =>
  ended && 'error' in ended ? ended.error : undefined;
const contacts = (world: World) => world.truth().logIns + world.truth().getNewPasswords;

const MISREAD = Buffer.from(
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' +
    '<GetNewPasswordResponse xmlns="http://nphase.com/unifiedwebservice/v2"><Output><NewPassword>Misread-1</NewPassword>' +
    '</Output></GetNewPasswordResponse></s:Body></s:Envelope>',
);

describe('An unresolved exchange', () => {
  test('holds other rotations, without a log-in and with one message, when its answer is lost', async () => {
    const service = startService();
    await endsUnknown(service);
    const { failures } = await service.second.rotate();
    expect(failures).toHaveLength(4);
    const error = errorOf(failures.at(-1));
    expect(error?.name).toBe('ExchangesHeldError');
    expect(error?.message).toContain(`release --secret '${OTHER_ARN}'`);
    expect(contacts(service.second)).toBe(0);
    expect(service.told()).toEqual(['password-unknown']);
  });

  test('holds other rotations when the password is lost', async () => {
    const service = startService();
    await endsUnknown(service, 'response-lost');
    service.first.advance(25 * MINUTE_MS);
    await service.first.recover();
    expect(service.first.state().journal.state).toBe('lost');
    expect(holdsInForce(service.holds()).map(({ why }) => why)).toEqual(['lost']);
    expect(errorOf((await once(service.second)).failures[0])?.name).toBe('ExchangesHeldError');
  });

  test('holds other rotations when its answer cannot be read', async () => {
    const service = startService();
    service.first.link.spoil = () =>
      ({ outcome: 'answered', body: Buffer.from('<html>'), contentType: 'text/html' }) as never;
    await service.first.rotate({ attempts: 1 });
    expect(service.first.state().journal.state).toBe('unknown');
    expect(errorOf((await once(service.second)).failures[0])?.name).toBe('ExchangesHeldError');
  });

  test('holds other rotations when its password cannot be used', async () => {
    const service = startService({ nextPassword: () => "it's" });
    await service.first.rotate({ attempts: 1 });
    expect(service.first.state().journal.state).toBe('received');
    expect(holdsInForce(service.holds()).map(({ why }) => why)).toEqual(['unusable']);
    expect(errorOf((await once(service.second)).failures[0])?.name).toBe('ExchangesHeldError');
  });

  test('holds other rotations when ThingSpace refuses the new password, until one works again', async () => {
    const service = startService();
    const { first, second } = service;
    // A changed contract: what is read is not what ThingSpace made.
    first.link.spoil = () => ({ outcome: 'answered', httpStatus: 200, body: MISREAD, complete: true });
    await first.rotate({ attempts: 1 });
    first.link.spoil = undefined;
    expect(first.state().journal.state).toBe('committed');
    expect(holdsInForce(service.holds()).map(({ why }) => why)).toEqual(['unusable']);
    expect(errorOf((await once(second)).failures[0])?.name).toBe('ExchangesHeldError');
    first.restoreByHand('Reset By Support 1');
    expect(await first.trial()).toBe('done');
    expect((await second.rotate()).rotated).toBe(true);
  });

  test('holds other rotations while its owner may be dead, until it finishes well', async () => {
    const service = startService();
    const { first, second } = service;
    first.plan.decide = ({ name }) => (name === 'stdout' ? 'killed-after' : 'ok');
    const { token } = await first.rotate({ attempts: 1 });
    first.plan.decide = ({ name }) => (name === 'FilterLogEvents' ? 'failed-before' : 'ok');
    expect(errorOf(await first.recover())?.name).toBe('ExchangeInProgressError');
    expect(errorOf((await once(second)).failures[0])?.name).toBe('ExchangesHeldError');
    first.plan.decide = () => 'ok';
    expect((await first.rotate({ token })).rotated).toBe(true);
    expect((await second.rotate()).rotated).toBe(true);
  });

  test('no longer holds when its own secret rotates another username', async () => {
    const service = startService();
    service.holdBy({ username: 'Former', secretArn: SECRET_ARN, attempt: 'of-former', why: 'lost' });
    expect((await service.first.rotate()).rotated).toBe(true);
    await service.first.recover();
    expect(holdsInForce(service.holds())).toEqual([]);
  });

  test('holds neither its own credential nor a roll forward', async () => {
    const service = startService();
    const { first, second } = service;
    second.plan.decide = ({ name }) => (name === 'PutSecretValue' ? 'failed-before' : 'ok');
    const { token } = await once(second);
    expect(second.state().journal.state).toBe('received');
    second.plan.decide = () => 'ok';
    await endsUnknown(service);
    expect((await second.rotate({ token })).rotated).toBe(true);
    expect(second.currentPassword()).toBe(second.truth().password);
    first.advance(25 * MINUTE_MS);
    expect((await first.rotate()).rotated).toBe(true);
  });

  test('holds no rotation when EXCHANGE_BRAKE is off', async () => {
    const service = startService({ holdsOn: false });
    await endsUnknown(service);
    expect((await service.second.rotate()).rotated).toBe(true);
    expect(service.first.aws.table.has(SERVICE)).toBe(false);
  });

  test('begins no exchange while the table does not answer', async () => {
    const { second } = startService();
    let reads = 0;
    second.plan.decide = ({ name }) => {
      if (name === 'GetItem') reads += 1;
      return name === 'GetItem' && reads > 1 ? 'failed-before' : 'ok';
    };
    expect(errorOf((await once(second)).failures[0])?.name).toBe('LedgerUnavailableError');
    expect(contacts(second)).toBe(0);
  });
});

describe('The end of a hold', () => {
  test('comes when the exchange is settled, is announced once, and lets the others rotate', async () => {
    const service = startService();
    await endsUnknown(service);
    await service.second.rotate();
    expect(waitingSecrets(service.holds())).toEqual([OTHER_ARN]);
    service.first.advance(25 * MINUTE_MS);
    await service.first.recover();
    await service.first.recover();
    expect(service.told().filter((event) => event === 'exchanges-resume')).toHaveLength(1);
    expect((await service.second.rotate()).rotated).toBe(true);
    expect(service.holds().brake).toEqual({ holds: {}, held: {} });
  });

  test('is not announced when no rotation was held', async () => {
    const service = startService();
    await endsUnknown(service);
    service.first.advance(25 * MINUTE_MS);
    await service.first.recover();
    expect(service.told()).not.toContain('exchanges-resume');
  });

  test('is found by a held rotation when an app’s log-in ended the loss before a check', async () => {
    const service = startService();
    await endsUnknown(service, 'response-lost');
    service.first.advance(25 * MINUTE_MS);
    await service.first.recover();
    service.first.restoreByHand('Reset By Support 1');
    expect(await service.first.trial()).toBe('done');
    expect(holdsInForce(service.holds())).toHaveLength(1);
    expect((await service.second.rotate()).rotated).toBe(true);
    expect(holdsInForce(service.holds())).toEqual([]);
  });

  test('claims nothing about the exchange when an operator deleted the item of the holder', async () => {
    const service = startService();
    await endsUnknown(service);
    await once(service.second);
    service.alsoWaits('arn:third');
    service.first.aws.table.delete('fleet-api');
    expect((await service.second.rotate()).rotated).toBe(true);
    const [resume] = service.second.aws.published.filter(({ event }) => event === 'exchanges-resume');
    const { email } = render(resume as AlarmEvent);
    expect(email).toContain('no longer holds them');
    expect(email).not.toMatch(/come to an end|settled|resolved/);
  });

  test('applies to one attempt only when an operator overrides the hold', async () => {
    const service = startService();
    const { first, second } = service;
    await endsUnknown(service);
    await once(second);
    service.override();
    // A retry of the same exchange does not hold anew.
    await first.recover();
    expect((await second.rotate()).rotated).toBe(true);
    first.advance(25 * MINUTE_MS);
    await first.recover();
    await endsUnknown(service);
    expect(errorOf((await once(second)).failures[0])?.name).toBe('ExchangesHeldError');
  });
});

test('the next check holds other rotations when the invocation died before it could', async () => {
  const service = startService();
  const { first, second } = service;
  first.plan.decide = ({ name }) => {
    if (name === 'GetNewPassword') return 'request-lost';
    // Right after the journal says unknown.
    return first.state().journal.state === 'unknown' && name === 'PutItem' ? 'killed-before' : 'ok';
  };
  await first.rotate({ attempts: 1 });
  expect([first.state().journal.state, holdsInForce(service.holds())]).toEqual(['unknown', []]);
  first.plan.decide = () => 'ok';
  await first.recover();
  expect(holdsInForce(service.holds())).toHaveLength(1);
  expect(errorOf((await once(second)).failures[0])?.name).toBe('ExchangesHeldError');
});

const DAY_MS = 24 * 60 * MINUTE_MS;
const standing = ({ aws }: World) => aws.published.filter(({ event }) => event === 'standing-trouble');

/** The first credential's password is lost, and its secret is taken out of service, so no check comes any longer. */
async function lostAndLeft(): Promise<Service> {
  const service = startService();
  await endsUnknown(service, 'response-lost');
  service.first.advance(25 * MINUTE_MS);
  await service.first.recover();
  await service.second.rotate();
  return service;
}

describe('A credential on hold', () => {
  test('announces the hold and its exchange by every daily check, and then the end', async () => {
    const service = await lostAndLeft();
    const { second } = service;
    for (let day = 1; day <= 5; day += 1) {
      second.advance(DAY_MS);
      await second.recover();
      expect(standing(second)).toHaveLength(day);
      expect(standing(second).at(-1)).toMatchObject({
        trouble: 'held',
        holder: { username: 'Fleet-Api', secretArn: SECRET_ARN, why: 'lost' },
      });
    }
    service.override();
    second.advance(DAY_MS);
    await second.recover();
    expect(announced(second).at(-1)).toBe('trouble-over');
    expect((await second.rotate()).rotated).toBe(true);
  });

  test('is announced as an unfinished rotation when no rotation was started after the hold', async () => {
    const service = await lostAndLeft();
    const { second } = service;
    service.override();
    for (let day = 0; day < 2; day += 1) {
      second.advance(DAY_MS);
      await second.recover();
    }
    expect(standing(second)).toMatchObject([{ trouble: 'rotation-failing' }]);
    expect(waitingSecrets(service.holds())).toEqual([OTHER_ARN]);
  });

  test('announces no hold while its rotation is not due', async () => {
    const service = startService();
    await endsUnknown(service, 'response-lost');
    await service.second.recover();
    expect(announced(service.second)).toEqual([]);
  });

  test('stays on hold when the item of the holder cannot be read, until an operator overrides the hold', async () => {
    const service = await lostAndLeft();
    const { first, second } = service;
    first.aws.table.set('fleet-api', JSON.stringify({ journal: 'damaged', revision: 9, inFlight: {} }));
    second.advance(DAY_MS);
    await second.recover();
    expect(standing(second)).toMatchObject([{ trouble: 'held' }]);
    expect(errorOf((await once(second)).failures[0])?.name).toBe('ExchangesHeldError');
    service.override();
    expect((await second.rotate()).rotated).toBe(true);
  });

  test('no longer counts when its secret has had no check for a week', async () => {
    const service = await lostAndLeft();
    const { first, second } = service;
    second.advance(8 * DAY_MS);
    first.restoreByHand('Reset By Support 1');
    await first.recover();
    expect(announced(first)).not.toContain('exchanges-resume');
    expect(waitingSecrets(service.holds())).toEqual([]);
  });
});

test('a check that fails beside an exchange under way holds no rotation', async () => {
  const service = startService();
  const { first } = service;
  await first.rotate();
  // Locked, refused, reset by support: the check asks for the password by one log-in.
  for (let failure = 0; failure < 5; failure += 1) first.platform.logIn(USERNAME, 'A Guess');
  await once(first);
  first.restoreByHand('Reset By Support 1');
  first.advance(60 * MINUTE_MS);
  const asked = Promise.withResolvers<void>();
  const checked = Promise.withResolvers<void>();
  const rotations: Promise<unknown>[] = [];
  let looks = 0;
  first.gate.before = async (name) => {
    if (name === 'GetNewPassword') {
      asked.resolve();
      await checked.promise;
    }
    if (name !== 'DescribeSecret') return;
    looks += 1;
    // Recovery has found nothing open; before the check's log-in a rotation begins.
    if (looks !== 3) return;
    rotations.push(first.rotate({ attempts: 1 }));
    await asked.promise;
  };
  expect(errorOf(await first.recover())?.name).toBe('ExchangeInProgressError');
  expect(first.state().journal.state).toBe('exchanging');
  expect(holdsInForce(service.holds())).toEqual([]);
  checked.resolve();
  await Promise.all(rotations);
  expect(first.state().journal.state).toBe('idle');
});

/** The daily check, and the operator's acts where that is not enough. */
async function helpToSettle(world: World, history: string): Promise<void> {
  world.advance(30 * MINUTE_MS);
  await world.recover();
  if (world.state().journal.state === 'unknown') {
    // Deaths with a log-in in their hands have used up the rotation's share: an operator's one log-in settles it.
    expect(announced(world), history).toContain('guard-closed');
    await world.trial();
  }
  if (world.state().journal.state === 'lost') world.restoreByHand('Restored By Support 7');
  await world.recover();
}

const FATES: Fate[] = ['killed-before', 'killed-after', 'response-lost'];
const PHASES = ['it ends unknown', 'the other is held', 'it is settled', 'the other continues'] as const;
type Where = { phase: number; index: number; fate: Fate; overrides: boolean };

/** An incident in four phases; a fault, or an operator's override, at one call of one of them. */
async function play(where: Where | undefined) {
  const service = startService();
  const { first, second } = service;
  const lengths: number[] = [];
  const phases: [World, () => Promise<unknown>][] = [
    [first, () => first.rotate({ attempts: 1 })],
    [second, () => once(second)],
    [first, () => first.recover()],
    [second, () => once(second)],
  ];
  for (const [phase, [world, run]] of phases.entries()) {
    const begun = world.calls.length;
    const here = ({ index }: { index: number }) => where?.phase === phase && index === begun + where.index;
    world.plan.decide = (call) => {
      if (here(call) && where) {
        if (where.overrides) service.override();
        return where.fate;
      }
      return phase === 0 && call.name === 'GetNewPassword' ? 'request-lost' : 'ok';
    };
    const before = contacts(second);
    const holds = holdsInForce(service.holds()).some((hold) => stillHolds(hold, first.state()));
    await run();
    world.plan.decide = () => 'ok';
    if (world === second && holds && !(where?.phase === phase && where.overrides)) {
      expect(contacts(second), 'contacts while held').toBe(before);
    }
    const names = world.calls.slice(begun).map(({ name }) => name);
    // From its log-in on, the other's exchange is one as every other (test/histories/boundaries.ts).
    lengths.push(phase === 3 ? names.indexOf('LogIn') + 1 : names.length);
    if (phase === 1) first.advance(25 * MINUTE_MS);
  }
  return { service, lengths };
}

describe('A death, a failed call or an override anywhere in the incident', () => {
  for (const [phase, name] of PHASES.entries()) {
    test(`loses nothing, begins no held exchange, and lets all rotate afterwards (while ${name})`, async () => {
      const { lengths } = await play(undefined);
      const faults = [
        ...FATES.map((fate) => ({ fate, overrides: false })),
        { fate: 'ok' as const, overrides: true },
      ];
      for (let index = 1; index <= (lengths[phase] ?? 0); index += 1) {
        for (const fault of faults) {
          const history = JSON.stringify({ phase: name, index, ...fault });
          const { service } = await play({ phase, index, ...fault });
          const { first, second } = service;
          for (const world of [first, second]) await helpToSettle(world, history);
          second.advance(60 * MINUTE_MS);
          const { rotated } = await second.rotate();
          expect(rotated, `${history}\n${second.told.slice(-6).join('\n')}`).toBe(true);
          for (const world of [first, second]) {
            expect(world.currentPassword(), history).toBe(world.truth().password);
            expect(world.violations, history).toEqual([]);
          }
          expect(holdsInForce(service.holds()), history).toEqual([]);
        }
      }
    });
  }
});

test('reads the hold’s switch from EXCHANGE_BRAKE: off by default, and other words are rejected', () => {
  const environment = {
    LEDGER_TABLE: 'ledger',
    ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:alarms',
    SEALING_KEY_ID: 'arn:aws:kms:us-east-1:111122223333:key/1',
  };
  const setTo = (EXCHANGE_BRAKE: string) => readSettings({ ...environment, EXCHANGE_BRAKE }).holdsOn;
  expect(readSettings(environment).holdsOn).toBe(false);
  expect([setTo('on'), setTo('off')]).toEqual([true, false]);
  expect(() => setTo('yes')).toThrow('EXCHANGE_BRAKE must be "on" or "off"');
});
