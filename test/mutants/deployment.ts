import type { Mutant } from './mutants.ts';

/** The rules of what is deployed. */
export const deploymentMutants: Mutant[] = [
  {
    rule: 'a client opens sessions and no sealed password',
    file: 'infra/client-grants.ts',
    find: "        'kms:EncryptionContext:purpose': 'session',\n",
    replace: '',
    noticedBy: 'test/infra/limits.test.ts',
    testName: 'names all hundred usernames',
  },
  {
    rule: 'a full policy of a client goes on in a managed one',
    file: 'infra/client-grants.ts',
    find: 'if (portion === undefined || portion.room < length) {',
    replace: 'if (portion === undefined) {',
    noticedBy: 'test/infra/limits.test.ts',
    testName: 'names all hundred usernames',
  },
  {
    rule: 'a full policy of operators goes on in another',
    file: 'infra/imported-secrets.ts',
    find: 'if (portion.room < length) {',
    replace: 'if (false as boolean) {',
    noticedBy: 'test/infra/limits.test.ts',
    testName: 'a hundred kept secrets',
  },
  {
    rule: 'a mailbox of every credential needs no list of them',
    file: 'infra/alarm-receivers.ts',
    find: 'if (!ofAll || combinations(subscribed) <= MOST_COMBINATIONS) return subscribed;',
    replace: 'if (combinations(subscribed) > 0) return subscribed;',
    noticedBy: 'test/infra/limits.test.ts',
    testName: 'sends a mailbox of all credentials',
  },
  {
    rule: 'an imported key is told its statements',
    file: 'infra/key-policies.ts',
    find: '    known.statements.push(...statements);\n',
    replace: '',
    noticedBy: 'test/infra/keys.test.ts',
    testName: 'an imported key needs the statements',
  },
  {
    rule: 'doctor sees a key that CloudWatch may not use',
    file: 'cli/doctor-keys.ts',
    find: "['kms:Decrypt', 'kms:GenerateDataKey'].every(",
    replace: "['kms:Decrypt'].every(",
    noticedBy: 'test/cli/doctor.test.ts',
  },
  {
    rule: 'every receiver gets the test message',
    file: 'infra/alarm-receivers.ts',
    find: '    TEST_LABEL,\n',
    replace: '',
    noticedBy: 'test/infra/alarms.test.ts',
    testName: 'sends operations every message',
  },
  {
    rule: 'a package names the role that deploys',
    file: 'infra/package.ts',
    find: 'if (config.deploymentRoles.length === 0) {',
    replace: 'if (false as boolean) {',
    noticedBy: 'test/infra/package.test.ts',
    testName: 'requires the role by which',
  },
];
