import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { explain, explanationOf } from '../../cli/explain.ts';
import { alarms, errors, troubles } from '../../cli/explanations.ts';
import { findings } from '../../cli/findings.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-AbCdEf';
const message = (members: object) =>
  JSON.stringify({ schema: 'thingspace-rotation-alarm/1', secretArn: ARN, ...members });

describe('The command explain', () => {
  it.each(Object.keys(alarms))('explains the message %s, and names its secret', (event) => {
    const told = explanationOf(message({ event }));
    expect(told).toMatchObject({ about: event, secretArn: ARN });
    expect(told?.means.length).toBeGreaterThan(20);
  });

  it.each(Object.keys(troubles))('explains the trouble %s rather than its event', (trouble) => {
    expect(explanationOf(message({ event: 'standing-trouble', trouble }))?.about).toBe(trouble);
  });

  it.each([...Object.keys(errors), ...Object.keys(findings)])('explains %s by its name', (name) => {
    expect(explanationOf(name)?.about).toBe(name);
  });

  it('finds an error in a line of the function’s log', () => {
    const line = `{"level":"ERROR","message":"The password of x is lost","errorName":"CredentialLostError"}`;
    expect(explanationOf(line)?.about).toBe('CredentialLostError');
  });

  it('explains every error that ends a step', () => {
    const sources = ['lambda/rotation/errors.ts', 'lambda/ledger/errors.ts'].map((path) =>
      readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
    );
    const found = sources.join('\n').matchAll(/override readonly name = '(\w+)'|^ {2}\| '(\w+Error)'/gm);
    const names = [...found].map(([, own, listed]) => own ?? listed);
    expect(names.length).toBeGreaterThan(20);
    const unknown = names.filter(
      (name) => name !== 'InvalidEventError' && !Object.hasOwn(errors, name ?? ''),
    );
    expect(unknown).toEqual([]);
  });

  it('prints the command with the secret, and rejects a text that it does not know', () => {
    const said: string[] = [];
    const terminal = { say: (text: string) => void said.push(text) };
    explain(terminal, message({ event: 'password-lost' }));
    expect(said).toContain(`Do: npm run cli -- status --secret '${ARN}'`);
    expect(() => explain(terminal, 'good morning')).toThrow(UsageError);
  });
});
