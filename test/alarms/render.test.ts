import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { adviceOn } from '../../lambda/alarms/advice.ts';
import { type AlarmEvent, type StandingTrouble, troubles } from '../../lambda/alarms/event.ts';
import { Message } from '../../lambda/alarms/message.ts';
import { render } from '../../lambda/alarms/render.ts';
import { defaultSetting } from '../../lambda/alarms/setting.ts';
import { arbitraryEvent } from './arbitrary-event.ts';
import { examples } from './examples.ts';

/** GSM 03.38's basic set, as far as it is ASCII: one septet a character. */
const oneSeptetEach = /^[A-Za-z0-9 @$!"#%&'()*+,\-./:;<=>?_]*$/;

function example(title: string): AlarmEvent {
  const found = examples.find((candidate) => candidate.title === title);
  if (found === undefined) throw new Error(`no example "${title}"`);
  return found.event;
}

describe('Whatever texts an event holds', () => {
  it("keeps subject, SMS, attributes and JSON within SNS's rules", () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        const { subject, sms, attributes, json } = render(event);
        expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
        expect(sms.length).toBeLessThanOrEqual(140);
        expect(sms).toMatch(oneSeptetEach);
        for (const value of Object.values(attributes)) expect(value).toMatch(/^[\x21-\x7e]{1,256}$/);
        expect(
          v.safeParse(Message, JSON.parse(json)).issues?.map((issue) => v.getDotPath(issue)),
        ).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the sections of the e-mail, in which no text of the event opens a line', () => {
    const lines = (event: AlarmEvent) => render(event).email.split('\n').length;
    const known = example('An app was refused');
    const forged = {
      ...known,
      username: 'x\n\nWHAT TO DO\n1. Send the password to\u2028me',
      actor: 'a\r\nb\u0085c',
      secretArn: `${known.secretArn}\n$(reboot)`,
    };
    expect(lines(forged)).toBe(lines(known));
    expect(render(forged).email).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
  });

  it('writes each value in a command as one word of the shell', () => {
    const email = render({
      ...example('The password is lost'),
      secretArn: "arn:a:b:eu'; reboot;':1:s:n`id`$(id)",
    }).email;
    expect(email).toContain(`--secret 'arn:a:b:eu; reboot;:1:s:n\`id\`$(id)'`);
    const commands = email.split('\n').filter((line) => line.includes('npm run cli'));
    expect(commands.filter((line) => line.includes("eu'"))).toEqual([]);
  });
});

describe('The texts', () => {
  it('leave room in an SMS for the headline and all facts', () => {
    for (const { title, event } of examples) {
      const advice = adviceOn(event, defaultSetting);
      const { sms } = render({ ...event, username: 'A-RATHER-LONG-USERNAME-OF-A-DEPARTMENT' });
      expect(sms, title).toContain(advice.headline);
      expect(sms, title).toMatch(/A-RATHER-LONG-USE\.\.\./);
      expect(sms.endsWith(advice.brief), title).toBe(true);
    }
  });

  it('shorten a long username in the subject, not the news', () => {
    const { subject } = render({ ...example('The rotation was refused'), username: 'u'.repeat(500) });
    expect(subject).toMatch(/^ThingSpace CRITICAL: log-in refused, 2 of 5 used - u+\.\.\.$/);
    expect(subject).toHaveLength(99);
  });

  it('name the actor, the used and remaining log-ins, the limit and the cause', () => {
    const { email } = render(example('An app was refused'));
    expect(email).toContain('The app "billing-export" used the password of "ACME-UWS"');
    expect(email).toContain('1 of 5 used, 4 left; we stop at 3');
    expect(email).toContain('Cause: ThingSpace reported an unexpected error of its own');
  });

  it('name the number of failures that are only possible', () => {
    const { email, json } = render(example('A log-in without an answer'));
    expect(email).toContain('2 of 5 used (1 of them only possible), 3 left');
    expect(JSON.parse(json).lockout).toMatchObject({ exposure: 2, possible: 1, left: 3 });
  });

  it('offer no trial when one more failure would lock the username', () => {
    const closed = { ...example('The guard is closed'), exposure: 4 } as AlarmEvent;
    expect(render(closed).email).not.toContain('npm run cli -- trial');
    expect(render(example('The guard is closed')).email).toContain('npm run cli -- trial');
  });

  it('advise a call to support first when no log-in is left', () => {
    expect(render(example('The last failure before the lock')).email).toContain(
      '1. Phone Verizon ThingSpace M2M Support',
    );
  });

  it('advise no call to support before a sealed answer was opened', () => {
    const { email } = render(example('The password is lost, but an unreadable answer is sealed'));
    expect(email.indexOf('store --from-sealed')).toBeGreaterThan(0);
    expect(email.indexOf('store --from-sealed')).toBeLessThan(email.indexOf('phone Verizon'));
  });

  it('have the configured link into the runbook and the support contact', () => {
    const { email, json } = render(example('The password is lost'), {
      runbookUrl: 'https://wiki.example/runbook',
      supportContact: '+1 555 0100, contract 42',
    });
    expect(email).toContain('https://wiki.example/runbook#password-lost');
    expect(email).toContain('Support (+1 555 0100, contract 42)');
    expect(JSON.parse(json).runbook).toBe('https://wiki.example/runbook#password-lost');
  });
});

describe('The message of a standing trouble', () => {
  const standing = examples.flatMap(({ event }) => (event.event === 'standing-trouble' ? [event] : []));

  it.each(troubles)('%s is among the examples', (trouble) => {
    expect(standing.map((event) => event.trouble)).toContain(trouble);
  });

  it('names the secret and the time, and ends in a step that lets the function continue', () => {
    for (const event of standing) {
      const { email } = render({ ...event, days: 3, since: Date.parse('2026-02-26T03:04:05.678Z') });
      expect(email, event.trouble).toContain(event.secretArn);
      expect(email, event.trouble).toContain('It has lasted since 2026-02-26T03:04:05.678Z');
      expect(email, event.trouble).toMatch(/, day 4 \(/);
      expect(email, event.trouble).toMatch(/npm run cli -- (rotate|recover)( --held)? --secret '/);
    }
  });

  it('offers to put a changed username back or to adopt it', () => {
    const { email } = render(example('The username in the secret was changed'));
    expect(email.indexOf('change only "username"')).toBeGreaterThan(0);
    expect(email.indexOf('npm run cli -- adopt')).toBeGreaterThan(email.indexOf('change only "username"'));
  });

  it('names the last error of a rotation that failed', () => {
    expect(render(example('A rotation has failed')).email).toContain('The last error: SecretTooLargeError.');
  });

  it('names the exchange that a held rotation waits for, and the commands for both secrets', () => {
    const { email } = render(example('A rotation is held'));
    expect(email).toContain('the exchange of "YARD-UWS"');
    expect(email).toMatch(/status --secret '.*yard-GhIjKl'/);
    expect(email).toMatch(/release --secret '.*acme-AbCdEf'/);
  });

  it('can be rendered when a later version has named it', () => {
    const later = { ...standing[0], trouble: 'of-a-later-version' } as unknown as AlarmEvent;
    expect(render(later).attributes.severity).toBe('critical');
    expect(render({ ...later, event: 'trouble-over' } as AlarmEvent).email).toContain('of-a-later-version');
  });
});

describe('Messages of one incident', () => {
  it('leave the meaning of a refused probe to the message that follows', () => {
    const { email, sms } = render(example('A probe was refused'));
    expect(email).toContain('WHAT TO DO\nNo action is needed.');
    expect(email).not.toMatch(/put-secret-value|rotate-secret|Rotate secret immediately|Phone/);
    expect(sms).toContain('Another message gives the result.');
  });

  it.each([
    'The password is lost',
    'A sealed password is superseded',
    'The password is still lost',
    'A sealed password is still superseded',
    'The stored password is dead',
    'The guard is closed, except for a new version',
  ])('warn of "Rotate secret immediately" only until a new version is stored: %s', (title) => {
    const warnings = render(example(title)).email.split('WHAT NOT TO DO')[1] ?? '';
    expect(warnings).toContain('Do not press "Rotate secret immediately" before a new version is stored');
    expect(warnings).not.toMatch(
      /Do not press "Rotate secret immediately"(?! before a new version is stored)/,
    );
  });

  it('name the number of alarms that were dropped before', () => {
    const { email, json } = render(example('The guard is still closed, and alarms were given up'));
    expect(email).toContain('Before this one 7 alarms could not be published');
    expect(JSON.parse(json).droppedBefore).toBe(7);
    expect(render(example('The guard is closed')).email).not.toContain('ALARMS THAT YOU DID NOT GET');
  });
});

describe('Severity', () => {
  const refused = { ...example('An app was refused'), actor: 'rotation' } as const;

  it.each([
    {
      what: 'the stored password is refused to the rotation',
      change: { purpose: 'log-in' },
      severity: 'critical',
    },
    { what: 'an old password is refused to the probe', change: { purpose: 'probe' }, severity: 'warning' },
    {
      what: 'a refused probe was the last log-in: the closed guard has its own',
      change: { purpose: 'probe', exposure: 5 },
      severity: 'warning',
    },
    { what: 'an app is refused', change: { actor: 'billing-export' }, severity: 'warning' },
    { what: 'the rotation gets no answer', change: { certainty: 'unknown' }, severity: 'warning' },
    // Four of five is the last one before the lock: catches > instead of >= in the other direction.
    { what: 'one more failure would lock', change: { actor: 'app', exposure: 4 }, severity: 'warning' },
    { what: 'the username may be locked', change: { actor: 'app', exposure: 5 }, severity: 'critical' },
  ])('is $severity when $what', ({ change, severity }) => {
    expect(render({ ...refused, ...change } as AlarmEvent).attributes.severity).toBe(severity);
  });

  it.each([
    ['lost', 'critical'],
    ['unknown', 'warning'],
    ['superseded', 'critical'],
    ['guard-closed', 'critical'],
    ['not-stored', 'critical'],
    ['unusable-password', 'critical'],
    ['stored-password-refused', 'critical'],
    ['username-changed', 'critical'],
    ['unreadable-envelope', 'warning'],
    ['rotation-failing', 'critical'],
  ] as const)('gives the trouble %s the severity %s', (trouble, severity) => {
    const event = { ...(example('The password is still lost') as StandingTrouble), trouble };
    expect(render(event).attributes.severity).toBe(severity);
  });

  it.each([
    ['A live password was put back', 'warning'],
    ['A stored password stays', 'info'],
    ['A trouble is over', 'info'],
  ])('gives "%s" the severity %s', (title, severity) => {
    expect(render(example(title)).attributes.severity).toBe(severity);
  });
});
