/**
 * Writes docs/dashboard.md and docs/dashboard.svg from the dashboard's own definition:
 * `node infra/dashboard-page.ts`. A test keeps them true.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseConfig } from './config.ts';
import { RotationStack } from './stack.ts';

type Widget = {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: {
    title?: string;
    markdown?: string;
    metrics?: unknown[][];
    alarms?: unknown[];
    annotations?: { horizontal?: { value: number; label?: string; color?: string }[] };
  };
};

/** Two credentials, as two departments have them. */
const shown = {
  account: '123456789012',
  region: 'us-east-1',
  alarmReceivers: [{ email: 'operations@example.com' }],
  credentials: [
    { name: 'fleet', username: 'FLEET' },
    { name: 'metering', username: 'METERING' },
  ],
};

export function widgets(): Widget[] {
  const stack = new RotationStack(new App(), parseConfig(shown), { bundle: import.meta.dirname });
  const template = JSON.parse(JSON.stringify(stack.resolve(dashboardBody(stack))));
  return JSON.parse(joined(template)).widgets;
}

/** The page with the picture and the table. */
export function page(all: Widget[]): string {
  const rows = all
    .filter(({ type }) => type !== 'text')
    .map((widget) => {
      const { title = '', annotations, alarms } = widget.properties;
      const lines = (annotations?.horizontal ?? []).map(({ label, value }) => `${label} (${value})`);
      const what = alarms ? `${alarms.length} alarms` : series(widget).join(', ');
      return `| ${title} | ${what} | ${lines.join(', ')} |`;
    });
  return [
    '# The dashboard',
    '',
    '`cdk deploy` makes one dashboard per stack, named as the stack and its region. It opens on the last 97 days, since rotations',
    'are 90 days apart. The picture and the table are made from its definition by `node infra/dashboard-page.ts`,',
    'here for two credentials; a test fails when they are out of date.',
    '',
    '![The layout of the dashboard](dashboard.svg)',
    '',
    '| widget | shows | lines across |',
    '|---|---|---|',
    ...rows,
    '',
    'Read it from the top: a red alarm says what happened and what to do in its description. "Failed log-ins since',
    'the last success" at the orange line means that the automation has stopped; the age of a password above the',
    'red line, or without any value, means that nobody rotates it. "Receipt to AWSCURRENT" is the time',
    'in which readers could still get the dead password.',
    '',
  ].join('\n');
}

/** The layout as CloudWatch's 24 columns, one box per widget. */
export function picture(all: Widget[]): string {
  const column = 40;
  const row = 26;
  const height = Math.max(...all.map((widget) => widget.y + widget.height)) * row;
  const boxes = all.map((widget) => {
    const [x, y] = [widget.x * column, widget.y * row];
    const { title, markdown, annotations, alarms } = widget.properties;
    const heading = title ?? markdown?.split('.** ')[0]?.replaceAll('**', '') ?? '';
    const inside = alarms ? [`${alarms.length} alarms, green or red`] : series(widget);
    const thresholds = (annotations?.horizontal ?? []).map(
      ({ label = '', value, color = '#888' }, index) =>
        `<line x1="${x + 12}" x2="${x + widget.width * column - 16}" y1="${y + 76 + index * 24}" y2="${y + 76 + index * 24}" stroke="${color}" stroke-dasharray="6 3"/>` +
        line(x + 14, y + 72 + index * 24, `${label}: ${value}`, 11, color),
    );
    return [
      `<rect x="${x + 3}" y="${y + 3}" width="${widget.width * column - 6}" height="${widget.height * row - 6}" rx="4" fill="#fff" stroke="#aab"/>`,
      line(x + 12, y + 24, heading, 14, '#222'),
      line(x + 12, y + 44, inside.join(' · '), 12, '#557'),
      ...thresholds,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${24 * column} ${height}" font-family="sans-serif">`,
    '<title>The dashboard of the rotation stack</title>',
    `<rect width="100%" height="100%" fill="#f2f3f5"/>`,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

const line = (x: number, y: number, text: string, size: number, color: string) =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${color}">${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;

/** Lists the metric names and labels that a widget draws, each once. */
function series({ properties: { metrics = [] } }: Widget): string[] {
  const named = metrics.map((metric) => {
    const options = metric.find((part): part is { label?: string } => typeof part === 'object') ?? {};
    return { metric: String(metric[1]), label: options.label ?? '' };
  });
  const names = new Set(named.map(({ metric }) => metric));
  if (names.size === 1) return [`${[...names][0]}: ${named.map(({ label }) => label).join(', ')}`];
  return named.map(({ label }) => label);
}

function dashboardBody(stack: RotationStack): unknown {
  const found = stack.node.findChild('Dashboard').node.defaultChild;
  return Reflect.get(found ?? {}, 'dashboardBody');
}

/** The body is a join of text and references; a reference becomes a short name. */
function joined(body: unknown): string {
  if (typeof body === 'string') return body;
  const parts = Reflect.get(Object(body), 'Fn::Join')?.[1] as unknown[];
  return parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('');
}

if (import.meta.main) {
  const docs = path.join(import.meta.dirname, '..', 'docs');
  const all = widgets();
  writeFileSync(path.join(docs, 'dashboard.md'), page(all));
  writeFileSync(path.join(docs, 'dashboard.svg'), picture(all));
}
