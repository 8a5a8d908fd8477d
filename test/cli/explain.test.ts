import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { explain, explanationOf } from '../../cli/explain.ts';
import { type AlarmEvent, troubles } from '../../lambda/alarms/event.ts';
import { render } from '../../lambda/alarms/render.ts';
import { findings, situations } from '../../lambda/situations/all.ts';
import { situationOf, situationOfTrouble } from '../../lambda/situations/of-event.ts';
import { arbitraryEvent } from '../alarms/arbitrary-event.ts';
import { examples } from '../alarms/examples.ts';

const root = path.resolve(import.meta.dirname, '../..');
const sources = globSync('{lambda,cli,client,infra}/**/*.ts', { cwd: root }).map((file) =>
  readFileSync(path.join(root, file), 'utf8'),
);
const found = (pattern: RegExp): string[] => [
  ...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name))),
];

/** Every error that a source file defines, and every text with which one throws it. */
const errorNames = [...found(/readonly name(?:: string)? = '(\w+)'/g), ...found(/^ {2}\| '(\w+Error)'/gm)];
/** Functions of cli/errors.ts that make the errors of one name. */
const makers = Object.fromEntries(
  sources.flatMap((text) =>
    [...text.matchAll(/^export const (\w+) = errorOf\('(\w+)'\)/gm)].map(([, maker = '', name]) => [
      maker,
      name,
    ]),
  ),
);
const errorTexts = sources.flatMap((text) =>
  [...text.matchAll(/\b(\w+)\(\s*(?:'(\w+Error)',\s*)?(?:'([^'\n]+)'|`([^`]+)`)/g)]
    .map(([, type = '', name, plain, template]) => ({
      name: name ?? makers[type] ?? type,
      text: (plain ?? template ?? '').replaceAll(/\$\{[^}]*\}/g, 'x'),
    }))
    .filter(({ name }) => errorNames.includes(name)),
);
const withName = (name: string) =>
  [...new Set(Object.values(situations))].filter(({ names = [] }) => names.includes(name));
const ofText = (text: string) => explanationOf(text)?.situation;

const wrapped = (text: string, width: number) =>
  text.replace(new RegExp(`(.{1,${width}})(?: |$)`, 'gm'), '$1\n');
const quotedMail = (text: string) => text.replace(/^/gm, '> ');

/** A message in the forms in which a person has it. */
const pasted: Record<string, (message: ReturnType<typeof render>) => string> = {
  'a forwarded subject': ({ subject }) => `Fwd: ${subject}`,
  'a subject of a pager': ({ subject }) => `[FIRING] #4711 ${subject} (ops)`,
  'a subject in small letters': ({ subject }) => subject.toLowerCase(),
  'an SMS with its sender': ({ sms }) => `+18005550100\n03:04\n${sms}`,
  'an SMS in short lines': ({ sms }) => wrapped(sms, 18),
  'a quoted mail': ({ email }) => quotedMail(email),
  'a quoted mail in short lines': ({ email }) => quotedMail(wrapped(email, 60)),
  'a forwarded mail': ({ subject, email }) =>
    `From: AWS <no-reply@example.com>\nSubject: ${subject}\n\n${email}`,
  'a mail without its first line': ({ email }) => email.slice(email.indexOf('\n')),
  'the first paragraph of a mail': ({ email }) => email.split('\n')[3] ?? '',
  'a mail of Windows': ({ email }) => email.replaceAll('\n', '\r\n'),
  'a chat message': ({ subject, email }) => `*${subject}*\n${email}`,
  'the beginning of the JSON': ({ json }) => json.slice(0, 500),
};

describe('The command explain, given all that the product can show,', () => {
  it.each(examples)('names the situation of a message by each rendering: $title', ({ event, setting }) => {
    const { subject, sms, email, json } = render(event, setting);
    for (const shown of [
      subject,
      sms,
      email,
      json,
      JSON.stringify({ Type: 'Notification', Message: json }),
    ]) {
      expect(ofText(shown), shown).toBe(situationOf(event));
    }
    expect(explanationOf(email)?.secretArn).toBe(event.secretArn);
  });

  it.each(Object.entries(pasted))('names no other situation when an operator pastes %s', (_, form) => {
    for (const { event, setting } of examples) {
      const found = ofText(form(render(event, setting)));
      expect(found, `${event.event}: ${found?.short}`).toBe(situationOf(event));
    }
  });

  it.each(['NEXT BY ITSELF', 'TO DO', 'NOT TO DO', 'DETAILS'])(
    'names the situation of the lower part of a mail, from %s on, or none',
    (title) => {
      const found = examples.map(({ event, setting }) => {
        const { email } = render(event, setting);
        const situation = ofText(email.slice(email.indexOf(title)));
        expect(situation ?? situationOf(event), event.event).toBe(situationOf(event));
        return situation;
      });
      expect(found.filter((situation) => situation !== undefined).length).toBeGreaterThan(20);
    },
  );

  it('names it whatever texts the message holds', () => {
    const isKnown = ({ event, ...facts }: AlarmEvent) =>
      !('trouble' in facts) || (troubles as readonly string[]).includes(facts.trouble);
    fc.assert(
      fc.property(arbitraryEvent.filter(isKnown), (event) => {
        const { subject, email, json } = render(event);
        for (const shown of [subject, email, json]) expect(ofText(shown)).toBe(situationOf(event));
      }),
      { numRuns: 200 },
    );
  });

  it.each(troubles)('names the situation of the standing trouble %s, alone or in a message', (trouble) => {
    const message = { schema: 'thingspace-rotation-alarm/1', event: 'standing-trouble', trouble };
    expect(ofText(JSON.stringify(message))).toBe(situationOfTrouble(trouble));
    expect(ofText(trouble)).toBe(situationOfTrouble(trouble));
  });

  const codes = found(/(HTTP_[A-Z_]+)/g).filter((code) => !code.endsWith('_'));
  const codesOfThingSpace = found(/'((?:INPUT_INVALID|REQUEST_FAILED)\.[\w.]+|DeserializationFailed)'/g);
  it.each([...codes, ...codesOfThingSpace])('knows the code %s', (code) => {
    expect(ofText(code)).toBe(situations[code.startsWith('HTTP_') ? 'flawed-answer' : 'code']);
  });

  it.each([
    'Gateway.900901',
    '900901',
    '{"fault":{"code":900902,"message":"x"}}',
    '{"error":"invalid_client"}',
  ])('names the missing bearer for %s', (text) => {
    expect(ofText(text)).toBe(situations['no-bearer']);
  });

  it.each(['Gateway.900802', '{"fault":{"code":303001}}', '101503'])(
    'knows the answer %s of the gateway',
    (text) => {
      expect(ofText(text)).toBe(situations.code);
    },
  );

  it('prints the meaning of a code beside its situation', () => {
    const said: string[] = [];
    explain({ say: (text) => void said.push(text) }, '900804');
    expect(said).toContain('Gateway.900804: the gateway throttles the application.');
  });

  it.each(errorNames)('knows the error %s by its name, and as one situation', (name) => {
    expect(withName(name)).toHaveLength(1);
    expect(ofText(name)).toBe(withName(name)[0]);
    const line = JSON.stringify({ level: 'ERROR', message: 'It failed.', errorName: name });
    expect(ofText(line)).toBe(withName(name)[0]);
  });

  // A refusal's code names its situation (below).
  it('names the situation of an error by its text, as the function and the tool print it', () => {
    expect(errorTexts.length).toBeGreaterThan(100);
    for (const { name, text } of errorTexts.filter((one) => one.name !== 'Refusal')) {
      const [own] = withName(name);
      expect(ofText(`${name}: ${text}`), text).toBe(own);
      expect(ofText(`Error: ${text} [${name}]`), text).toBe(own);
      expect(ofText(JSON.stringify({ level: 'ERROR', message: text, errorName: name })), text).toBe(own);
    }
  });

  it.each(found(/^ {2}\| '([A-Z][a-z]\w+)'/gm).filter((code) => !/s$|^Sum|Ms$|Error$/.test(code)))(
    'knows the code of an access fault %s',
    (code) => {
      expect(ofText(`a:ThingSpaceAccess.${code}`)).toBe(withName(code)[0]);
    },
  );

  it.each(Object.entries(findings))('names the verdict %s by the first line of status', (name, finding) => {
    expect(ofText(`ACT: ${finding.short}. ${finding.means}\n\nNext`)).toBe(finding);
    expect(ofText(name)).toBe(finding);
  });
});

describe('Every situation', () => {
  it('begins with words that no other one has', () => {
    const shorts = [...new Set(Object.values(situations))].map(({ short }) => short);
    expect(new Set(shorts).size).toBe(shorts.length);
  });
});

test('the verdict of status names only steps that its situation has', () => {
  const verdicts = readFileSync(path.join(root, 'cli/verdict.ts'), 'utf8').matchAll(
    /found\('([\w-]+)'([^;]*?)\)(?=;|\n|\s*:)/g,
  );
  const foreign = [...verdicts].map(([, name = '', steps = '']) => {
    const own = findings[name as keyof typeof findings].todo.map((step) => step.do as string);
    const named = [...steps.matchAll(/do: '([\w-]+)'/g)].map(([, step = '']) => step);
    return { name, foreign: named.filter((step) => !own.includes(step)) };
  });
  expect(foreign.length).toBeGreaterThan(40);
  expect(foreign.filter((one) => one.foreign.length > 0)).toEqual([]);
});

describe('The command explain', () => {
  it('prints the steps with the secret, and rejects a text that it does not know', () => {
    const said: string[] = [];
    const terminal = { say: (text: string) => void said.push(text) };
    const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-AbCdEf';
    explain(terminal, JSON.stringify({ event: 'password-lost', secretArn: arn }));
    expect(said.join('\n')).toContain(`npm run cli -- store --secret '${arn}'`);
    expect(() => explain(terminal, 'good morning')).toThrow(UsageError);
  });
});
