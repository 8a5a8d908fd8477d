import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { forward } from '../lambda/access/forward.ts';
import { SOAP_WIRE } from '../lambda/access/soap/wire.ts';
import type { ReadRequest } from '../lambda/access/wire.ts';
import type { SessionHolder } from '../lambda/session/session.ts';
import { printHeads, printRow } from './measure.ts';

/**
 * Measures the cost of an answer of 4 MiB to the access function: judged and searched for the token, each in a process
 * of its own. `node bench/answers.ts` prints CPU time and the highest memory of the process; an empty row is Node.js
 * with the code loaded.
 */
const V2 = 'http://nphase.com/unifiedwebservice/v2';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const BYTES = 4 * 1024 * 1024;
const DEVICE = `<a:DeviceInformation><a:AccountName>0342077109-00001</a:AccountName><a:CustomFields><a:CustomFieldObj><a:Name>CustomField1</a:Name><a:Value>Caf\u00e9 &amp; Bar</a:Value></a:CustomFieldObj></a:CustomFields><a:DeviceIdentifiers><b:DeviceIdentifier><b:Identifier>89148000000800139708</b:Identifier><b:Kind>ICCID</b:Kind></b:DeviceIdentifier></a:DeviceIdentifiers></a:DeviceInformation>`;

/** The repeated content of each answer. */
const CONTENTS: Record<string, string> = {
  'a list of devices': DEVICE,
  'empty elements': '<a/>',
  'an element a character': '<a>1</a>',
  references: '&#49;',
  comments: '1<!---->',
  'text alone': '1',
  nothing: '',
};

function answerOf(content: string): Buffer {
  const open = `<s:Envelope xmlns:s="${SOAP}" xmlns:a="urn:a" xmlns:b="urn:b"><s:Body><GetDeviceListResponse xmlns="${V2}"><Output>`;
  const close = '</Output></GetDeviceListResponse></s:Body></s:Envelope>';
  const room = BYTES - open.length - close.length;
  const times = content === '' ? 0 : Math.floor(room / Buffer.byteLength(content));
  return Buffer.from(open + content.repeat(times) + close);
}

const REQUEST: ReadRequest = {
  content: { kind: '', subjects: { devices: [], groups: [] }, own: [] },
  wide: false,
  requestFor: () => ({ method: 'POST', path: '', headers: {}, body: '' }),
};

/** The work of one request, and its cost: CPU milliseconds, and megabytes at the most. */
async function play(what: string): Promise<void> {
  const body = answerOf(CONTENTS[what] ?? '');
  const session = {
    withSession: (use: (token: string) => unknown) => use('0f0e0d0c-0000-4000-8000-000000000001'),
  } as unknown as SessionHolder;
  const before = process.cpuUsage();
  const { outcome } = await forward(
    {
      session,
      wire: SOAP_WIRE,
      send: async () => ({
        ...{ outcome: 'answered', httpStatus: 200, body, complete: true },
        contentType: 'text/xml; charset=utf-8',
      }),
    },
    'GetDeviceList',
    REQUEST,
    { sessionMs: () => 1_000, answerMs: () => 1_000 },
  );
  const { user, system } = process.cpuUsage(before);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ outcome: outcome.outcome, cpuMs: (user + system) / 1000, megabytes }));
}

/** Prints the table. */
export function measureAnswers(): void {
  printHeads('an answer of 4 MiB', ['CPU ms', 'MB', 'outcome']);
  for (const what of Object.keys(CONTENTS)) {
    const runs = Array.from({ length: 3 }, () => {
      const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), what], {
        encoding: 'utf8',
      });
      return JSON.parse(stdout) as { outcome: string; cpuMs: number; megabytes: number };
    });
    const [best] = runs.sort((one, other) => one.cpuMs - other.cpuMs);
    if (!best) continue;
    printRow(what, [best.cpuMs.toFixed(0), best.megabytes.toFixed(0), best.outcome]);
  }
}

if (import.meta.main) {
  const [wanted] = process.argv.slice(2);
  if (wanted === undefined) measureAnswers();
  else await play(wanted);
}
