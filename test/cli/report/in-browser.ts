/**
 * Looks at the report of the played year in a real browser: `.ci/report-in-browser`. On a wide and a narrow screen and on
 * paper nothing may stand outside of its box, no request may leave, and paper has no color. Keeps pictures and a PDF.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inHtml } from '../../../cli/report/html.ts';
import type { Report } from '../../../cli/report/schema.ts';
import { makeReport } from '../../../cli/report.ts';
import { fakeTerminal } from '../desk.ts';
import { type Browser, startBrowser } from './devtools.ts';
import { playYear, YEAR } from './year.ts';

/** A4 without the margins of the style, in pixels of CSS. */
const PAPER_PX = Math.floor(((210 - 2 * 13) / 25.4) * 96);
const VIEWS = [
  { name: 'wide', width: 1280, media: 'screen' },
  { name: 'narrow', width: 400, media: 'screen' },
  { name: 'paper', width: PAPER_PX, media: 'print' },
] as const;
type View = (typeof VIEWS)[number];
/** The part of each page that is kept as a picture. */
const PICTURE_PX = 4_000;

const FAULTS_IN_PAGE = readFileSync(path.join(import.meta.dirname, 'faults-in-page.mjs'), 'utf8');

async function look(browser: Browser, view: View, folder: string, name: string): Promise<string[]> {
  const { width, media } = view;
  await browser.send('Emulation.setEmulatedMedia', { media });
  await browser.send('Emulation.setDeviceMetricsOverride', {
    width,
    height: 1000,
    deviceScaleFactor: 1,
    mobile: false,
  });
  const { result, exceptionDetails } = (await browser.send('Runtime.evaluate', {
    expression: `(() => {\n${FAULTS_IN_PAGE}\n})();\nfaultsIn(${media === 'print'})`,
    returnByValue: true,
  })) as { result: { value?: string[] }; exceptionDetails?: { exception?: { description?: string } } };
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
  // A picture of the whole page takes longer than all checks.
  const clip = { x: 0, y: 0, width, height: PICTURE_PX, scale: 1 };
  const { data } = await browser.send('Page.captureScreenshot', { captureBeyondViewport: true, clip });
  writeFileSync(path.join(folder, `${name}-${view.name}.png`), Buffer.from(String(data), 'base64'));
  return (result.value ?? []).map((fault) => `${name}, ${view.name}: ${fault}`);
}

async function lookAt(program: string, report: Report, folder: string, name: string): Promise<string[]> {
  const file = path.join(folder, `${name}.html`);
  writeFileSync(file, inHtml(report));
  const browser = await startBrowser(program);
  try {
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await browser.send(`${domain}.enable`);
    const address = pathToFileURL(file).href;
    await browser.send('Page.navigate', { url: address });
    while (!browser.events.some(({ method }) => method === 'Page.loadEventFired'))
      await new Promise(setImmediate);
    const faults: string[] = [];
    for (const view of VIEWS) faults.push(...(await look(browser, view, folder, name)));
    const { data } = await browser.send('Page.printToPDF', { preferCSSPageSize: true });
    writeFileSync(path.join(folder, `${name}.pdf`), Buffer.from(String(data), 'base64'));
    for (const { method, params } of browser.events) {
      const { url } = (params.request ?? {}) as { url?: string };
      if (method === 'Network.requestWillBeSent' && url !== address)
        faults.push(`${name}: a request left for ${url}`);
      if (method === 'Log.entryAdded')
        faults.push(`${name}: the browser says ${JSON.stringify(params.entry)}`);
    }
    return faults;
  } finally {
    await browser.close();
  }
}

/** The same report with the longest names that a person, a role or an app may have, without a place to break. */
function withLongNames(report: Report): Report {
  const long = (text: string) => text + 'x'.repeat(Math.max(0, 128 - text.length));
  return {
    ...report,
    credentials: report.credentials.map((one) => ({
      ...one,
      name: long(one.name),
      username: long(one.username),
      acts: one.acts.map((act) => ({
        ...act,
        who: long(act.who),
        reason: long(act.reason ?? 'r'),
        what: act.what,
      })),
      logIns: one.logIns.map((logIn) => ({ ...logIn, actor: long(logIn.actor) })),
      rows: one.rows.map((row) => ({ ...row, actor: long(row.actor) })),
    })),
    ...(report.access && {
      access: {
        ...report.access,
        changesByPerson: report.access.changesByPerson.map((line) => ({
          ...line,
          who: long(line.who),
          through: long(line.through),
          operation: `${line.operation}${'Of'.repeat(12)}`,
        })),
        readsByPerson: report.access.readsByPerson.map((line) => ({ ...line, who: long(line.who) })),
      },
    }),
  };
}

const program = process.argv[2] ?? 'chromium';
const folder = path.join(tmpdir(), 'thingspace-report');
mkdirSync(folder, { recursive: true });
const { desk } = await playYear(fakeTerminal());
const { made } = await makeReport(desk, { all: true, ...YEAR, accessTable: 'access' });
const faults = [
  ...(await lookAt(program, made, folder, 'year')),
  ...(await lookAt(program, withLongNames(made), folder, 'long-names')),
];
for (const fault of faults) console.error(fault);
console.log(
  `The report in ${program}: ${faults.length} faults in ${VIEWS.length} views of 2 reports. Pictures: ${folder}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
