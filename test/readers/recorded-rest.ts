import { namedOperation } from '../../lambda/access/rest/named-operation.ts';
import { requestBytes } from '../../lambda/thingspace/http-request.ts';
import { restRequestOf } from '../access/access-world.ts';
import { type Decision, startFunction } from './recorded.ts';
import type { MutatedRest } from './rest-requests.ts';

/** Accounts and groups by their own names; every other selector is a filter. */
const GROUP = /^(?:account(?:id|names?|number)?|aname|(?:device)?groupname|gname) /i;
const BASE_URL = 'https://thingspace.example/m2m/v1';

/** Starts a function that decides about requests over REST: `sent` is the whole HTTP request. */
export async function startRestRecorder(): Promise<(request: MutatedRest) => Promise<Decision>> {
  const handle = await startFunction('rest');
  const first = await handle(restRequestOf('/m2m/v1/triggers', { method: 'GET' }));
  const token = 'request' in first ? first.request.headers['VZ-M2M-Token'] : undefined;
  if (token === undefined) throw new Error('A plain request was not sent with a token.');
  return async ({ method, path, headers, body }) => {
    const event = restRequestOf(path, { method, headers });
    const handled = await handle({ ...event, body: body.toString('base64'), isBase64Encoded: true });
    if ('refused' in handled) return handled;
    const { record, request } = handled;
    return {
      recorded: {
        ...{ service: record.service, operation: record.operation, kind: '', token },
        isNarrow: record.wide !== true,
        devices: record.devices.map(({ kind, identifier }) => `${kind} ${identifier}`),
        groups: record.groups.filter((group) => GROUP.test(group)),
        inPath: namedOperation(method, path).groups,
        sent: requestBytes({ ...request, url: BASE_URL + request.path }).toString(),
      },
    };
  };
}
