import { Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import type { IAlarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, type ManagedPolicy, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type CfnPermission, type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { labelOf } from '../lambda/alarms/label.ts';
import {
  type Calendar,
  calendarFaults,
  checkHour,
  DEFAULT_CHECK_HOUR,
  readCalendar,
} from '../lambda/calendar.ts';
import {
  DEFAULT_LOCKOUT_BUDGET,
  DEFAULT_LOCKOUT_LIMIT,
  DEFAULT_NOTICE_DAYS,
  DEFAULT_ROTATION_BUDGET,
} from '../lambda/defaults.ts';
import { budgets } from '../lambda/ledger/budgets.ts';
import type { OverdueAfter } from '../lambda/metrics.ts';
import { INSTALLED_TOOL } from '../lambda/operator-tool.ts';
import type { Transport } from '../lambda/thingspace/api.ts';
import { VERSION, VERSION_VARIABLE } from '../lambda/version.ts';
import { type Receiver, subscribe } from './alarm-receivers.ts';
import { alarmTopic } from './alarm-topic.ts';
import { bundleDirectory } from './bundle-directory.ts';
import { clientGrants, type Used } from './client-grants.ts';
import { type MetricName, serviceMetric } from './credential-metrics.ts';
import { type DailyChecks, dailyChecks } from './daily-checks.ts';
import { deploymentRoleArns } from './deployment-role.ts';
import { type Egress, type EgressOptions, egressOf } from './egress.ts';
import { grantReaderList, grantRotation, grantStarting, type RotatedSecret } from './function-permissions.ts';
import type { OperatorsPolicies } from './imported-secrets.ts';
import { type ImportedKey, KeyPolicies } from './key-policies.ts';
import {
  encryptsLog,
  newOperationsKey,
  newSealingKey,
  OPERATIONS_ACTIONS,
  requireSealing,
  SEALING_ACTIONS,
  SECRET_ACTIONS,
  sealingKeyStatements,
  servesAlarms,
} from './keys.ts';
import { ledgerTable } from './ledger-table.ts';
import { checkLimits } from './limits.ts';
import { acknowledgeFunctionRole, acknowledgeOperatorsPolicy } from './nag-acknowledgements.ts';
import { maxServiceName, namesOf, roleArnOf, type ServiceNames } from './names.ts';
import { operatorsPolicy } from './operators-policy.ts';
import { readRules, type WatchedReads } from './read-rules.ts';
import { isOfAccount } from './reader-grants.ts';
import { recoverRules } from './recover-rules.ts';
import {
  type RotationFunctionOptions,
  rotationLogGroup,
  rotationRole,
  serviceFunction,
} from './rotation-function.ts';
import { defaultRotation, type Schedule, scheduleOf } from './rotation-schedule.ts';
import { serviceAlarms } from './service-alarms.ts';
import { countSilentFailures } from './silent-failures.ts';
import { apiEnvironment, type ThingSpaceApiOptions } from './thingspace-api.ts';

/** The shared parts of a service's credentials, as other constructs see them. */
export interface IRotationService {
  /** The name is part of the names of the table, the keys, the log group and the role, and of every metric. */
  readonly serviceName: string;
  readonly function: IFunction;
  readonly ledger: Pick<ITable, 'tableArn' | 'tableName'>;
  readonly alarmTopic: ITopic;
  readonly sealingKey: IKey;
  /** A metric of the function over all credentials: the sum of what happened, the greatest of what is. */
  metric(name: MetricName, options?: { period?: Duration }): Metric;
  /** Age of the oldest password, in days. */
  metricPasswordAgeDays(): Metric;
  /** 1 while a credential needs an operator. */
  metricTroubleStands(): Metric;
  /** Tells one more receiver. @param usernames whose messages; without them everything */
  addReceiver(receiver: Receiver, usernames?: string[]): void;
}

export interface RotationServiceAttributes {
  readonly serviceName: string;
  readonly functionArn: string;
  readonly ledgerTableName: string;
  readonly alarmTopicArn: string;
  readonly sealingKeyArn: string;
}

export interface RotationServiceProps extends RotationFunctionOptions, ThingSpaceApiOptions, EgressOptions {
  /**
   * Up to 40 letters, digits and hyphens; part of the names of the table, the keys, the log group and the
   * function's role. Never change it later.
   * @default - the stack's name
   */
  readonly serviceName?: string;
  /** Consecutive failed log-ins at which the platform locks a username. @default 5 */
  readonly lockoutLimit?: number;
  /** Failed log-ins at which the automation stops; below the limit. @default 3 */
  readonly lockoutBudget?: number;
  /** Failed log-ins at which rotation stops; at most the budget. @default 2 */
  readonly rotationBudget?: number;
  /**
   * Customer-managed key that encrypts the secrets and seals new passwords. An imported one must let IAM of
   * this account decide, and its policy stays its owner's: that only the function and operators open sealed
   * passwords must stand there.
   * @default - a new one, rotated yearly, kept when the stack goes
   */
  readonly sealingKey?: IKey;
  /** Key of the alarms and the log. Its policy stays its owner's. @default - a new one, kept when the stack goes */
  readonly operationsKey?: IKey;
  /** How long the log is kept; it holds sealed passwords, so never less than 90 days. @default 400 days */
  readonly logRetention?: RetentionDays;
  /** Whether the ledger's table refuses to be deleted; switch it on once the stack stands. @default false */
  readonly ledgerDeletionProtection?: boolean;
  /**
   * ARNs of the operators' roles, which may read every secret and open sealed passwords, of this account; one may
   * end in `*`, as the roles of IAM Identity Center need. They also need the operators' policy.
   * @default - none
   */
  readonly operators?: string[];
  /**
   * ARNs of the roles by which CloudFormation deploys the stack, where it is not the one of `cdk bootstrap`: a role of
   * `--role-arn` or of StackSets, or your own role where CloudFormation works in your name. They may read the secrets:
   * CloudFormation may do so when it updates one.
   * @default - the role of `cdk bootstrap`
   */
  readonly deploymentRoles?: string[];
  /**
   * Whether an exchange that ends unknown, lost or unreadable keeps the other credentials of the service from
   * beginning one, until it is settled or an operator overrides the hold.
   * @default - from two credentials on
   */
  readonly exchangeBrake?: boolean;
  /** Address of the runbook, for links in the alarms. @default - no link */
  readonly runbookUrl?: string;
  /** The support to phone when a username is locked, as messages name it. @default - M2M Support, without a number */
  readonly supportContact?: string;
  /** Whether the operator's tool wants a reason (`--reason`) for each act. @default false */
  readonly reasonRequired?: boolean;
  /** So many days before a scheduled rotation one message says so, with the secret's readers; 0: none. @default 7 */
  readonly noticeDays?: number;
  /** The hours of a week in which rotations may begin, and frozen days. @default - always */
  readonly calendar?: Calendar;
  /** Whether a read of a secret's value out of turn is announced; it needs a trail. @default true */
  readonly readAlarm?: boolean;
  /** Directory of the built function. @default - the one that comes with this package */
  readonly bundle?: string;
}

/** The service's name cannot be part of the names that are made of it. */
export class ServiceNameError extends Error {
  override readonly name = 'ServiceNameError';
}

/** The calendar has no hour in which the daily check can start a rotation, or cannot be read. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
}

/** The readers of an app's messages have the installed package, and no checkout with its scripts. */
const OF_THE_PACKAGE = import.meta.url.endsWith('.ts') ? {} : { OPERATOR_TOOL: INSTALLED_TOOL };

/** One more credential of a service. */
type Member = RotatedSecret & { username: string; schedule: Schedule; imported: boolean };

/** A service by its metrics and its messages, wherever it was deployed. */
abstract class KnownService extends Construct {
  abstract readonly serviceName: string;
  abstract readonly alarmTopic: ITopic;

  addReceiver(receiver: Receiver, usernames?: string[]): void {
    subscribe(this.alarmTopic, { receiver, usernames: usernames ?? 'everything' });
  }

  metric(name: MetricName, options: { period?: Duration } = {}): Metric {
    return serviceMetric(this.serviceName, { name, period: options.period ?? Duration.hours(1) });
  }

  metricPasswordAgeDays(): Metric {
    return this.metric('PasswordAgeDays');
  }

  metricTroubleStands(): Metric {
    return this.metric('TroubleStands');
  }
}

/** The shared parts of one service's credentials: function, ledger, keys, topic, alarms. */
export class RotationService extends KnownService implements IRotationService {
  /** A service that another stack deployed, for its metrics and its messages. */
  static fromRotationServiceAttributes(
    scope: Construct,
    id: string,
    attributes: RotationServiceAttributes,
  ): IRotationService {
    return new ImportedService(scope, id, attributes);
  }

  readonly serviceName: string;
  readonly names: ServiceNames;
  readonly transport: Transport;
  /** The variables that name ThingSpace's API and its addresses to a function. */
  readonly apiEnvironment: Readonly<Record<string, string>>;
  /** The way of the functions to ThingSpace. */
  readonly egress: Egress;
  readonly lockoutLimit: number;
  readonly lockoutBudget: number;
  readonly sealingKey: IKey;
  readonly operationsKey: IKey;
  readonly ledger: Table;
  readonly alarmTopic: Topic;
  readonly logGroup: LogGroup;
  readonly function: LambdaFunction;
  readonly functionRole: Role;
  /** The policy for operators who use the tool; the stack attaches it to no role. */
  readonly operatorsPolicy: ManagedPolicy;
  readonly dailyChecks: DailyChecks;
  readonly alarms: IAlarm[];
  /** Secrets Manager's right to invoke; a schedule is made only after it. */
  readonly invokePermission: CfnPermission;
  /** Lets a role use a username by the client library; false when nothing could be attached. */
  readonly grantClient: (reader: IRole, used: Used) => boolean;
  readonly #operators: string[];
  readonly #deploymentRoles: readonly string[];
  readonly #readerAccounts = new Set<string>();
  readonly #overdue: OverdueAfter = { days: scheduleOf(defaultRotation).overdueAfterDays, except: {} };
  readonly #permit: (secret: RotatedSecret) => void;
  readonly #recover: (secret: RotatedSecret) => void;
  readonly #watchReads: (secret: WatchedReads) => void;
  readonly #operated: OperatorsPolicies;
  readonly #keyPolicies = new KeyPolicies();
  #members = 0;

  /** @throws BudgetsError, CalendarError, EgressError, SealingKeyChoiceError, ServiceNameError, ThingSpaceApiError */
  constructor(scope: Construct, id: string, props: RotationServiceProps = {}) {
    super(scope, id);
    const { limit, budget, rotation } = budgets({
      limit: props.lockoutLimit ?? DEFAULT_LOCKOUT_LIMIT,
      budget: props.lockoutBudget ?? DEFAULT_LOCKOUT_BUDGET,
      rotation: props.rotationBudget ?? DEFAULT_ROTATION_BUDGET,
    });
    this.transport = props.transport ?? 'soap';
    this.apiEnvironment = apiEnvironment(props);
    this.egress = egressOf(props);
    this.lockoutLimit = limit;
    this.lockoutBudget = budget;
    this.serviceName = checkedName(props.serviceName ?? Stack.of(this).stackName);
    this.names = namesOf(this, this.serviceName);
    this.#operators = [...(props.operators ?? [])];
    this.#deploymentRoles = props.deploymentRoles ?? [];
    const { names, serviceName } = this;

    this.sealingKey = props.sealingKey
      ? requireSealing(props.sealingKey)
      : newSealingKey(this, 'SealingKey', { serviceName, alias: names.sealingKeyAlias });
    const operationsKey =
      props.operationsKey ??
      newOperationsKey(this, 'OperationsKey', { serviceName, alias: names.operationsKeyAlias });
    this.operationsKey = operationsKey;
    this.#writeKeyPolicies();
    this.ledger = ledgerTable(this, 'Ledger', {
      tableName: names.ledgerTable,
      protectedFromDeletion: props.ledgerDeletionProtection ?? false,
    });
    this.alarmTopic = alarmTopic(this, 'Alarms', operationsKey);
    this.logGroup = rotationLogGroup(this, 'Log', {
      name: names.logGroup,
      retention: props.logRetention ?? 400,
      key: operationsKey,
    });
    countSilentFailures(this.logGroup, serviceName);

    const { noticeDays = DEFAULT_NOTICE_DAYS } = props;
    const inVpc = props.vpc !== undefined;
    this.functionRole = rotationRole(this, 'FunctionRole', { roleName: names.functionRole, inVpc });
    const resources = {
      sealingKey: this.sealingKey,
      operationsKey,
      ledger: this.ledger,
      topic: this.alarmTopic,
      logGroup: this.logGroup,
    };
    this.egress.grantTo(this.functionRole);
    this.#permit = grantRotation(this.functionRole, resources);
    if (noticeDays > 0) grantReaderList(this.functionRole);
    this.function = serviceFunction(this, 'Function', {
      ...props,
      description: 'Rotates ThingSpace passwords for Secrets Manager',
      // Lambda's longest: hanging up on a password change early can only lose the password.
      timeout: Duration.minutes(15),
      // CPU comes with memory: at 512 MiB a cold start is short, and the bill is a matter of cents a year.
      memorySize: 512,
      bundle: props.bundle ?? bundleDirectory,
      files: this.egress.files,
      role: this.functionRole,
      logGroup: this.logGroup,
      environment: {
        SERVICE_NAME: serviceName,
        LEDGER_TABLE: this.ledger.tableName,
        ALARM_TOPIC_ARN: this.alarmTopic.topicArn,
        SEALING_KEY_ID: this.sealingKey.keyArn,
        ...this.apiEnvironment,
        ...this.egress.environment,
        LOCKOUT_LIMIT: String(limit),
        LOCKOUT_BUDGET: String(budget),
        ROTATION_BUDGET: String(rotation),
        EXCHANGE_BRAKE: Lazy.string({
          produce: () => ((props.exchangeBrake ?? this.#members > 1) ? 'on' : 'off'),
        }),
        NOTICE_DAYS: String(noticeDays),
        ...(props.calendar === undefined
          ? {}
          : { CALENDAR: JSON.stringify(checkedCalendar(props.calendar)) }),
        [VERSION_VARIABLE]: VERSION,
        OVERDUE_AFTER_DAYS: Lazy.string({ produce: () => JSON.stringify(this.#overdue) }),
        ...(props.runbookUrl === undefined ? {} : { RUNBOOK_URL: props.runbookUrl }),
        ...(props.supportContact === undefined ? {} : { SUPPORT_CONTACT: props.supportContact }),
        // Only the operator's tool reads it.
        ...(props.reasonRequired ? { REASON_REQUIRED: 'yes' } : {}),
        ...OF_THE_PACKAGE,
      },
    });
    grantStarting(this, 'Starting', { role: this.functionRole, rotation: this.function });
    acknowledgeFunctionRole(this.functionRole, {
      inVpc,
      traced: props.tracing === true,
      notices: noticeDays > 0,
    });
    this.dailyChecks = dailyChecks(this, 'Daily', {
      groupName: names.dailyChecks,
      rotation: this.function,
      hourUtc: (props.calendar && checkHour(props.calendar)) ?? DEFAULT_CHECK_HOUR,
    });
    this.#recover = recoverRules(this, 'RotationFailed', this.function);
    const watch = {
      rotation: this.function,
      rulePrefix: names.readRules,
      own: () => this.#ownReaderArns(),
      operators: () => this.#operators,
    };
    this.#watchReads = props.readAlarm === false ? () => undefined : readRules(this, 'SecretRead', watch);
    this.invokePermission = invocationBySecretsManager(this.function);
    const { all, notAnnounced } = serviceAlarms(this, this.alarmTopic, serviceName);
    this.alarms = all;
    this.#operated = operatorsPolicy(this, 'Operators', {
      ...resources,
      policyName: names.operatorsPolicy,
      serviceName,
      rotation: this.function,
      testedAlarm: notAnnounced,
    });
    [this.operatorsPolicy] = this.#operated.policies;
    acknowledgeOperatorsPolicy(this.operatorsPolicy);
    this.grantClient = clientGrants(resources);
    checkLimits(this);
  }

  #writeKeyPolicies(): void {
    const whoMay = {
      openerArns: () => this.openerArns(),
      readerAccounts: () => [...new Set([Stack.of(this).account, ...this.#readerAccounts])],
    };
    this.#keyPolicies.add(this.sealingKey, SEALING_ACTIONS, sealingKeyStatements(this, whoMay));
    this.#keyPolicies.add(this.operationsKey, OPERATIONS_ACTIONS, [servesAlarms(this)]);
    this.encryptLog('TheLogGroupIsEncrypted', this.names.logGroup);
  }

  /** Lets CloudWatch Logs use the operations key for one more log group. */
  encryptLog(sid: string, logGroupName: string): void {
    this.#keyPolicies.add(this.operationsKey, [], [encryptsLog(this, sid, logGroupName)]);
  }

  /** Returns the statements that each imported key needs in its own policy, which stays its owner's. */
  importedKeys(): ImportedKey[] {
    return this.#keyPolicies.imported();
  }

  /** Takes one more credential in: what the function may, what starts its recovery, when it is overdue. */
  serve(member: Member): void {
    this.#members += 1;
    this.#permit(member);
    this.#recover(member);
    if (member.key) this.#keyPolicies.add(member.key, SECRET_ACTIONS);
    if (member.imported) this.#operated.addImported(member);
    const { overdueAfterDays } = member.schedule;
    if (overdueAfterDays === this.#overdue.days) return;
    this.#overdue.except[labelOf(member.username.toLowerCase())] = overdueAfterDays;
  }

  /** Lets readers of one more account decrypt what they may read. */
  addReaderAccount(account: string): void {
    this.#readerAccounts.add(account);
  }

  /**
   * Makes a role an operator: it may use the operator's tool, read every secret and open sealed passwords.
   * @returns false, and nothing is granted, when the role is not certainly of this account
   */
  grantOperate(role: IRole): boolean {
    if (!isOfAccount(this, role)) return false;
    this.#operated.attachTo(role);
    this.#operators.push(role.roleArn);
    return true;
  }

  /** Returns the operators' policy, and the further ones that hold the imported secrets that it has no room for. */
  operatorsPolicies(): readonly ManagedPolicy[] {
    return this.#operated.policies;
  }

  /** Returns the principals that may open sealed passwords: ARNs, or patterns of them. */
  openerArns(): string[] {
    return [roleArnOf(this, this.names.functionRole), ...this.#operators];
  }

  /** Returns the principals that may read every secret of the service. */
  readerArns(): string[] {
    return [...this.#ownReaderArns(), ...this.#operators];
  }

  #ownReaderArns(): string[] {
    return [roleArnOf(this, this.names.functionRole), ...deploymentRoleArns(this, this.#deploymentRoles)];
  }

  /** Announces reads out of turn of a secret whose policy the stack writes. */
  watchReads(secret: WatchedReads): void {
    this.#watchReads(secret);
  }
}

class ImportedService extends KnownService implements IRotationService {
  readonly serviceName: string;
  readonly function: IFunction;
  readonly ledger: ITable;
  readonly alarmTopic: ITopic;
  readonly sealingKey: IKey;

  constructor(scope: Construct, id: string, attributes: RotationServiceAttributes) {
    super(scope, id);
    this.serviceName = attributes.serviceName;
    this.function = LambdaFunction.fromFunctionArn(this, 'Function', attributes.functionArn);
    this.ledger = Table.fromTableName(this, 'Ledger', attributes.ledgerTableName);
    this.alarmTopic = Topic.fromTopicArn(this, 'Alarms', attributes.alarmTopicArn);
    this.sealingKey = Key.fromKeyArn(this, 'SealingKey', attributes.sealingKeyArn);
  }
}

function checkedCalendar(calendar: Calendar): Calendar {
  const [fault] = calendarFaults(calendar);
  if (fault === undefined && readCalendar(JSON.stringify(calendar))) return calendar;
  throw new CalendarError(`calendar: ${fault ?? 'write it as its type says'}.`);
}

function checkedName(serviceName: string): string {
  if (Token.isUnresolved(serviceName)) return serviceName;
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(serviceName) && serviceName.length <= maxServiceName) return serviceName;
  throw new ServiceNameError(
    `serviceName: write up to ${maxServiceName} letters, digits and hyphens, a letter first; "${serviceName}" is part of the names of a role, a table and a log group.`,
  );
}

function invocationBySecretsManager(rotation: LambdaFunction): CfnPermission {
  rotation.addPermission('SecretsManager', {
    principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
    sourceAccount: Stack.of(rotation).account,
  });
  return rotation.node.findChild('SecretsManager') as CfnPermission;
}
