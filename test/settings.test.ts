import { describe, expect, it } from 'vitest';
import { readSettings } from '../lambda/settings.ts';
import { createThingSpaceApi } from '../lambda/thingspace/create-api.ts';
import { TokenHostError } from '../lambda/thingspace/rest/addresses.ts';

const environment = {
  LEDGER_TABLE: 'ledger',
  ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:alarms',
  SEALING_KEY_ID: 'arn:aws:kms:us-east-1:111122223333:key/1',
};
const read = (more: Record<string, string>) => readSettings({ ...environment, ...more }).thingSpace;

describe('The function’s settings of the transport', () => {
  it('are SOAP with its public address and element when none is given', () => {
    expect(read({})).toEqual({
      transport: 'soap',
      baseUrl: 'https://uws.apps.nphase.com/api/v2',
      passwordElement: 'OldPassword',
    });
  });

  it('are REST with both public addresses when only the transport is given', () => {
    expect(read({ THINGSPACE_TRANSPORT: 'rest' })).toEqual({
      transport: 'rest',
      baseUrl: 'https://thingspace.verizon.com/api/m2m/v1',
      tokenUrl: 'https://thingspace.verizon.com/api/ts/v1/oauth2/token',
      tokenHostMayDiffer: false,
    });
  });

  it('take both addresses, and the permission for two hosts', () => {
    const given = {
      THINGSPACE_TRANSPORT: 'rest',
      THINGSPACE_BASE_URL: 'https://a.example/v1',
      THINGSPACE_TOKEN_URL: 'https://b.example/token',
      THINGSPACE_TOKEN_HOST_DIFFERS: 'yes',
    };
    expect(read(given)).toEqual({
      transport: 'rest',
      baseUrl: 'https://a.example/v1',
      tokenUrl: 'https://b.example/token',
      tokenHostMayDiffer: true,
    });
  });

  it('let the function call two hosts only with that permission', () => {
    const given = { THINGSPACE_TRANSPORT: 'rest', THINGSPACE_TOKEN_URL: 'https://b.example/token' };
    expect(() => createThingSpaceApi(read(given))).toThrow(TokenHostError);
    const permitted = read({ ...given, THINGSPACE_TOKEN_HOST_DIFFERS: 'yes' });
    expect(createThingSpaceApi(permitted).transport).toBe('rest');
    expect(createThingSpaceApi(read({})).transport).toBe('soap');
  });

  it.each([
    [{ THINGSPACE_TRANSPORT: 'REST' }, 'THINGSPACE_TRANSPORT must be "soap" or "rest"'],
    [
      { THINGSPACE_TRANSPORT: 'rest', THINGSPACE_TOKEN_HOST_DIFFERS: 'true' },
      'THINGSPACE_TOKEN_HOST_DIFFERS must be "yes" or "no"',
    ],
    [
      { THINGSPACE_TRANSPORT: 'rest', THINGSPACE_BASE_URL: 'https://uws.apps.nphase.com/api/v2' },
      'THINGSPACE_BASE_URL is an address of SOAP, and THINGSPACE_TRANSPORT is "rest"',
    ],
    [
      { THINGSPACE_BASE_URL: 'https://thingspace.verizon.com/api/m2m/v1' },
      'THINGSPACE_BASE_URL is an address of REST, and THINGSPACE_TRANSPORT is "soap"',
    ],
  ])('reject %j in one sentence', (given, sentence) => {
    expect(() => read(given)).toThrow(sentence);
  });
});

describe('The function’s settings of the proxy', () => {
  const proxy = (more: Record<string, string>) => readSettings({ ...environment, ...more }).proxy;

  it('lead straight to ThingSpace when none is given', () => {
    expect(proxy({})).toBeUndefined();
  });

  it('take an address, and the secret with its credentials', () => {
    const given = { THINGSPACE_PROXY_URL: 'http://proxy.example:3128', THINGSPACE_PROXY_SECRET: 'proxy' };
    expect(proxy(given)).toEqual({ url: 'http://proxy.example:3128', secretId: 'proxy' });
  });

  it.each([
    'proxy.example:3128',
    'socks5://proxy.example',
    'http://me:word@proxy.example',
    'http://p/x',
    'http://p?x',
  ])('reject %s without repeating it', (url) => {
    expect(() => proxy({ THINGSPACE_PROXY_URL: url })).toThrow(
      /^(?!.*(word|socks5)).*THINGSPACE_PROXY_URL must be the address of an HTTP proxy without user/,
    );
  });
});
