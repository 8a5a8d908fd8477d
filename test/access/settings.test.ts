import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCESS_FILE, AccessSettingsError, readSettings } from '../../lambda/access/settings.ts';
import { POLICY } from './access-world.ts';

const environment = {
  SERVICE_NAME: 'Ours',
  ACCESS_TABLE: 'Ours-access',
  LEDGER_TABLE: 'Ours-ledger',
  SEALING_KEY_ID: 'key',
  ALARM_TOPIC_ARN: 'topic',
};
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'access-settings-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function readWith(policy: object) {
  const file = { policy, secrets: {}, retentionDays: 400, requestsPerMinute: 600 };
  writeFileSync(path.join(directory, ACCESS_FILE), JSON.stringify(file));
  return readSettings(environment, pathToFileURL(`${directory}/`));
}

const withPrincipal = (principal: string) => ({
  ...POLICY,
  rules: POLICY.rules.map((rule) => ({ ...rule, principals: [principal] })),
});

test.each([
  role('*'),
  role('ops-*'),
  role('team-a/operations'),
  role('aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_*'),
  role('aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_*'),
])('%s is a pattern of roles', (principal) => {
  expect(readWith(withPrincipal(principal)).policy.rules[0]?.principals).toEqual([principal]);
});

test.each([
  role('team-a/*'),
  role('team-a/ops-*'),
  role('team-a/*-ops'),
  role('aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops'),
  role('aws-reserved/sso.amazonaws.com/*-ops'),
  role('*/operations'),
  role('a*/b/ops-*'),
])('%s would match roles of every path, and is rejected in every list', (principal) => {
  expect(() => readWith(withPrincipal(principal))).toThrow(AccessSettingsError);
  expect(() => readWith({ ...POLICY, speakers: [principal] })).toThrow('roles of every path');
  expect(() => readWith({ ...POLICY, personsBySessionName: [principal] })).toThrow('roles of every path');
});
