import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig, readConfig } from '../../infra/config.ts';
import { createIssuer } from '../../local/access/issuer.ts';
import { configWith, sentencesOf } from './synthesize.ts';

const arn = (name: string) => `arn:aws:iam::123456789012:${name}`;
const rule = { name: 'editors', credentials: ['fleet'], operations: ['Get*'] };
const withAccess = (changes: object) => configWith({ access: changes });
const withRule = (changes: object) => ({ rules: [{ ...rule, ...changes }] });

describe('the setting of users’ tokens', () => {
  const issuer = createIssuer('key-1');
  const rsa = createIssuer('key-2', 'RS256');
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const shared = { kty: 'oct', k: 'c2VjcmV0', kid: 'key-3' };
  const userTokens = {
    ...{ speakers: [arn('role/portal')], issuer: 'https://login.example.com/', audience: 'portal' },
    keys: { keys: [issuer.key, { ...rsa.key, x5c: ['…'], alg: undefined }, { kty: 'RSA', use: 'enc' }] },
    groupsClaim: 'groups',
  };
  const groupRule = { principals: [arn('role/portal')], personGroups: ['editors'] };
  const withTokens = (changes: object, more: object = {}) =>
    withAccess({ ...withRule(groupRule), ...more, userTokens: { ...userTokens, ...changes } });
  const withKey = (key: object) => withTokens({ keys: { keys: [rsa.key, key] } });

  test('keeps the public members of keys for signatures, and nothing else', () => {
    const { access: read } = parseConfig(withTokens({}));
    expect(read?.userTokens).toEqual({
      ...userTokens,
      userClaim: 'sub',
      keys: { keys: [issuer.key, { ...rsa.key, alg: undefined }] },
    });
  });

  test.each<[string, object, string]>([
    ['private', { ...issuer.key, d: 'x' }, 'is private or shared, and would be in the function’s code;'],
    ['shared', shared, 'is private or shared, and would be in the function’s code;'],
    ['without kid', { ...issuer.key, kid: undefined }, 'has no kid, by which tokens name it.'],
    ['of one kid', { ...issuer.key, kid: 'key-2' }, 'has the kid of another key.'],
    ['for HS256', { ...issuer.key, alg: 'HS256' }, 'is for another algorithm than RS256,'],
    ['of another curve', { ...issuer.key, crv: 'secp256k1' }, 'is neither of RSA nor on one of the curves'],
    ['that is cut', { ...issuer.key, x: 'AA' }, 'cannot be read as a public key.'],
    ['of 1,024 bits', { ...short, kid: 'key-3' }, 'has 1024 bits, and 2048 are needed.'],
  ])('rejects a key %s', (_, key, words) => {
    const [sentence, ...others] = sentencesOf(withKey(key));
    expect(others).toEqual([]);
    expect(sentence).toContain(`access.userTokens.keys: write other keys: key 2 for signatures ${words}`);
  });

  test.each<[string, object, string]>([
    [
      'no speaker',
      withTokens({ speakers: [] }),
      'access.userTokens.speakers: write at least one speaker: no token would be read.',
    ],
    [
      'no key',
      withTokens({ keys: { keys: [] } }),
      'access.userTokens.keys: write from 1 to 20 keys for signatures.',
    ],
    [
      'a speaker of both kinds',
      withTokens({}, { speakers: [arn('role/port*')] }),
      'access.userTokens.speakers[0]: leave it out here or in access.speakers: a principal names its users by tokens, or without.',
    ],
    [
      'groups of no token',
      withAccess(withRule(groupRule)),
      "access.rules[0].personGroups: leave it out, or write access.userTokens with its groupsClaim, and name one of the rule's principals in its speakers: only tokens name groups.",
    ],
    [
      'groups of no claim',
      withTokens({ groupsClaim: undefined }),
      "access.rules[0].personGroups: leave it out, or write access.userTokens with its groupsClaim, and name one of the rule's principals in its speakers: only tokens name groups.",
    ],
  ])('rejects %s', (_, config, sentence) => {
    expect(sentencesOf(config)).toEqual([sentence]);
  });

  test('reads a file of keys beside the configuration, and rejects a missing one in the same sentence', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'keys-'));
    const file = path.join(directory, 'thingspace.config.json');
    writeFileSync(path.join(directory, 'portal.jwks.json'), JSON.stringify({ keys: [issuer.key] }));
    writeFileSync(file, JSON.stringify(withTokens({ keys: 'portal.jwks.json' })));
    expect(readConfig(file).access?.userTokens?.keys).toEqual({ keys: [issuer.key] });
    writeFileSync(file, JSON.stringify(withTokens({ keys: 'gone.jwks.json' })));
    expect(() => readConfig(file)).toThrow('access.userTokens.keys: write a JSON Web Key Set');
    rmSync(directory, { recursive: true });
  });
});
