import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerApart, readBody } from '../../http.ts';
import { CODES } from '../codes.ts';
import type { Platform, Verdict } from '../platform.ts';
import type { Random } from '../random.ts';
import { type FaultOptions, renderAnswer, renderFault, renderStructure } from './answers.ts';
import type { Operation, ServiceName } from './contract.ts';
import type { DeviceStore } from './devices.ts';
import { DeserializationError, readRequest, type SoapRequest } from './request.ts';
import { wsdlOf, xsdOf } from './wsdl.ts';

/** WCF's default MaxReceivedMessageSize. */
const MAX_REQUEST_BYTES = 65_536;
const PATH = /^\/api\/v2\/(SessionService|AccountService|DeviceService|CarrierService)\.svc$/;

/** Answers one request as ThingSpace's SOAP services do, their contracts included. */
export async function serveSoap(
  request: IncomingMessage,
  response: ServerResponse,
  { platform, devices }: { platform: Platform; devices: DeviceStore },
  operations: readonly Operation[],
  random: Random,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const service = PATH.exec(url.pathname)?.[1] as ServiceName | undefined;
  const offered = operations.filter((operation) => operation.service === service);
  const send = (status: number, body = ''): Promise<void> =>
    answerApart(response, status, body === '' ? {} : { 'Content-Type': 'text/xml; charset=utf-8' }, body);
  const fault = (code: string, extras: FaultOptions = {}): Promise<void> =>
    send(500, renderFault(random, code, extras));

  const body = await readBody(request);
  if (!service) return send(404);
  if (request.method === 'GET') {
    const address = `http://${request.headers.host}${url.pathname}`;
    const contract = url.searchParams.has('wsdl')
      ? wsdlOf(service, address, offered)
      : xsdOf(url.searchParams.get('xsd') ?? '', address, offered);
    return contract === undefined ? send(404) : send(200, contract);
  }
  if (request.method !== 'POST') return send(405);
  if (body.length > MAX_REQUEST_BYTES) return send(413);
  // WCF answers 415 before it reads anything, and does not know an action that its contract does not name.
  if (!/^text\/xml;\s*charset="?utf-8"?$/i.test(request.headers['content-type'] ?? '')) return send(415);
  const action = request.headers.soapaction;
  const operation = offered.find(({ soapAction }) => action === `"${soapAction}"`);
  if (!operation) return fault('ActionNotSupported', { service: '' });

  let soap: SoapRequest;
  try {
    soap = readRequest(body, operation);
  } catch (error) {
    if (!(error instanceof DeserializationError)) throw error;
    return fault('DeserializationFailed', { service: random.pick(['', 'UnifiedWebService.']) });
  }
  if (soap.input) {
    const used = platform.use(soap.token ?? '');
    if (!used.ok) return fault(used.code, soap.token === undefined ? {} : { echo: soap.token });
    return send(200, renderStructure(random, operation, devices.execute(operation.name, soap.input)));
  }
  const verdict = execute(platform, operation, soap);
  if (verdict.ok) return send(200, renderAnswer(random, operation, verdict.value));
  const presented = operation.name === 'LogOut' ? undefined : soap.members.at(-1);
  return fault(verdict.code, presented === undefined ? {} : { echo: presented });
}

function execute(platform: Platform, operation: Operation, { token, members }: SoapRequest): Verdict<string> {
  const [first = '', second = ''] = members;
  if (operation.name === 'LogIn') return platform.logIn(first, second);
  if (token === undefined) return { ok: false, code: CODES.sessionInvalid };
  if (operation.name === 'GetNewPassword') return platform.getNewPassword(token, first);
  if (operation.name === 'GetDeviceInformation') return platform.use(token);
  // LogOut holds the token twice; two different ones are not a valid session.
  return token === first ? platform.logOut(token) : { ok: false, code: CODES.sessionInvalid };
}
