import { expect, test } from 'vitest';
import { BaseUrlError, checkBaseUrl } from '../../lambda/thingspace/base-url.ts';

test.each([
  ['https://uws.apps.nphase.com/api/v2', 'https://uws.apps.nphase.com/api/v2'],
  ['https://uws.apps.nphase.com/api/v2//', 'https://uws.apps.nphase.com/api/v2'],
  ['https://host:8443', 'https://host:8443'],
  ['http://127.0.0.1:8080/api/v2', 'http://127.0.0.1:8080/api/v2'],
  ['http://127.0.0.1', 'http://127.0.0.1'],
  ['http://127.1.2.3', 'http://127.1.2.3'],
  ['http://localhost:1/', 'http://localhost:1'],
  ['http://[::1]:8080/', 'http://[::1]:8080'],
])('%s may get passwords', (baseUrl, checked) => {
  expect(checkBaseUrl(baseUrl)).toBe(checked);
});

test.each([
  'http://uws.apps.nphase.com/api/v2',
  'http://127.0.0.1.example.com/',
  'http://localhost.example.com/',
  'http://128.0.0.1/',
  'http://[::2]/',
  'ftp://127.0.0.1/',
  'https://user:pw@host/',
  'https://host/?a=b',
  'https://host/#a',
  'host/api',
  '',
])('%j may not get passwords, and the error does not repeat it', (baseUrl) => {
  expect(() => checkBaseUrl(baseUrl)).toThrow(BaseUrlError);
  expect(new BaseUrlError().message).toContain('THINGSPACE_BASE_URL');
});
