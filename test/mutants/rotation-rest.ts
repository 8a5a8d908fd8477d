import type { Mutant } from './mutants.ts';

const REST = 'test/rotation/rest.test.ts';
const READINGS = 'test/rotation/readings.test.ts';
const REFUSED_KEY = 'lambda/ledger/refused-key.ts';

/** The rules of the rotation that only REST needs. */
export const rotationRestMutants: Mutant[] = [
  {
    rule: 'a refusal of the reset that is only probably without effect is unknown',
    file: 'lambda/rotation/change-password.ts',
    find: "if (exchangeChangedNothing !== 'proven') {",
    replace: 'if (exchangeChangedNothing === false) {',
    noticedBy: REST,
  },
  {
    rule: 'the key goes with the log-in before an exchange',
    file: 'lambda/rotation/log-in.ts',
    find: '{ secretArn, versionId, storedAt, ...credential },\n    { actor: ACTOR, share:',
    replace:
      '{ secretArn, versionId, storedAt, ...credential, apiKey: undefined },\n    { actor: ACTOR, share:',
    noticedBy: REST,
  },
  {
    rule: 'the key goes with every other log-in',
    file: 'lambda/rotation/log-in.ts',
    find: '{ secretArn: invocation.secretArn, versionId, ...credential }',
    replace: '{ secretArn: invocation.secretArn, versionId, ...credential, apiKey: undefined }',
    noticedBy: REST,
  },
  {
    rule: 'the key goes with the reset',
    file: 'lambda/rotation/change-password.ts',
    find: 'getNewPassword({ token, apiKey, apiSecret }',
    replace: 'getNewPassword({ token, ...(false as boolean ? { apiKey, apiSecret } : {}) }',
    noticedBy: REST,
  },
  {
    rule: 'the key goes with the log-out',
    file: 'lambda/rotation/log-in.ts',
    find: '.logOut({ token, apiKey, apiSecret }',
    replace: '.logOut({ token, ...(false as boolean ? { apiKey, apiSecret } : {}) }',
    noticedBy: REST,
    testName: 'ends both sessions',
  },
  {
    rule: 'a password that AWSCURRENT does not hold is presented with AWSCURRENT’s key',
    file: 'lambda/rotation/log-in.ts',
    find: 'const key = apiKeyAmong(current.value);',
    replace: 'const key: MaybeApiKey = {};',
    noticedBy: REST,
  },
  {
    rule: 'an unknown exchange is settled with AWSCURRENT’s key',
    file: 'lambda/rotation/unknown-outcome.ts',
    find: 'apiKeyAmong(seen.current.value, version.value)',
    replace: 'apiKeyAmong(version.value, seen.current.value)',
    noticedBy: REST,
  },
  {
    rule: 'a refused bearer at a log-in is named, not the password',
    file: 'lambda/rotation/log-in.ts',
    find: 'if (isBearerRefusal(code)) {',
    replace: 'if (false as boolean) {',
    noticedBy: REST,
  },
  {
    rule: 'a refused bearer at the reset is named',
    file: 'lambda/rotation/change-password.ts',
    find: 'if (isBearerRefusal(code)) {',
    replace: 'if (false as boolean) {',
    noticedBy: REST,
  },
  {
    rule: 'a key that the token service refused is asked for three times',
    file: REFUSED_KEY,
    find: "if (share !== 'person' && state.refusedKey && isBarred(",
    replace: 'if ((false as boolean) && state.refusedKey && isBarred(',
    noticedBy: READINGS,
    testName: 'a key that the token service refuses',
  },
  {
    rule: 'an operator’s trial asks for a key that is barred',
    file: REFUSED_KEY,
    find: "if (share !== 'person' && state.refusedKey",
    replace: 'if (state.refusedKey',
    noticedBy: READINGS,
    testName: 'a key that an operator has activated',
  },
  {
    rule: 'a key that works again is no longer barred',
    file: REFUSED_KEY,
    find: 'delete fresh.refusedKey;',
    replace: '',
    noticedBy: READINGS,
    testName: 'a key that an operator has activated',
  },
  {
    rule: 'another key is asked for at once',
    file: REFUSED_KEY,
    find: 'if (refused === undefined || refused.hash !== hash) return false;',
    replace: 'if (refused === undefined) return false;',
    noticedBy: READINGS,
    testName: 'a key that the token service refuses',
  },
  {
    rule: 'the look at a barred key costs no call of its own',
    file: 'lambda/ledger/items.ts',
    find: 'recall(writer, key.toLowerCase()) ?? access.read(key, deadlineMs),',
    replace: 'access.read(key, deadlineMs),',
    noticedBy: 'test/rotation/calls.test.ts',
    testName: 'two calls more over REST',
  },
  {
    rule: 'a refusal over REST that may be about the key names the key',
    file: 'lambda/rotation/log-in.ts',
    find: "const mayBeTheKey = transport === 'rest' && !certainlyCredentials;",
    replace: 'const mayBeTheKey = false as boolean;',
    noticedBy: READINGS,
    testName: 'a key of another account',
  },
];
