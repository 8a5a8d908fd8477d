import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, Role, User } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { FunctionUrlAuthType, InvokeMode, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { matchesAny } from '../lambda/access/patterns.ts';
import type { Policy } from '../lambda/access/policy.ts';
import { accessAlarms } from './access-alarms.ts';
import { allow } from './allow.ts';
import { accessBundleDirectory } from './bundle-directory.ts';
import type { ThingSpaceCredential } from './credential.ts';
import { accessFiles } from './function-asset.ts';
import { acknowledgeFunctionRole } from './nag-acknowledgements.ts';
import {
  type RotationFunctionOptions,
  rotationLogGroup,
  rotationRole,
  serviceFunction,
} from './rotation-function.ts';
import type { RotationService } from './rotation-service.ts';

export interface AccessFunctionProps
  extends Pick<
    RotationFunctionOptions,
    'vpc' | 'vpcSubnets' | 'securityGroups' | 'ipv6' | 'tracing' | 'reservedConcurrency'
  > {
  /** The service whose ledger, sealing key and alarm topic the function uses. */
  readonly service: RotationService;
  /** The function may use the credentials in this list that a rule names, and no others. */
  readonly credentials: readonly ThingSpaceCredential[];
  /** The callers and their operations (docs/access.md); the function denies every other request. */
  readonly policy: Policy;
  /** ThingSpace's address. @default - the service's */
  readonly baseUrl?: string;
  /** The limit for one role or user, over all instances of the function. @default 600 */
  readonly requestsPerMinute?: number;
  /** How long a record is kept. @default 400 */
  readonly retentionDays?: number;
  /** How long the function's log is kept; it holds no request and no answer. @default 400 days */
  readonly logRetention?: RetentionDays;
  /** Whether the audit table refuses to be deleted; switch it on once the stack stands. @default false */
  readonly deletionProtection?: boolean;
  /**
   * Whether every write of the table, with the item before it, goes into a stream (`table.tableStreamArn`) for an
   * archive. @default false
   */
  readonly stream?: boolean;
  /** Directory of the built function. @default - the one that comes with this package */
  readonly bundle?: string;
}

/** Longer than two waits for a session and one for ThingSpace take (`lambda/access/serve.ts`). */
const timeout = Duration.seconds(90);

/**
 * Requests of known callers over SOAP or REST, checked, recorded and sent on with the session of a username; and that session itself
 * for callers whom a rule allows it by name.
 */
export class AccessFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  /** One item a request, with pointers by device and by user (`lambda/access/audit.ts`). */
  readonly table: Table;
  /** Callers go to `<url><credential>/<Service>.svc` or `<url><credential>/m2m/v1/…`, and to `<url><credential>/session`. */
  readonly url: string;
  /** Lets its bearers call the URL; attached to the principals that the rules name without an asterisk. */
  readonly callersPolicy: ManagedPolicy;
  readonly alarms: Alarm[];

  /** @throws GrantError for a credential whose secret's policy is not this stack's */
  constructor(scope: Construct, id: string, props: AccessFunctionProps) {
    super(scope, id);
    const { service, policy, retentionDays = 400, requestsPerMinute = 600 } = props;
    const { names, operationsKey } = service;
    const inVpc = props.vpc !== undefined;
    const traced = props.tracing === true;

    this.table = new Table(this, 'Table', {
      // Named, so that CloudFormation fails rather than replaces it by an empty one.
      tableName: names.accessTable,
      partitionKey: { name: 'subject', type: AttributeType.STRING },
      sortKey: { name: 'item', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.deletionProtection ?? false,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: operationsKey,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(props.stream === true ? { stream: StreamViewType.NEW_AND_OLD_IMAGES } : {}),
    });
    const logGroup = rotationLogGroup(this, 'Log', {
      name: names.accessLogGroup,
      retention: props.logRetention ?? 400,
      key: operationsKey,
    });
    service.encryptLog('TheAccessLogIsEncrypted', names.accessLogGroup);

    this.role = rotationRole(this, 'Role', {
      roleName: names.accessRole,
      inVpc,
      description: 'Sends requests of known callers to ThingSpace',
    });
    for (const statement of [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
      // It writes records, and may neither get nor delete them: BatchWriteItem would also delete.
      allow(['dynamodb:PutItem', 'dynamodb:UpdateItem'], [this.table.tableArn]),
      throughDynamoDb(operationsKey),
    ]) {
      this.role.addToPolicy(statement);
    }
    const used = props.credentials.filter(({ credentialName }) =>
      policy.rules.some(({ credentials }) => matchesAny(credentials, credentialName)),
    );
    for (const credential of used) credential.grantClient(this.role);
    service.egress.grantTo(this.role);
    acknowledgeFunctionRole(this.role, { inVpc, traced });

    const secrets = Object.fromEntries(used.map((one) => [one.credentialName, secretIdOf(one)]));
    const usernames = Object.fromEntries(used.map((one) => [one.credentialName, one.username]));
    this.function = serviceFunction(this, 'Function', {
      ...props,
      description: 'Sends requests of known callers to ThingSpace, and records them',
      timeout,
      // An answer of 4 MiB takes up to 330 MB and 0.7 s of a whole CPU (bench/answers.ts).
      memorySize: 1024,
      bundle: props.bundle ?? accessBundleDirectory,
      files: {
        ...accessFiles({ policy, secrets, usernames, retentionDays, requestsPerMinute }),
        ...service.egress.files,
      },
      role: this.role,
      logGroup,
      environment: {
        SERVICE_NAME: service.serviceName,
        ACCESS_TABLE: this.table.tableName,
        LEDGER_TABLE: service.ledger.tableName,
        SEALING_KEY_ID: service.sealingKey.keyArn,
        ALARM_TOPIC_ARN: service.alarmTopic.topicArn,
        ...service.apiEnvironment,
        ...service.egress.environment,
        ...(props.baseUrl === undefined ? {} : { THINGSPACE_BASE_URL: props.baseUrl }),
        LOCKOUT_LIMIT: String(service.lockoutLimit),
        LOCKOUT_BUDGET: String(service.lockoutBudget),
      },
    });
    const { url } = this.function.addFunctionUrl({
      authType: FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.BUFFERED,
    });
    this.url = url;
    this.callersPolicy = this.#callersPolicy(names.accessCallersPolicy, policy);
    service.operatorsPolicy.addStatements(
      allow(['dynamodb:GetItem', 'dynamodb:Query'], [this.table.tableArn]),
      throughDynamoDb(operationsKey),
    );
    this.alarms = accessAlarms(this, service, this.function, policy.observeOnly === true);
  }

  /**
   * Since October 2025 a URL wants both actions (AWS Lambda Developer Guide, "Control access to Lambda function
   * URLs"). The second one only through the URL: a principal that may invoke the function itself can write any caller's name
   * into the event.
   */
  #callersPolicy(managedPolicyName: string, { rules }: Policy): ManagedPolicy {
    const { functionArn } = this.function;
    const named = [...new Set(rules.flatMap(({ principals }) => principals))].filter(
      (arn) => !arn.includes('*'),
    );
    const idOf = (arn: string) => arn.split(':').slice(5).join('-');
    // A role or user may be written with its path and without it; IAM takes each name once.
    const once = (arns: string[]) => [...new Map(arns.map((arn) => [arn.split('/').at(-1), arn])).values()];
    return new ManagedPolicy(this, 'Callers', {
      managedPolicyName,
      description: 'Calls ThingSpace through the access function',
      statements: [
        allow(['lambda:InvokeFunctionUrl'], [functionArn], {
          StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' },
        }),
        allow(['lambda:InvokeFunction'], [functionArn], { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }),
      ],
      roles: once(named.filter((arn) => /:role\/(?!aws-reserved\/)/.test(arn))).map((arn) =>
        Role.fromRoleArn(this, idOf(arn), arn),
      ),
      users: once(named.filter((arn) => arn.includes(':user/'))).map((arn) =>
        User.fromUserArn(this, idOf(arn), arn),
      ),
    });
  }
}

/** A secret that is made here has a name that is known before its ARN is. */
const secretIdOf = ({ credentialName, secret }: ThingSpaceCredential): string =>
  Token.isUnresolved(secret.secretArn) ? `thingspace/${credentialName}` : secret.secretArn;

/** The rights that users of a table under a customer-managed key need (DynamoDB Developer Guide, encryption at rest). */
const throughDynamoDb = (key: IKey) =>
  allow(
    [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    [key.keyArn],
    { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(key).region}.amazonaws.com` } },
  );
