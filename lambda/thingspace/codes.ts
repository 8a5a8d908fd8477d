import type { Transport } from './api.ts';

/**
 * The one table of ThingSpace's error codes: what an answer with such a code proves, and what it costs.
 *
 * Sources: the fault table of `docs/thingspace-api.md` for the codes, and its pessimistic rule for the verdicts: a code
 * that is not certainly harmless counts as a failed log-in. SOAP and REST answer with the same codes.
 */
export type CodeMeaning = {
  /** A LogIn with this code counts as a failed log-in. */
  logInCounts: boolean;
  /** The code is certainly about the credentials; otherwise the refused password may be presented once more. */
  certainlyCredentials: boolean;
  /** A GetNewPassword with this code counts as a failed log-in. */
  exchangeCounts: boolean;
  /**
   * Whether a GetNewPassword with this code made no new password. `proven`: certainly none. `probable`, only over REST:
   * none by this answer, but a gateway may have repeated the request, and the answer may be that of the second
   * execution. `false`: the code does not say.
   */
  exchangeChangedNothing: 'proven' | 'probable' | false;
  /** The cause in words: one clause, without a full stop. */
  words: string;
};

/** Replaces a code that could not be read or that was not safe to repeat. */
const UNREADABLE_CODE = 'Unreadable';

// Not published, or not understood: counts everywhere and proves nothing.
const unlisted: CodeMeaning = {
  logInCounts: true,
  certainlyCredentials: false,
  exchangeCounts: true,
  exchangeChangedNothing: false,
  words: 'ThingSpace gave an error code whose meaning is not published',
};

// ThingSpace checks the session before the request, so it did not check the password: the exchange is harmless. A LogIn
// carries no session; such an answer to it makes no sense, so it counts.
const sessionGone: CodeMeaning = {
  logInCounts: true,
  certainlyCredentials: false,
  exchangeCounts: false,
  exchangeChangedNothing: 'proven',
  words: 'ThingSpace no longer knows the session',
};

// WCF deserializes before it calls the operation: it cannot have checked a request that it could not read.
const notRead: CodeMeaning = {
  logInCounts: false,
  certainlyCredentials: false,
  exchangeCounts: false,
  exchangeChangedNothing: 'proven',
  words: 'ThingSpace could not read the request',
};

// The gateway checks the bearer before it forwards anything, and the published codes are about the bearer alone.
const bearerRefused: CodeMeaning = {
  logInCounts: false,
  certainlyCredentials: false,
  exchangeCounts: false,
  exchangeChangedNothing: 'proven',
  words: 'the gateway refused the bearer of the application before ThingSpace saw the request',
};

/**
 * Put before a code of the gateway, which only REST has. An answer is read as such a code only if its status and its
 * form fit, too (`rest/refusals.ts`).
 */
export const GATEWAY = 'Gateway.';
/** Published for a bearer that is invalid or missing; the gateway's maker adds expired and inactive. */
export const BEARER_CODES = ['900901', '900902', '900903', '900904'];
// Whether the gateway forwarded the request is known from its maker's documentation alone, so these codes count and
// prove nothing.
const GATEWAY_WORDS: readonly [words: string, ...codes: string[]][] = [
  ['the gateway did not accept the kind of bearer', '900905'],
  ['the gateway knows no such address: check the base address', '900906', '404'],
  ['the gateway blocks the API', '900907', '700700'],
  ['the application’s key is not subscribed to the API', '900908', '900909', '900910'],
  [
    'the gateway throttles the application',
    ...['900800', '900801', '900802', '900803', '900804', '900805', '900806', '900807'],
  ],
  ['the gateway has suspended ThingSpace for a short time', '303001'],
  ['the gateway could not check the bearer', '900900'],
  ['the gateway could not reach ThingSpace', '101503', '101508'],
];

const meanings: ReadonlyMap<string, CodeMeaning> = new Map<string, CodeMeaning>([
  ['DeserializationFailed', { ...notRead, words: 'ThingSpace found the request malformed' }],
  ['INPUT_INVALID.RequestUndefined', { ...notRead, words: 'ThingSpace found the request empty' }],
  ['REQUEST_FAILED.SessionToken.Expired', { ...sessionGone, words: 'the ThingSpace session had expired' }],
  ['REQUEST_FAILED.SessionToken.Format', sessionGone],
  ['INPUT_INVALID.SessionToken.Invalid', sessionGone],
  [
    // The field at fault may be the password itself, so ThingSpace may count it as a wrong one.
    'INPUT_INVALID.Request.InvalidCharacter',
    {
      logInCounts: true,
      certainlyCredentials: false,
      exchangeCounts: true,
      exchangeChangedNothing: 'proven',
      words: 'a field of the request held a character that ThingSpace refuses',
    },
  ],
  [
    // Seen in the wild, not in the published list.
    'INPUT_INVALID.Password.Invalid',
    {
      logInCounts: true,
      certainlyCredentials: true,
      exchangeCounts: true,
      exchangeChangedNothing: 'proven',
      words: 'ThingSpace refused the username or the password',
    },
  ],
  [
    // Published as "missing or invalid elements, or an unknown problem": it may have come after the change.
    'REQUEST_FAILED.UnexpectedError',
    { ...unlisted, words: 'ThingSpace reported an unexpected error of its own' },
  ],
  ...BEARER_CODES.map((code) => [`${GATEWAY}${code}`, bearerRefused] as const),
  ...GATEWAY_WORDS.flatMap(([words, ...codes]) =>
    codes.map((code) => [`${GATEWAY}${code}`, { ...unlisted, words }] as const),
  ),
]);

/**
 * The codes of a request that reached no operation: a repeated request is refused in the same way. For any other code
 * over REST, the first of two executions may have changed the password (docs/thingspace-api.md, "A gateway that repeats").
 */
const BEFORE_OPERATION: ReadonlySet<string> = new Set([
  'DeserializationFailed',
  'INPUT_INVALID.RequestUndefined',
  ...BEARER_CODES.map((code) => `${GATEWAY}${code}`),
]);

/** Reports whether a code is in the table. */
export const isListed = (code: string): boolean => meanings.has(code);

/** Reports whether the gateway refused the bearer: the one reason for which a log-in may be sent once more. */
export const isBearerRefusal = (code: string): boolean => meanings.get(code) === bearerRefused;

/** Reports whether the gateway before ThingSpace answered: such a code says nothing about the password. */
export const isOfGateway = (code: string): boolean => code.startsWith(GATEWAY);

const spelling: ReadonlyMap<string, string> = new Map(
  [...meanings.keys()].filter((code) => !code.startsWith(GATEWAY)).map((code) => [code.toLowerCase(), code]),
);

/**
 * Returns the proof and the cost of a code, as `errorCode` returns it. A code that is not in the table counts and
 * proves nothing.
 * @param transport the one over which the answer came; it matters for `exchangeChangedNothing` alone
 */
export function meaningOf(code: string, transport: Transport = 'soap'): CodeMeaning {
  const meaning = meanings.get(code) ?? unlisted;
  const mayBeTheSecond =
    transport === 'rest' && meaning.exchangeChangedNothing && !BEFORE_OPERATION.has(code);
  return mayBeTheSecond ? { ...meaning, exchangeChangedNothing: 'probable' } : meaning;
}

/**
 * Returns the error code in a `faultcode` (or a REST `errorCode`): without prefix and service name, in the table's
 * spelling where the table has it. The server chose this text, and it goes into logs and alarms. So `Unreadable` is
 * returned for a text that does not look like a code (letters, digits and `_.:-`, at most 128). It is also returned for
 * an unlisted code that shows one of `presented`, the secrets that the request carried, or that looks like one of the
 * gateway's.
 */
export function errorCode(faultcode: string, presented: readonly string[] = []): string {
  const code = faultcode
    .trim()
    .replace(/^[\w.-]+:/, '')
    .replace(/^(?:\w+\.)*?\w*Service\./i, '');
  const listed = spelling.get(code.toLowerCase());
  if (listed !== undefined) return listed;
  if (!/^[A-Za-z0-9_.:-]{1,128}$/.test(code) || code.startsWith(GATEWAY)) return UNREADABLE_CODE;
  // The text before the code is looked at, too: a secret with a colon would lose its first part with it.
  return presented.some((secret) => shows(faultcode, secret)) ? UNREADABLE_CODE : code;
}

/** Shorter parts of a secret occur in codes by chance. */
const MIN_PART_CHARS = 5;

/** Reports whether a text shows half of a secret, in clear or in a form that a code's characters allow. */
function shows(text: string, secret: string): boolean {
  const bytes = Buffer.from(secret);
  // Base64 of a longer text that holds the secret depends on the bytes before it, modulo three.
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    return encoded.slice(before === 0 ? 0 : before + 1);
  });
  const forms = [secret, [...secret].reverse().join(''), ...inBase64, bytes.toString('hex')];
  const haystack = text.toLowerCase().replaceAll('+', '-').replaceAll('/', '_');
  return forms.some((form) => partsOf(form.toLowerCase()).some((part) => haystack.includes(part)));
}

/** Returns every run of characters that is half of a text. */
function partsOf(text: string): string[] {
  const length = Math.min(text.length, Math.max(MIN_PART_CHARS, Math.ceil(text.length / 2)));
  if (length === 0) return [];
  return Array.from({ length: text.length - length + 1 }, (_, at) => text.slice(at, at + length));
}
