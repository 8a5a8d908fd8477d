import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, readBody } from '../../local/http.ts';
import { CODES } from '../../local/thingspace/codes.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { writeJson } from '../../local/thingspace/rest/json.ts';
import { type RestAnswer as Answer, SHAPES, wordsOf } from '../../local/thingspace/rest/shapes.ts';
import { renderFault } from '../../local/thingspace/soap/answers.ts';
import { operationsOf } from '../../local/thingspace/soap/contract.ts';
import { wsdlOf, xsdOf } from '../../local/thingspace/soap/wsdl.ts';

const random = seededRandom(3);
const XML = { 'content-type': 'text/xml; charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
const fault = (code: string): Answer => ({ status: 500, headers: XML, body: renderFault(random, code) });
const error = (code: string): Answer => ({
  status: 400,
  headers: JSON_TYPE,
  body: writeJson(random, { errorCode: `UnifiedWebService.${code}`, errorMessage: 'x' }),
});
const gateway = (shape: 'nested' | 'flat' | 'xml', code: string): Answer =>
  SHAPES[shape](401, code, wordsOf(code, ''));

/** The answers of ThingSpace and its gateway by the first part of the path. */
export const ANSWERS = {
  'soap-gone': () => fault(CODES.sessionExpired),
  'soap-other': () => fault('REQUEST_FAILED.UnexpectedError'),
  'rest-gone': () => error(CODES.sessionInvalid),
  'rest-other': () => error('REQUEST_FAILED.UnexpectedError'),
  'bearer-nested': () => gateway('nested', '900901'),
  'bearer-flat': () => gateway('flat', '900902'),
  'bearer-xml': () => gateway('xml', '900901'),
  'gateway-only': (): Answer => ({ status: 401, headers: { 'content-type': 'text/html' }, body: '<html>no' }),
} as const satisfies Record<string, () => Answer>;

export type AnswerName = keyof typeof ANSWERS;

/** A server on the loopback interface that answers each request as ThingSpace refuses it, and publishes the WSDL. */
export async function startAnswering() {
  const operations = operationsOf('OldPassword').filter(({ name }) => name === 'GetDeviceInformation');
  const seen: string[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await readBody(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://loopback');
    const address = `http://${request.headers.host}${pathname}`;
    const xsd = searchParams.get('xsd');
    if (request.method === 'GET' && pathname.endsWith('.svc')) {
      const text = xsd ? xsdOf(xsd, address, operations) : wsdlOf('DeviceService', address, operations);
      response.writeHead(200, XML).end(text);
      return;
    }
    seen.push(pathname);
    const name = pathname.split('/')[1] as AnswerName;
    const { status, headers, body } = ANSWERS[name]();
    response.writeHead(status, headers).end(body);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  return { ...(await listen(server)), seen };
}
