import { OPERATIONS } from './print.ts';
import { type Entry, faultOf } from './record.ts';

/** The lanes of a picture, from left to right. */
const LANES = {
  person: 'operator',
  sm: 'Secrets Manager',
  f: 'rotation function',
  ts: 'ThingSpace',
  m: 'messages',
} as const;

/** The calls that change something. Log-outs run beside other calls, in no fixed order. */
const DRAWN = ['LogIn', 'GetNewPassword', 'PutSecretValue', 'UpdateSecretVersionStage'];

/**
 * Draws a timeline as a Mermaid sequence diagram (mermaid.js.org/syntax/sequenceDiagram.html), a lane for each party. It
 * leaves out reads, log-outs, the calls to the ledger, KMS and the log, and steps in which nothing is drawn.
 */
export function lanesOf(entries: readonly Entry[]): string {
  const drawn = withoutEmptySteps(entries.flatMap(drawnEntry));
  const lanes = Object.entries(LANES).map(([id, name]) => `  participant ${id} as ${name}`);
  return ['sequenceDiagram', ...lanes, ...drawn.map(({ line }) => `  ${line}`)].join('\n');
}

type Drawn = { line: string; begins?: boolean };

function drawnEntry(entry: Entry): Drawn[] {
  switch (entry.kind) {
    case 'step-start':
      return [{ line: `sm->>f: ${entry.step}`, begins: true }];
    case 'step-end':
      return entry.result.ok || entry.result.error.errorType === 'Runtime.ExitError'
        ? []
        : [{ line: `f--xsm: ${entry.result.error.errorType}` }];
    case 'time-passes':
      return [{ line: `Note over person,m: ${Math.round(entry.ms / 60_000)} min pass` }];
    case 'person':
      return [{ line: `Note over person: ${entry.did}` }];
    case 'alarm':
      return [{ line: `f->>m: ${entry.subject.slice(0, entry.subject.lastIndexOf(' - '))}` }];
    case 'RotationFailed':
      return [{ line: 'Note over sm: gives up for now' }];
    case 'moment':
      return momentNote(entry).map((line) => ({ line }));
    case 'call':
      return callLines(entry).map((line) => ({ line }));
    default:
      return [];
  }
}

function momentNote({ moment }: Extract<Entry, { kind: 'moment' }>): string[] {
  switch (moment.what) {
    case 'old-password-died':
      return ['Note over ts: the old password is dead'];
    case 'current-is-right':
      return ['Note over sm: AWSCURRENT holds the password that works'];
    case 'username-locked':
      return ['Note over ts: the username is locked'];
    default:
      return [];
  }
}

function callLines({
  service,
  operation,
  fate,
  errorName,
  detail,
}: Extract<Entry, { kind: 'call' }>): string[] {
  if (!DRAWN.includes(operation)) return [];
  const lane = service === 'thingspace' ? 'ts' : 'sm';
  const labels = detail?.VersionStages ?? detail?.VersionStage;
  const name = `${OPERATIONS[operation] ?? operation}${labels ? ` ${labels}` : ''}`;
  const fault = faultOf(fate);
  if (fault?.includes('before it was delivered') || fault?.startsWith('not delivered'))
    return [`f-x${lane}: ${name}`, `Note over f: ${spoken(fault)}`];
  if (fault) return [`f->>${lane}: ${name}`, `${lane}--xf: ${spoken(fault)}`];
  return [`f->>${lane}: ${name}${errorName ? ' (refused)' : ''}`];
}

/** In Mermaid a semicolon ends a statement. */
const spoken = (fault: string): string => fault.replaceAll(';', ',');

/** Leaves out a step that is followed by the next one at once. */
function withoutEmptySteps(lines: readonly Drawn[]): Drawn[] {
  return lines.filter(({ begins }, at) => !begins || lines[at + 1]?.begins === undefined);
}
