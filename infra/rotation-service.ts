import { Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnPermission, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { budgets } from '../lambda/ledger/budgets.ts';
import { alarmTopic, publishingRole } from './alarm-topic.ts';
import { bundleDirectory } from './bundle.ts';
import { functionAlarms } from './function-alarms.ts';
import { grantRotation, type RotatedSecret } from './function-permissions.ts';
import { newOperationsKey, newSealingKey, requireSealing } from './keys.ts';
import { ledgerTable } from './ledger-table.ts';
import { acknowledgeFunctionRole } from './nag-acknowledgements.ts';
import { type DailyChecks, dailyChecks } from './recover-triggers.ts';
import {
  type RotationFunctionOptions,
  rotationFunction,
  rotationLogGroup,
  rotationRole,
} from './rotation-function.ts';

export interface RotationServiceProps extends RotationFunctionOptions {
  /**
   * Stands in the names of the table, the keys and the log group: what holds state has a name, so that
   * CloudFormation fails rather than replaces it by something empty.
   * @default - the stack's name
   */
  readonly serviceName?: string;
  /** ThingSpace's address, https: `https://uws.apps.nphase.com/api/v2`. */
  readonly baseUrl: string;
  /** API by which ThingSpace is spoken to. @default soap */
  readonly transport?: 'soap';
  /** Element of GetNewPassword that carries the current password (docs of the operator's tool). @default OldPassword */
  readonly passwordElement?: string;
  /** Consecutive failed log-ins at which the platform locks a username. @default 5 */
  readonly lockoutLimit?: number;
  /** Failed log-ins at which the automation stops; below the limit. @default 3 */
  readonly lockoutBudget?: number;
  /** Failed log-ins at which rotation stops; at most the budget. @default 2 */
  readonly rotationBudget?: number;
  /**
   * Customer-managed key that encrypts the secrets and seals new passwords. An imported one must let IAM of
   * this account decide (its policy cannot be changed from here).
   * @default - a new one, rotated yearly, kept when the stack goes
   */
  readonly sealingKey?: IKey;
  /** How long the log is kept; it holds sealed passwords, so never less than 90 days. @default 400 days */
  readonly logRetention?: RetentionDays;
  /** Address of the runbook, for links in the alarms. @default - no link */
  readonly runbookUrl?: string;
  /** Directory of the built function. @default - dist/rotation, which `npm run build` makes */
  readonly bundle?: string;
}

/** What the credentials of one stack share: function, ledger, keys, topic. */
export class RotationService extends Construct {
  readonly serviceName: string;
  readonly lockoutLimit: number;
  readonly lockoutBudget: number;
  readonly sealingKey: IKey;
  readonly ledger: Table;
  readonly alarmTopic: Topic;
  readonly logGroup: LogGroup;
  readonly function: LambdaFunction;
  readonly functionRole: Role;
  /** By which EventBridge's rules publish to the topic. */
  readonly eventsRole: Role;
  readonly dailyChecks: DailyChecks;
  readonly functionAlarms: Alarm[];
  /** Secrets Manager's right to invoke; a schedule is made only after it. */
  readonly invokePermission: CfnPermission;
  /** Lets the function rotate one more secret. */
  readonly serve: (secret: RotatedSecret) => void;

  /** @throws BudgetsError, SealingKeyChoiceError */
  constructor(scope: Construct, id: string, props: RotationServiceProps) {
    super(scope, id);
    const { limit, budget, rotation } = budgets({
      limit: props.lockoutLimit ?? 5,
      budget: props.lockoutBudget ?? 3,
      rotation: props.rotationBudget ?? 2,
    });
    this.lockoutLimit = limit;
    this.lockoutBudget = budget;
    this.serviceName = props.serviceName ?? Stack.of(this).stackName;

    const logGroupName = `/thingspace/${this.serviceName}/rotation`;
    this.sealingKey = props.sealingKey
      ? requireSealing(props.sealingKey)
      : newSealingKey(this, 'SealingKey', this.serviceName);
    const operationsKey = newOperationsKey(this, 'OperationsKey', this.serviceName, logGroupName);
    this.ledger = ledgerTable(this, 'Ledger', `${this.serviceName}-ledger`);
    this.alarmTopic = alarmTopic(this, 'Alarms', operationsKey);
    this.eventsRole = publishingRole(this, 'EventsRole', this.alarmTopic, operationsKey);
    this.logGroup = rotationLogGroup(this, 'Log', {
      name: logGroupName,
      retention: props.logRetention ?? 400,
      key: operationsKey,
    });

    this.functionRole = rotationRole(this, 'FunctionRole', props.vpc !== undefined);
    this.serve = grantRotation(this.functionRole, {
      sealingKey: this.sealingKey,
      operationsKey,
      ledger: this.ledger,
      topic: this.alarmTopic,
      logGroup: this.logGroup,
    });
    this.function = rotationFunction(this, 'Function', {
      ...props,
      bundle: props.bundle ?? bundleDirectory,
      role: this.functionRole,
      logGroup: this.logGroup,
      environment: {
        LEDGER_TABLE: this.ledger.tableName,
        ALARM_TOPIC_ARN: this.alarmTopic.topicArn,
        SEALING_KEY_ID: this.sealingKey.keyArn,
        THINGSPACE_TRANSPORT: props.transport ?? 'soap',
        THINGSPACE_BASE_URL: props.baseUrl,
        THINGSPACE_PASSWORD_ELEMENT: props.passwordElement ?? 'OldPassword',
        LOCKOUT_LIMIT: String(limit),
        LOCKOUT_BUDGET: String(budget),
        ROTATION_BUDGET: String(rotation),
        ...(props.runbookUrl === undefined ? {} : { RUNBOOK_URL: props.runbookUrl }),
      },
    });
    acknowledgeFunctionRole(this.functionRole, {
      inVpc: props.vpc !== undefined,
      traced: props.tracing === true,
    });
    this.dailyChecks = dailyChecks(this, 'Daily', this.function);
    this.invokePermission = invocationBySecretsManager(this.function);
    this.functionAlarms = functionAlarms(this, this.function, this.alarmTopic);
  }
}

function invocationBySecretsManager(rotation: LambdaFunction): CfnPermission {
  rotation.addPermission('SecretsManager', {
    principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
    sourceAccount: Stack.of(rotation).account,
  });
  return rotation.node.findChild('SecretsManager') as CfnPermission;
}
