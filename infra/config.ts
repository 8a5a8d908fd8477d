import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  DEFAULT_BASE_URL,
  DEFAULT_LOCKOUT_BUDGET,
  DEFAULT_LOCKOUT_LIMIT,
  DEFAULT_NOTICE_DAYS,
  DEFAULT_REST_BASE_URL,
  DEFAULT_ROTATION_BUDGET,
  DEFAULT_TOKEN_URL,
} from '../lambda/defaults.ts';
import { USERNAME_RULE, usernameFault } from '../lambda/secret/username.ts';
import { TRANSPORTS } from '../lambda/transport.ts';
import { accessSchema } from './config-access.ts';
import { calendarSchema } from './config-calendar.ts';
import { crossCheck } from './config-checks.ts';
import { egressSchema, withCaFile } from './config-egress.ts';
import { httpsUrl, list, object, oneOf, text, whole } from './config-shapes.ts';
import { withKeyFile } from './config-user-tokens.ts';
import { maxServiceName } from './names.ts';
import { isVerified, partitionOf, regions } from './regions.ts';

/** The configuration cannot be deployed; one sentence per mistake says what to write. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const roleArn = text(
  /^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  "write a role's ARN, such as arn:aws:iam::123456789012:role/fleet-app",
);

/** In a policy's condition ARNs are compared as text, so the random end of such a role's name may be left open. */
const operatorArn = text(
  /^arn:[a-z-]+:iam::\d{12}:role\/([\w+=,.@/-]+|[\w+=,.@/-]*AWSReservedSSO_[\w+=,.@-]+_\*)$/,
  "write a role's ARN; only a role of IAM Identity Center may end in an asterisk: …/AWSReservedSSO_Operators_*",
);

const secretArn = text(
  /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/,
  "write the secret's full ARN, with the six characters at its end",
);

const keyArn = text(
  /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/,
  'write the ARN of a customer-managed key, arn:aws:kms:…:key/…; an alias is not enough, and the AWS-managed aws/secretsmanager cannot seal',
);

const receiver = v.pipe(
  object({
    email: v.optional(
      v.pipe(
        v.string('write an e-mail address'),
        v.email('write an e-mail address, such as operations@example.com'),
      ),
    ),
    sms: v.optional(
      text(/^\+[1-9]\d{6,14}$/, 'write the telephone number with + and country code, such as +12025550123'),
    ),
    https: v.optional(httpsUrl('write an https address without user and fragment', 'query')),
    lambda: v.optional(
      text(
        /^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+$/,
        "write a function's ARN, such as arn:aws:lambda:us-east-1:123456789012:function:pager",
      ),
    ),
    severities: v.optional(
      v.pipe(
        list(oneOf(['critical', 'warning', 'info'])),
        v.minLength(1, 'write at least one of "critical", "warning", "info"'),
      ),
    ),
  }),
  v.check(
    ({ severities: _, ...address }) => Object.keys(address).length === 1,
    'write exactly one of email, sms, https, lambda',
  ),
);

const rotation = v.pipe(
  object({
    everyDays: v.optional(whole(1, 1000, 'of days')),
    everyMonths: v.optional(oneOf([1, 2, 3, 4, 6, 12])),
    dayOfMonth: v.optional(whole(1, 28, '(a day of the month)')),
    startHourUtc: v.optional(whole(0, 23, '(an hour, UTC)')),
    windowHours: v.optional(whole(1, 24, 'of hours')),
  }),
  v.check(
    ({ everyDays, everyMonths }) => (everyDays === undefined) !== (everyMonths === undefined),
    'write either everyDays or everyMonths',
  ),
  v.check(
    ({ everyMonths, startHourUtc }) => (everyMonths === undefined) === (startHourUtc === undefined),
    'write startHourUtc together with everyMonths, and only then: a window by days opens at midnight UTC',
  ),
  v.check(
    ({ everyMonths, dayOfMonth }) => everyMonths !== undefined || dayOfMonth === undefined,
    'write dayOfMonth only together with everyMonths',
  ),
  v.check(
    ({ startHourUtc = 0, windowHours = 4 }) => startHourUtc + windowHours <= 24,
    'write a startHourUtc and windowHours that end by midnight UTC (24 together at most)',
  ),
);

const credential = object({
  name: v.pipe(
    text(/^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/, 'write up to 48 letters, digits, - and _'),
    v.check(
      (name) => !/-\w{6}$/.test(name),
      'write a name that does not end in a hyphen and six characters: Secrets Manager ends its ARNs so',
    ),
  ),
  username: v.pipe(
    v.string('write the ThingSpace username'),
    v.check(
      (username) => usernameFault(username) === undefined,
      ({ input }) => `write the ThingSpace username: ${USERNAME_RULE}, and here ${usernameFault(input)}`,
    ),
  ),
  rotation: v.optional(rotation),
  readers: v.optional(list(roleArn), []),
  clients: v.optional(list(roleArn), []),
  alarmReceivers: v.optional(list(receiver), []),
  secretArn: v.optional(secretArn),
  secretKeyArn: v.optional(keyArn),
  adopt: v.optional(v.boolean('write true or false'), false),
});

/** `placesFit` has the rules between region and key. */
const replica = object({
  region: v.pipe(
    v.string('write a region, such as us-west-2'),
    v.check((region) => regions.includes(region), 'write a region that AWS has, such as us-west-2'),
  ),
  keyArn: v.optional(keyArn),
});

/** @param most as many as Lambda takes (its API, VpcConfig) */
const identifiers = (prefix: string, most: number) =>
  v.pipe(
    list(text(new RegExp(`^${prefix}-[0-9a-f]+$`), `write ids such as ${prefix}-0a1b2c3d`)),
    v.minLength(1, `write at least one id such as ${prefix}-0a1b2c3d`),
    v.check((ids) => new Set(ids).size === ids.length, 'write each id once'),
    v.maxLength(most, `write at most ${most}, as many as Lambda takes`),
  );

const apiAddress = (example: string) =>
  httpsUrl(`write an https address without user, query and fragment, such as ${example}`, 'no query');

/** `apiFits` has the rules between these settings, and the defaults. */
const thingspace = object({
  transport: v.optional(oneOf(TRANSPORTS), 'soap'),
  baseUrl: v.optional(
    v.pipe(
      apiAddress(DEFAULT_BASE_URL),
      v.check(
        (address) => !/\.(svc|asmx|wsdl)\/*$/i.test(address),
        `write the address above the services, without SessionService.svc, such as ${DEFAULT_BASE_URL}`,
      ),
      v.check(
        (address) => !/\/session(\/|$)/i.test(address),
        `write the address above the operations, without /session, such as ${DEFAULT_REST_BASE_URL}`,
      ),
    ),
  ),
  tokenUrl: v.optional(apiAddress(DEFAULT_TOKEN_URL)),
  tokenHostMayDiffer: v.optional(v.boolean('write true or false')),
  passwordElement: v.optional(
    text(/^[A-Za-z_][\w.-]{0,63}$/, 'write the name of an XML element, such as OldPassword'),
  ),
});

const schema = object({
  stackName: v.optional(
    text(
      new RegExp(`^[A-Za-z][A-Za-z0-9-]{0,${maxServiceName - 1}}$`),
      `write up to ${maxServiceName} letters, digits and hyphens, a letter first`,
    ),
    'ThingSpaceRotation',
  ),
  account: text(/^\d{12}$/, 'write the 12 digits of the account into which it is deployed, in quotes'),
  region: v.pipe(
    v.string('write the region, such as us-east-1'),
    v.check((region) => regions.includes(region), 'write a region that AWS has, such as us-east-1'),
    v.check(
      (region) => !regions.includes(region) || isVerified(region),
      ({ input }) =>
        `write a region of the partition aws or aws-us-gov: the services of ${partitionOf(input)} have other domains, and nobody has verified this project there`,
    ),
  ),
  thingspace: v.optional(thingspace, {}),
  lockout: v.optional(
    object({
      limit: v.optional(whole(2, 100, 'of failed log-ins'), DEFAULT_LOCKOUT_LIMIT),
      budget: v.optional(whole(1, 99, 'of failed log-ins'), DEFAULT_LOCKOUT_BUDGET),
      rotationBudget: v.optional(whole(1, 99, 'of failed log-ins'), DEFAULT_ROTATION_BUDGET),
    }),
    {},
  ),
  exchangeBrake: v.optional(v.boolean('write true or false')),
  rotation: v.optional(rotation, { everyDays: 90 }),
  alarmReceivers: v.pipe(
    list(receiver),
    v.minLength(1, 'write at least one receiver: an alarm without a receiver is useless'),
  ),
  operators: v.optional(list(operatorArn), []),
  deploymentRoles: v.optional(list(operatorArn), []),
  permissionsBoundaryArn: v.optional(
    text(
      /^arn:[a-z-]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      "write a managed policy's ARN, such as arn:aws:iam::123456789012:policy/boundary",
    ),
  ),
  runbookUrl: v.optional(
    httpsUrl('write the whole https address of the runbook, without user and fragment', 'query'),
  ),
  supportContact: v.optional(
    text(
      /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u,
      'write one line of up to 200 characters, such as M2M Support, +1 800 555 0100',
    ),
  ),
  calendar: v.optional(calendarSchema),
  noticeDays: v.optional(whole(0, 30, 'of days'), DEFAULT_NOTICE_DAYS),
  readAlarm: v.optional(v.boolean('write true or false'), true),
  reasonRequired: v.optional(v.boolean('write true or false'), false),
  replicas: v.optional(list(replica), []),
  sealingKeyArn: v.optional(keyArn),
  operationsKeyArn: v.optional(keyArn),
  ledgerDeletionProtection: v.optional(v.boolean('write true or false'), false),
  logRetentionDays: v.optional(oneOf([90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]), 400),
  reservedConcurrency: v.optional(
    v.union(
      [v.literal('none'), whole(2, 1000, 'of invocations')],
      'write a whole number of invocations from 2 to 1000, or "none"',
    ),
    'none',
  ),
  tracing: v.optional(v.boolean('write true or false'), false),
  egress: v.optional(egressSchema({ secret: secretArn, key: keyArn })),
  vpc: v.optional(
    object({
      vpcId: text(/^vpc-[0-9a-f]+$/, 'write an id such as vpc-0a1b2c3d'),
      subnetIds: identifiers('subnet', 16),
      securityGroupIds: identifiers('sg', 5),
      ipv6: v.optional(v.boolean('write true or false')),
    }),
  ),
  access: v.optional(accessSchema),
  credentials: v.pipe(list(credential), v.minLength(1, 'write at least one credential')),
});

export type Config = v.InferOutput<typeof schema>;

/** @throws ConfigurationError */
export function parseConfig(input: unknown): Config {
  const read = v.safeParse(schema, input);
  const mistakes = read.success
    ? crossCheck(read.output)
    : read.issues.map((issue) => `${pathOf(issue)}: ${issue.message}`);
  if (read.success && mistakes.length === 0) return read.output;
  throw new ConfigurationError(mistakes.map((mistake) => `${mistake}.`).join('\n'));
}

/** @throws ConfigurationError also when the file is missing, cannot be read or is not JSON */
export function readConfig(file: string): Config {
  try {
    return parseConfig(withCaFile(withKeyFile(JSON.parse(contentOf(file)), file), file));
  } catch (cause) {
    if (cause instanceof ConfigurationError) {
      throw new ConfigurationError(`${file} cannot be deployed.\n${cause.message}`);
    }
    throw new ConfigurationError(`${file} is not JSON: write a file like infra/example.config.json.`, {
      cause,
    });
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new ConfigurationError(
      missing
        ? 'There is no such file: write one like infra/example.config.json, or name it with -c config=<file>.'
        : 'The file cannot be read: check that it is a file, and your right to read it.',
      { cause },
    );
  }
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  const steps =
    issue.path?.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)) ?? [];
  return steps.join('').replace(/^\./, '') || 'the configuration';
}
