import { Refusal } from '../../lambda/access/refusal.ts';
import { namedOperation } from '../../lambda/access/rest/named-operation.ts';
import { readRequest } from '../../lambda/access/rest/request.ts';
import type { Decision } from './recorded.ts';
import type { MutatedRest } from './rest-requests.ts';

/** Accounts and groups by their own names; every other selector is a filter. */
const GROUP = /^(?:account(?:id|names?|number)?|aname|(?:device)?groupname|gname) /i;

/** Returns the access function's word about a request over REST, with the bytes that it would send on. */
export function decideRest(request: MutatedRest): Decision {
  try {
    const { service, operation, subjects, text, reads, wide } = readRequest(request);
    const { method, path, headers } = request;
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: thingspace.example',
      `content-type: ${headers['content-type']}`,
      `content-length: ${Buffer.byteLength(text)}`,
    ];
    return {
      recorded: {
        ...{ service, operation, isNarrow: !reads && !wide, kind: '', token: '' },
        devices: subjects.devices.map(({ kind, identifier }) => `${kind} ${identifier}`),
        groups: subjects.groups.filter((group) => GROUP.test(group)),
        inPath: namedOperation(method, path).groups,
        sent: `${lines.join('\r\n')}\r\n\r\n${text}`,
      },
    };
  } catch (failure) {
    if (failure instanceof Refusal) return { refused: failure.message };
    throw failure;
  }
}
