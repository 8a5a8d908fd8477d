import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule, CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PLACEHOLDER } from '../lambda/secret/credential.ts';
import { credentialAlarms } from './credential-alarms.ts';
import { grantKeyToReader, grantLedgerItem } from './reader-grants.ts';
import { checkDaily, recoverOnFailure } from './recover-triggers.ts';
import { defaultRotation, type Rotation, type Schedule, scheduleAt } from './rotation-schedule.ts';
import type { RotationService } from './rotation-service.ts';
import { restrictReaders } from './secret-policy.ts';

export interface ThingSpaceCredentialProps {
  /** Function, ledger, keys and topic, which the credentials of a stack share. */
  readonly service: RotationService;
  /** The ThingSpace username: what the platform locks, and what ledger, metrics and alarms are keyed by. */
  readonly username: string;
  /**
   * Name of the credential; the secret is called `thingspace/<name>`.
   * @default - the construct's id
   */
  readonly credentialName?: string;
  /**
   * An existing secret of this account and region, by its full ARN and with its key where that is
   * customer-managed. Its resource policy stays its owner's: readers are named there.
   * @default - a new secret, without credentials until a person stores them
   */
  readonly secret?: ISecret;
  /** When the password is changed. @default - every 90 days, from midnight to 04:00 UTC */
  readonly rotation?: Rotation;
  /** Place among the credentials that are deployed together; staggers their rotations. @default 0 */
  readonly position?: number;
}

/** The grant cannot be made from here. */
export class GrantError extends Error {
  override readonly name = 'GrantError';
}

/** One ThingSpace username: its secret, who reads it, its schedule, its alarms. */
export class ThingSpaceCredential extends Construct {
  readonly credentialName: string;
  readonly username: string;
  readonly secret: ISecret;
  readonly schedule: Schedule;
  readonly alarms: Alarm[];
  readonly #service: RotationService;
  readonly #owned: boolean;
  readonly #readers = new Map<string, IRole>();

  constructor(scope: Construct, id: string, props: ThingSpaceCredentialProps) {
    super(scope, id);
    const { service, username, position = 0 } = props;
    this.#service = service;
    this.#owned = props.secret === undefined;
    this.credentialName = props.credentialName ?? id;
    this.username = username;
    this.schedule = scheduleAt(props.rotation ?? defaultRotation, position);
    this.secret = props.secret ?? this.#newSecret();
    service.serve({ secretArn: this.secret.secretArn, key: this.secret.encryptionKey });

    const rotates = this.#scheduleRotation();
    if (this.#owned) {
      const policy = restrictReaders(this, 'Readers', {
        secret: this.secret,
        grantedArns: () => [...this.#readers.keys()],
        readerArns: () => [service.functionRole.roleArn, ...this.#readers.keys()],
      });
      policy.applyRemovalPolicy(RemovalPolicy.RETAIN);
      rotates.addResourceDependency(policy);
    }
    recoverOnFailure(this, 'Failed', {
      service,
      name: this.credentialName,
      secretArn: this.secret.secretArn,
    });
    checkDaily(this, 'Daily', { service, secretArn: this.secret.secretArn, position });
    this.alarms = credentialAlarms(this, service.alarmTopic, {
      username,
      lockoutBudget: service.lockoutBudget,
      lockoutLimit: service.lockoutLimit,
      overdueAfterDays: this.schedule.overdueAfterDays,
    });
  }

  /**
   * Lets a role read the secret, by the secret's and the key's own policies: nothing is attached to the role,
   * so its owner can delete it, and a role of another account works too once its own policy allows the same.
   *
   * @throws GrantError for an imported secret
   */
  grantRead(reader: IRole): void {
    if (!this.#owned) {
      throw new GrantError(
        `${this.credentialName} is an imported secret: name ${describe(reader)} in the secret's own resource policy and leave the reader out here.`,
      );
    }
    this.#readers.set(reader.roleArn, reader);
    const { sealingKey } = this.#service;
    if (!grantKeyToReader(sealingKey, reader, this.#secretArnPattern())) {
      throw new GrantError(
        `Neither the imported key nor ${describe(reader)} can be granted from here: allow kms:Decrypt for the role in the key's policy, or let this stack make the key.`,
      );
    }
  }

  /**
   * What an app that uses the client library needs: to read the secret, and the ledger's items of this
   * username and of no other. The ledger's part is attached to the role, which must be of this account.
   *
   * @throws GrantError
   */
  grantClient(reader: IRole): void {
    this.grantRead(reader);
    if (!grantLedgerItem(this.#service.ledger, reader, this.username)) {
      throw new GrantError(
        `The ledger can be granted to roles of this account only: give ${describe(reader)} as a reader, or run the client under a role of this account.`,
      );
    }
  }

  /** Named, so that CloudFormation can never replace it by an empty one: it fails instead. */
  #newSecret(): ISecret {
    const { sealingKey, serviceName } = this.#service;
    const secret = new CfnSecret(this, 'Secret', {
      name: `thingspace/${this.credentialName}`,
      description: `ThingSpace credentials of ${this.username}; rotated by ${serviceName}`,
      kmsKeyId: sealingKey.keyArn,
      // Constant: CloudFormation writes a value only when the template's changes, and the live password
      // would be gone. ThingSpace refuses "<", so this one can never be presented.
      secretString: JSON.stringify(PLACEHOLDER),
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return Secret.fromSecretAttributes(this, 'Imported', {
      secretCompleteArn: secret.ref,
      encryptionKey: sealingKey,
    });
  }

  #scheduleRotation(): CfnRotationSchedule {
    const rotates = new CfnRotationSchedule(this, 'Rotation', {
      secretId: this.secret.secretArn,
      rotationLambdaArn: this.#service.function.functionArn,
      // A secret that holds no credentials yet must not cause a log-in.
      rotateImmediatelyOnUpdate: false,
      rotationRules: { scheduleExpression: this.schedule.expression, duration: this.schedule.duration },
    });
    // Secrets Manager runs testSecret when the schedule is made: everything must be in place by then.
    rotates.node.addDependency(this.#service.invokePermission, this.#service.functionRole);
    return rotates;
  }

  /** The key's policy cannot name the secret (the secret names the key), but its name is known. */
  #secretArnPattern(): string {
    return Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `thingspace/${this.credentialName}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}

const describe = (role: IRole) => `the role ${role.roleName}`;
