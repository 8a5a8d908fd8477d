import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Message, shapes } from '../../lambda/alarms/message.ts';
import { render } from '../../lambda/alarms/render.ts';
import { alarmsPage } from './alarms-page.ts';
import { examples } from './examples.ts';
import { formatted, jsonSchemaOf, withoutRefs } from './json-schema.ts';
import { mailPicture } from './mail-picture.ts';

describe('The published documents', () => {
  it('show every alarm in docs/reference/alarms.md as the code renders it', async () => {
    const page = alarmsPage();
    await expect(page).toMatchFileSnapshot('../../docs/reference/alarms.md');
    expect(page.split('\n').length).toBeLessThanOrEqual(800);
  });

  it('draw the mail of a lost password as the code renders it', async () => {
    const { event, setting } = examples.find(
      ({ title }) => title === 'The password is lost',
    ) as (typeof examples)[0];
    await expect(mailPicture(render(event, setting))).toMatchFileSnapshot('../../docs/reference/mail.svg');
  });

  it('have in docs/reference/alarm-schema.json the shape that the code declares', async () => {
    await expect(formatted(jsonSchemaOf(Message, shapes))).toMatchFileSnapshot(
      '../../docs/reference/alarm-schema.json',
    );
  });

  it('mean the same with each shape written out', () => {
    const { $defs: _, ...whole } = jsonSchemaOf(Message, {});
    expect(withoutRefs(jsonSchemaOf(Message, shapes))).toEqual(whole);
  });

  it.each(examples)('the JSON of "$title" has the published shape', ({ event, setting }) => {
    const parsed = v.safeParse(Message, JSON.parse(render(event, setting).json));
    expect(parsed.issues?.map((issue) => v.getDotPath(issue))).toBeUndefined();
  });

  // The page leaves out the details and the JSON of every mail except the first.
  it.each(examples)('writes each value of "$title" into the mail and the JSON', ({ event, setting }) => {
    const { email, json } = render(event, setting);
    const values = valuesOf(event).map(String);
    // The page has the sentences of both kinds of `how`.
    const inMail = values.filter((value) => !('how' in event) || value !== event.how);
    expect(inMail.filter((value) => !email.includes(value))).toEqual([]);
    expect(values.filter((value) => !valuesOf(JSON.parse(json)).map(String).includes(value))).toEqual([]);
  });
});

/** The strings and numbers of an event or its JSON; an instant as the messages write it. */
function valuesOf(value: unknown): unknown[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(valuesOf);
  if (typeof value === 'boolean' || value === undefined) return [];
  return [typeof value === 'number' && value > 1e12 ? new Date(value).toISOString() : value];
}
