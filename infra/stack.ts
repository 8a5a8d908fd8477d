import { CfnOutput, PermissionsBoundary, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { type ISubnet, SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type IRole, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Calendar } from '../lambda/calendar.ts';
import { AccessFunction } from './access-function.ts';
import { subscribe } from './alarm-receivers.ts';
import type { Config } from './config.ts';
import { subscriptionsOf } from './config-checks.ts';
import { type SecretReplica, ThingSpaceCredential } from './credential.ts';
import { rotationDashboard } from './dashboard.ts';
import type { EgressOptions } from './egress.ts';
import type { Network } from './rotation-function.ts';
import type { Rotation } from './rotation-schedule.ts';
import { RotationService } from './rotation-service.ts';
import type { ThingSpaceApiOptions } from './thingspace-api.ts';

/** Everything of one configuration: one service and its credentials. */
export class RotationStack extends Stack {
  readonly service: RotationService;
  readonly credentials: ThingSpaceCredential[];
  /** Only where the configuration has `access`. */
  readonly access: AccessFunction | undefined;

  constructor(scope: Construct, config: Config, props: StackProps & { bundle?: string } = {}) {
    const { bundle, ...stackProps } = props;
    const { account, region, permissionsBoundaryArn } = config;
    super(scope, config.stackName, {
      description: 'Rotates ThingSpace passwords',
      env: { account, region },
      ...(permissionsBoundaryArn && {
        permissionsBoundary: PermissionsBoundary.fromArn(permissionsBoundaryArn),
      }),
      // Indented, a hundred credentials would meet CloudFormation's limit of one megabyte.
      suppressTemplateIndentation: config.credentials.length > 20,
      ...stackProps,
    });
    Validations.of(this).acknowledge({
      id: 'Annotation::@aws-cdk/core:Stack.templateSize',
      reason: 'It warns at 80 percent; `limits.ts` rejects what exceeds the limit.',
    });
    const network = this.#network(config);
    this.service = new RotationService(this, 'Service', {
      ...serviceSettings(config),
      ...this.#imports(config),
      ...network,
      ...(bundle === undefined ? {} : { bundle }),
    });
    for (const subscribed of subscriptionsOf(config)) subscribe(this.service.alarmTopic, subscribed);

    const roleOf = this.#roles();
    this.credentials = config.credentials.map((given) => {
      const credential = new ThingSpaceCredential(this, given.name, {
        service: this.service,
        username: given.username,
        adopt: given.adopt,
        rotation: (given.rotation ?? config.rotation) as Rotation,
        replicas: config.replicas as SecretReplica[],
        ...this.#importedSecret(given),
      });
      for (const reader of given.readers) credential.grantRead(roleOf(reader));
      for (const client of given.clients) credential.grantClient(roleOf(client));
      return credential;
    });
    this.access = this.#accessFunction(config, network, bundle);
    const { service, credentials, access } = this;
    rotationDashboard(this, 'Dashboard', { service, credentials, access });
    this.#outputs(config);
  }

  #imports(config: Config) {
    const { sealingKeyArn, operationsKeyArn, egress } = config;
    return {
      ...(sealingKeyArn && { sealingKey: Key.fromKeyArn(this, 'GivenSealingKey', sealingKeyArn) }),
      ...(operationsKeyArn && {
        operationsKey: Key.fromKeyArn(this, 'GivenOperationsKey', operationsKeyArn),
      }),
      ...(egress && this.#egress(egress)),
    };
  }

  #network({ vpc }: Config): Network {
    if (vpc === undefined) return {};
    return {
      // The subnets are named, so no code uses the zones; CDK still needs one.
      vpc: Vpc.fromVpcAttributes(this, 'Vpc', { vpcId: vpc.vpcId, availabilityZones: ['any'] }),
      vpcSubnets: { subnets: vpc.subnetIds.map((subnetId) => this.#subnet(subnetId)) },
      securityGroups: vpc.securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(this, id, id)),
      ...(vpc.ipv6 && { ipv6: true }),
    };
  }

  #egress({
    proxyUrl,
    proxySecretArn,
    proxySecretKeyArn,
    caFile,
  }: NonNullable<Config['egress']>): EgressOptions {
    return {
      ...(proxyUrl && { proxyUrl }),
      ...(proxySecretArn && {
        proxySecret: Secret.fromSecretAttributes(this, 'GivenProxySecret', {
          secretCompleteArn: proxySecretArn,
          ...(proxySecretKeyArn && {
            encryptionKey: Key.fromKeyArn(this, 'GivenProxyKey', proxySecretKeyArn),
          }),
        }),
      }),
      ...(caFile && { caCertificates: caFile }),
    };
  }

  #subnet(subnetId: string): ISubnet {
    const subnet = Subnet.fromSubnetId(this, subnetId, subnetId);
    Validations.of(subnet).acknowledge({
      id: 'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
      reason: 'The function needs the id of a subnet only.',
    });
    return subnet;
  }

  #importedSecret({ name, secretArn, secretKeyArn }: Config['credentials'][number]) {
    if (secretArn === undefined) return {};
    return {
      secret: Secret.fromSecretAttributes(this, `Given-${name}`, {
        secretCompleteArn: secretArn,
        ...(secretKeyArn && { encryptionKey: Key.fromKeyArn(this, `GivenKey-${name}`, secretKeyArn) }),
      }),
    };
  }

  #accessFunction(
    { access, logRetentionDays, tracing }: Config,
    network: Network,
    bundle: string | undefined,
  ): AccessFunction | undefined {
    if (!access) return undefined;
    const { rules, speakers, personsBySessionName, userTokens, observeOnly, ...settings } = access;
    return new AccessFunction(this, 'Access', {
      service: this.service,
      credentials: this.credentials,
      policy: { rules, speakers, personsBySessionName, userTokens, ...(observeOnly && { observeOnly }) },
      ...settings,
      tracing,
      logRetention: logRetentionDays,
      ...network,
      ...(bundle === undefined ? {} : { bundle }),
    });
  }

  /** One construct per role, however often it is named. */
  #roles(): (arn: string) => IRole {
    const roles = new Map<string, IRole>();
    return (arn) => {
      const role = roles.get(arn) ?? Role.fromRoleArn(this, this.#roleId(arn), arn);
      roles.set(arn, role);
      return role;
    };
  }

  /** CDK writes "/" in an id as "--", so the roles `a/b` and `a--b` would have the same. */
  #roleId(arn: string): string {
    let id = `Role-${arn.split(':').slice(4).join('-')}`;
    while (this.node.tryFindChild(id)) id += '-';
    return id;
  }

  /** Writes the outputs that the operator's tool reads by these names. */
  #outputs(config: Config): void {
    const { service } = this;
    const outputs: Record<string, string> = {
      ...(this.access && {
        AccessUrl: this.access.url,
        AccessFunctionName: this.access.function.functionName,
        AccessTable: this.access.table.tableName,
        ...(this.access.table.tableStreamArn && { AccessStreamArn: this.access.table.tableStreamArn }),
        AccessCallersPolicyArn: this.access.callersPolicy.managedPolicyArn,
      }),
      ServiceName: service.serviceName,
      FunctionName: service.function.functionName,
      LedgerTable: service.ledger.tableName,
      AlarmTopicArn: service.alarmTopic.topicArn,
      SealingKeyArn: service.sealingKey.keyArn,
      ...Object.fromEntries(
        service
          .operatorsPolicies()
          .map(({ managedPolicyArn }, index) => [numbered('OperatorsPolicyArn', index), managedPolicyArn]),
      ),
      ...credentialOutputs(config),
    };
    for (const [id, value] of Object.entries(outputs)) new CfnOutput(this, id, { value });
  }
}

/** No limit of an output's length is published; a parameter's is 4,096 bytes. */
const longestOutput = 4_000;

/**
 * `Credentials`, and `Credentials2`, … where one would be too long: JSON lists of name, username and the
 * secret's name or ARN.
 */
export function credentialOutputs(config: Config): Record<string, string> {
  const portions: string[][] = [[]];
  for (const { name, username, secretArn } of config.credentials) {
    const entry = JSON.stringify({ name, username, secret: secretArn ?? `thingspace/${name}` });
    const portion = portions.at(-1) ?? [];
    if (portion.length > 0 && [...portion, entry].join().length > longestOutput) portions.push([entry]);
    else portion.push(entry);
  }
  return Object.fromEntries(
    portions.map((entries, index) => [numbered('Credentials', index), `[${entries.join()}]`]),
  );
}

/** `Name`, `Name2`, `Name3`, … */
const numbered = (name: string, index: number) => `${name}${index === 0 ? '' : index + 1}`;

function serviceSettings(config: Config) {
  const { thingspace, lockout, exchangeBrake, runbookUrl, supportContact } = config;
  return {
    serviceName: config.stackName,
    ...(thingspace as ThingSpaceApiOptions),
    lockoutLimit: lockout.limit,
    lockoutBudget: lockout.budget,
    rotationBudget: lockout.rotationBudget,
    logRetention: config.logRetentionDays,
    ledgerDeletionProtection: config.ledgerDeletionProtection,
    operators: config.operators,
    deploymentRoles: config.deploymentRoles,
    reservedConcurrency: config.reservedConcurrency,
    tracing: config.tracing,
    ...(exchangeBrake === undefined ? {} : { exchangeBrake }),
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
    ...(supportContact === undefined ? {} : { supportContact }),
    reasonRequired: config.reasonRequired,
    readAlarm: config.readAlarm,
    noticeDays: config.noticeDays,
    ...(config.calendar === undefined ? {} : { calendar: config.calendar as Calendar }),
  };
}
