import { Duration, RemovalPolicy, Resource, Token } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule, CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PLACEHOLDER } from '../lambda/secret/credential.ts';
import { USERNAME_RULE, usernameFault } from '../lambda/secret/username.ts';
import { credentialMetric, type MetricName } from './credential-metrics.ts';
import { checkDaily } from './daily-checks.ts';
import { serviceTag } from './operators-policy.ts';
import { grantImportedKey, isOfAccount } from './reader-grants.ts';
import { defaultRotation, type Rotation, type Schedule, scheduleOf } from './rotation-schedule.ts';
import type { RotationService } from './rotation-service.ts';
import { secretArnLength } from './secret-arn.ts';
import { restrictReaders } from './secret-policy.ts';

export class UsernameError extends Error {
  override readonly name = 'UsernameError';
}

/** One ThingSpace username, as others see it. */
export interface IThingSpaceCredential {
  readonly username: string;
  readonly secret: ISecret;
  /** A metric of the function about this credential. */
  metric(name: MetricName, options?: { period?: Duration }): Metric;
  metricPasswordAgeDays(): Metric;
  metricFailedLogIns(): Metric;
  /** 1 while an operator is needed. */
  metricTroubleStands(): Metric;
}

export interface ThingSpaceCredentialAttributes {
  /** The name of the service that rotates the credential. */
  readonly serviceName: string;
  readonly username: string;
  readonly secret: ISecret;
}

export interface ThingSpaceCredentialProps {
  /** Function, ledger, keys and topic, which the credentials of a service share. */
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
   * @default - a new secret, without credentials until an operator stores them
   */
  readonly secret?: ISecret;
  /**
   * Whether this stack writes the resource policy of the existing secret too: for one that an earlier
   * deployment of this construct made and kept.
   * @default false
   */
  readonly adopt?: boolean;
  /**
   * Regions in which Secrets Manager keeps a copy of a new secret. The copy has the secret's resource policy, so the same
   * readers may read it; sealed passwords are not copied.
   * @default - none
   */
  readonly replicas?: readonly SecretReplica[];
  /** When the password is changed. @default - every 90 days, from midnight to 04:00 UTC */
  readonly rotation?: Rotation;
}

/** A region in which a copy of the secret can be read. It is never rotated there. */
export interface SecretReplica {
  readonly region: string;
  /**
   * A customer-managed key of that region.
   * @default - AWS's own key for Secrets Manager there, which no other account may use
   */
  readonly keyArn?: string;
}

/** The grant cannot be made from here. */
export class GrantError extends Error {
  override readonly name = 'GrantError';
}

/** One ThingSpace username: its secret, its readers, its schedule, its daily check. */
export class ThingSpaceCredential extends Construct implements IThingSpaceCredential {
  /** A credential that another stack deployed, for its metrics and its secret. */
  static fromThingSpaceCredentialAttributes(
    attributes: ThingSpaceCredentialAttributes,
  ): IThingSpaceCredential {
    return imported(attributes);
  }

  readonly credentialName: string;
  readonly username: string;
  readonly secret: ISecret;
  readonly schedule: Schedule;
  readonly #service: RotationService;
  readonly #policyIsOurs: boolean;
  readonly #adopted: boolean;
  readonly #readers = new Map<string, IRole>();
  readonly #metrics: IThingSpaceCredential;

  /** @throws UsernameError, GrantError */
  constructor(scope: Construct, id: string, props: ThingSpaceCredentialProps) {
    super(scope, id);
    const { service, username, secret, adopt = false, replicas = [] } = props;
    this.#service = service;
    this.#policyIsOurs = secret === undefined || adopt;
    this.#adopted = secret !== undefined && adopt;
    this.credentialName = props.credentialName ?? id;
    this.username = checkedUsername(username);
    this.schedule = scheduleOf(props.rotation ?? defaultRotation);
    this.secret = secret ?? this.#newSecret(replicas);
    this.#metrics = imported({ serviceName: service.serviceName, username, secret: this.secret });
    const { secretArn } = this.secret;
    service.serve({
      username,
      secretArn,
      arnLength: this.#arnLength,
      key: this.secret.encryptionKey,
      schedule: this.schedule,
      imported: secret !== undefined,
    });

    const rotates = this.#scheduleRotation();
    if (this.#policyIsOurs) {
      const policy = restrictReaders(this, 'Readers', {
        secret: this.secret,
        grantedArns: () => [...this.#readers.keys()],
        readerArns: () => [...service.readerArns(), ...this.#readers.keys()],
      });
      rotates.addResourceDependency(policy);
      service.watchReads({
        secretArn,
        secretName: this.#secretName(),
        arnLength: this.#arnLength,
        readerArns: () => [...this.#readers.keys()],
      });
    }
    checkDaily(this, 'Daily', {
      checks: service.dailyChecks,
      rotation: service.function,
      name: this.credentialName,
      secretArn,
    });
  }

  /**
   * Lets a role read the secret, by the secret's own policy: nothing is attached to the role, so its owner can
   * delete it, and a role of another account works too once its own policy allows the same. The role must
   * exist: Secrets Manager refuses a policy that names one that does not.
   *
   * @throws GrantError for an imported secret, and where an imported key needs a policy at a role that takes none
   */
  grantRead(reader: IRole): void {
    if (!this.#policyIsOurs) {
      throw new GrantError(
        `${this.credentialName} is an imported secret: name ${describe(reader)} in the secret's own resource policy and leave the reader out here.`,
      );
    }
    this.#readers.set(reader.roleArn, reader);
    this.#service.addReaderAccount(reader.env.account);
    const key = this.secret.encryptionKey;
    // A key that this project made lets every reader of the secret decrypt; AWS's own key for Secrets Manager does too.
    if (!key || this.#adopted || Resource.isOwnedResource(key)) return;
    // The statements for the owner of the key name the reader's account (`RotationService.importedKeys`).
    if (!isOfAccount(this, reader) || grantImportedKey(key, reader)) return;
    throw new GrantError(
      `No policy can be attached to ${describe(reader)}, which would let it use the imported key: give a role that this app may change, or let this stack make the key.`,
    );
  }

  /**
   * Grants the rights of an app that uses the client library: to read the secret, to use the ledger's items of this
   * username and of no other, to seal the session that its fleet shares, and to announce a failed log-in. All rights
   * except the first are attached to the role, which must be of this account.
   *
   * @throws GrantError
   */
  grantClient(reader: IRole): void {
    if (!isOfAccount(this, reader)) {
      throw new GrantError(
        `The ledger can be granted only to roles that are certainly of this account: give ${describe(reader)} as a reader, or give the stack its account (env) and a role of it.`,
      );
    }
    this.grantRead(reader);
    const { username, secret } = this;
    const used = { username, secretArn: secret.secretArn, arnLength: this.#arnLength };
    if (this.#service.grantClient(reader, used)) return;
    throw new GrantError(
      `No policy can be attached to ${describe(reader)}: it must be a role that this app may change.`,
    );
  }

  metric(name: MetricName, options?: { period?: Duration }): Metric {
    return this.#metrics.metric(name, options);
  }

  metricPasswordAgeDays(): Metric {
    return this.metric('PasswordAgeDays');
  }

  metricFailedLogIns(): Metric {
    return this.metric('FailedLogIns');
  }

  metricTroubleStands(): Metric {
    return this.metric('TroubleStands');
  }

  /** Named, so that CloudFormation can never replace it by an empty one: it fails instead. */
  #newSecret(replicas: readonly SecretReplica[]): ISecret {
    const { sealingKey, serviceName } = this.#service;
    const secret = new CfnSecret(this, 'Secret', {
      name: this.#secretName(),
      description: `ThingSpace credentials of ${this.username}; rotated by ${serviceName}`,
      kmsKeyId: sealingKey.keyArn,
      // Constant: CloudFormation writes a value only when the template's changes, and the live password
      // would be gone. ThingSpace refuses "<", so this one can never be presented.
      secretString: JSON.stringify(PLACEHOLDER),
      tags: [{ key: serviceTag, value: serviceName }],
      ...(replicas.length > 0 && {
        replicaRegions: replicas.map(({ region, keyArn }) => ({
          region,
          ...(keyArn !== undefined && { kmsKeyId: keyArn }),
        })),
      }),
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return Secret.fromSecretAttributes(this, 'Imported', {
      secretCompleteArn: secret.ref,
      encryptionKey: sealingKey,
    });
  }

  #secretName(): string {
    return `thingspace/${this.credentialName}`;
  }

  /** Characters of the secret's ARN, at most. */
  get #arnLength(): number {
    const { secretArn } = this.secret;
    return Token.isUnresolved(secretArn) ? secretArnLength(this, this.#secretName()) : secretArn.length;
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
}

function checkedUsername(username: string): string {
  const fault = usernameFault(username);
  if (Token.isUnresolved(username) || fault === undefined) return username;
  throw new UsernameError(`username: write the ThingSpace username: ${USERNAME_RULE}, and here ${fault}.`);
}

function imported({ serviceName, username, secret }: ThingSpaceCredentialAttributes): IThingSpaceCredential {
  const metric: IThingSpaceCredential['metric'] = (name, { period = Duration.hours(1) } = {}) =>
    credentialMetric(serviceName, username, { name, period });
  return {
    username,
    secret,
    metric,
    metricPasswordAgeDays: () => metric('PasswordAgeDays'),
    metricFailedLogIns: () => metric('FailedLogIns'),
    metricTroubleStands: () => metric('TroubleStands'),
  };
}

const describe = (role: IRole) => `the role ${role.roleName}`;
