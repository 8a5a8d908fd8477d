import type { Mutant } from './mutants.ts';

const TABLE = 'test/thingspace/rest/table.test.ts';
const JSON_TEXT = 'test/thingspace/rest/json.test.ts';
const READING = 'test/thingspace/rest/answers.test.ts';
const BEARERS = 'test/thingspace/rest/bearers.test.ts';
const API = 'test/thingspace/rest/api.test.ts';

/** The rules of the wire format REST. */
export const restMutants: Mutant[] = [
  {
    rule: 'a log-in is repeated over another bearer only',
    file: 'lambda/thingspace/rest/api.ts',
    find: 'if (next.bearer === first.bearer) return first.outcome;',
    replace: '',
    noticedBy: API,
  },
  {
    rule: 'a log-in is repeated only after the gateway’s refusal of the bearer',
    file: 'lambda/thingspace/codes.ts',
    find: 'meanings.get(code) === bearerRefused',
    replace: 'meanings.has(code)',
    noticedBy: TABLE,
  },
  {
    rule: 'a log-in whose repetition was not sent is not called never sent',
    file: 'lambda/thingspace/rest/api.ts',
    find: "second.outcome.outcome === 'never-sent' ? first.outcome : second.outcome",
    replace: 'second.outcome',
    noticedBy: API,
  },
  {
    rule: 'a bearer that a reset was refused with is not used for the next one',
    file: 'lambda/thingspace/rest/api.ts',
    find: "if (answer.outcome === 'answered' && answer.httpStatus === 401) calls.forget(bearer);",
    replace: '',
    noticedBy: API,
  },
  {
    rule: 'a bearer with too little left is waited out',
    file: 'lambda/thingspace/rest/bearers.ts',
    find: 'if (waitMs > 0) await clock.sleep(waitMs);',
    replace: '',
    noticedBy: BEARERS,
  },
  {
    rule: 'a wrong key is not asked for again',
    file: 'lambda/thingspace/rest/bearers.ts',
    find: "if (slot.isKeyWrong) throw new BearerError('wrong-key');",
    replace: '',
    noticedBy: BEARERS,
  },
  {
    rule: 'a bearer belongs to one key and one secret',
    file: 'lambda/thingspace/rest/bearers.ts',
    find: '[tokenUrl, apiKey, apiSecret]',
    replace: '[tokenUrl, apiKey]',
    noticedBy: BEARERS,
  },
  {
    rule: 'token requests for one key that run beside each other are one',
    file: 'lambda/thingspace/rest/bearers.ts',
    find: 'slot.request ??= requestToken(',
    replace: 'slot.request = requestToken(',
    noticedBy: BEARERS,
  },
  {
    rule: 'fetching a bearer leaves its time to the call',
    file: 'lambda/thingspace/rest/calls.ts',
    find: 'limits.timeoutMs - (clock.nowMs() - startedAtMs)',
    replace: 'limits.timeoutMs + 0 * (clock.nowMs() - startedAtMs)',
    noticedBy: API,
  },
  {
    rule: 'key, secret and Basic value count as presented',
    file: 'lambda/thingspace/rest/calls.ts',
    find: 'presented.remember(apiKey, apiSecret, basicOf({ apiKey, apiSecret }));',
    replace: '',
    noticedBy: API,
  },
  {
    rule: 'a code of the gateway needs its status',
    file: 'lambda/thingspace/rest/refusals.ts',
    find: 'if (!statuses.includes(status)) throw',
    replace: 'if (statuses.length === 0) throw',
    noticedBy: TABLE,
  },
  {
    rule: 'a code of ThingSpace needs its status',
    file: 'lambda/thingspace/rest/refusals.ts',
    find: 'if (status !== 400) throw',
    replace: 'if (status === 0) throw',
    noticedBy: TABLE,
  },
  {
    rule: 'a code of ThingSpace is never one of the gateway’s',
    file: 'lambda/thingspace/codes.ts',
    find: ' || code.startsWith(GATEWAY)',
    replace: '',
    noticedBy: TABLE,
  },
  {
    rule: 'an error with a password inside proves nothing',
    file: 'lambda/thingspace/rest/refusals.ts',
    find: 'countOf(root, name) > 0',
    replace: 'countOf(root, name) > 9',
    noticedBy: TABLE,
  },
  {
    rule: 'an error in two forms or with two codes proves nothing',
    file: 'lambda/thingspace/rest/refusals.ts',
    find: "if (others.length > 0) throw new AnswerFormatError('several-errors');\n  if (value === undefined)",
    replace: 'if (value === undefined)',
    noticedBy: TABLE,
  },
  {
    rule: 'a refusal is a whole document',
    file: 'lambda/thingspace/rest/refusals.ts',
    find: 'if (!root.closed || answer.gapAt',
    replace: 'if (answer.gapAt',
    noticedBy: TABLE,
  },
  {
    rule: 'an error under the status of a success is not believed either way',
    file: 'lambda/thingspace/rest/answers.ts',
    find: 'if (errorMembersIn(root).length > 0)',
    replace: 'if (errorMembersIn(root).length > 9)',
    noticedBy: TABLE,
  },
  {
    rule: 'a value that is there twice is not read over REST',
    file: 'lambda/thingspace/rest/answers.ts',
    find: 'if (countOf(root, name) > 1)',
    replace: 'if (countOf(root, name) > 9)',
    noticedBy: READING,
  },
  {
    rule: 'a value is read under status 200 only',
    file: 'lambda/thingspace/rest/answers.ts',
    find: 'if (answer.httpStatus === 200) return',
    replace: 'if (!isErrorStatus(answer.httpStatus)) return',
    noticedBy: READING,
  },
  {
    rule: 'a bracket in a string does not end a JSON document',
    file: 'lambda/thingspace/rest/documents.ts',
    find: 'else if (byte === QUOTE) inString = true;',
    replace: 'else if (byte === QUOTE) inString = false;',
    noticedBy: JSON_TEXT,
  },
  {
    rule: 'over REST a refusal after the operation began is only probably without effect',
    file: 'lambda/thingspace/codes.ts',
    find: "{ ...meaning, exchangeChangedNothing: 'probable' }",
    replace: 'meaning',
    noticedBy: TABLE,
  },
  {
    rule: 'a session token that no header can carry is not sent',
    file: 'lambda/thingspace/rest/calls.ts',
    find: "if (!isHeaderSafe(token)) return unsendable('a header of HTTP');",
    replace: '',
    noticedBy: API,
  },
  {
    rule: 'key and password go to one host',
    file: 'lambda/thingspace/rest/addresses.ts',
    find: 'if (differs && addresses.tokenHostMayDiffer !== true)',
    replace: 'if (differs && addresses.tokenHostMayDiffer === false)',
    noticedBy: API,
  },
  {
    rule: 'an answer is read by the transport that wrote it',
    file: 'lambda/thingspace/read-new-password.ts',
    find: "(answer.transport === 'rest' ? readOverRest : readOverSoap)",
    replace: '(answer.httpStatus === 0 ? readOverRest : readOverSoap)',
    noticedBy: READING,
  },
];
