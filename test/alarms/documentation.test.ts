import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Message } from '../../lambda/alarms/message.ts';
import { render } from '../../lambda/alarms/render.ts';
import { alarmsPage } from './alarms-page.ts';
import { examples } from './examples.ts';
import { formatted, jsonSchemaOf } from './json-schema.ts';

describe('The published documents', () => {
  it('show every alarm in docs/reference/alarms.md as the code renders it', async () => {
    await expect(alarmsPage()).toMatchFileSnapshot('../../docs/reference/alarms.md');
  });

  it('have in docs/reference/alarm-schema.json the shape that the code declares', async () => {
    await expect(formatted(jsonSchemaOf(Message))).toMatchFileSnapshot(
      '../../docs/reference/alarm-schema.json',
    );
  });

  it.each(examples)('the JSON of "$title" has the published shape', ({ event, setting }) => {
    const parsed = v.safeParse(Message, JSON.parse(render(event, setting).json));
    expect(parsed.issues?.map((issue) => v.getDotPath(issue))).toBeUndefined();
  });
});
