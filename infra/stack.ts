import { Stack, type StackProps } from 'aws-cdk-lib';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type IRole, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { subscribe } from './alarm-receivers.ts';
import type { Config } from './config.ts';
import { subscriptionsOf } from './config-checks.ts';
import { ThingSpaceCredential } from './credential.ts';
import { rotationDashboard } from './dashboard.ts';
import type { Rotation } from './rotation-schedule.ts';
import { RotationService } from './rotation-service.ts';

/** Everything of one configuration: one service, and its credentials in the order of the list. */
export class RotationStack extends Stack {
  readonly service: RotationService;
  readonly credentials: ThingSpaceCredential[];

  constructor(scope: Construct, config: Config, props: StackProps & { bundle?: string } = {}) {
    const { bundle, ...stackProps } = props;
    const { account, region } = config;
    super(scope, config.stackName, {
      description: 'Rotates ThingSpace passwords',
      ...((account || region) && { env: { ...(account && { account }), ...(region && { region }) } }),
      ...stackProps,
    });
    this.service = new RotationService(this, 'Service', {
      ...serviceSettings(config),
      ...this.#imports(config),
      ...(bundle === undefined ? {} : { bundle }),
    });
    for (const subscribed of subscriptionsOf(config)) subscribe(this.service.alarmTopic, subscribed);

    const roleOf = this.#roles();
    this.credentials = config.credentials.map((given, position) => {
      const credential = new ThingSpaceCredential(this, given.name, {
        service: this.service,
        username: given.username,
        rotation: (given.rotation ?? config.rotation) as Rotation,
        position,
        ...this.#importedSecret(given),
      });
      const readers = given.secretArn === undefined ? [...given.readers, ...config.operators] : [];
      for (const reader of readers) credential.grantRead(roleOf(reader));
      for (const client of given.clients) credential.grantClient(roleOf(client));
      return credential;
    });
    rotationDashboard(this, 'Dashboard', { service: this.service, credentials: this.credentials });
  }

  #imports(config: Config) {
    const { sealingKeyArn, vpc } = config;
    return {
      ...(sealingKeyArn && { sealingKey: Key.fromKeyArn(this, 'GivenSealingKey', sealingKeyArn) }),
      ...(vpc && {
        // The subnets are named, so nobody asks for the zones; CDK wants one all the same.
        vpc: Vpc.fromVpcAttributes(this, 'Vpc', { vpcId: vpc.vpcId, availabilityZones: ['any'] }),
        vpcSubnets: {
          subnets: vpc.subnetIds.map((subnetId) => Subnet.fromSubnetId(this, subnetId, subnetId)),
        },
        securityGroups: vpc.securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(this, id, id)),
      }),
    };
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

  /** One construct per role, however often it is named. */
  #roles(): (arn: string) => IRole {
    const roles = new Map<string, IRole>();
    return (arn) => {
      const role = roles.get(arn) ?? Role.fromRoleArn(this, `Role-${arn.split(':').slice(4).join('-')}`, arn);
      roles.set(arn, role);
      return role;
    };
  }
}

function serviceSettings(config: Config) {
  const { thingspace, lockout, runbookUrl } = config;
  return {
    serviceName: config.stackName,
    baseUrl: thingspace.baseUrl,
    transport: thingspace.transport,
    passwordElement: thingspace.passwordElement,
    lockoutLimit: lockout.limit,
    lockoutBudget: lockout.budget,
    rotationBudget: lockout.rotationBudget,
    logRetention: config.logRetentionDays,
    reservedConcurrency: config.reservedConcurrency,
    tracing: config.tracing,
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
  };
}
