import { RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { allow } from './allow.ts';
import { withFiles } from './function-asset.ts';

/** Where the function runs, and how many at once. */
export interface RotationFunctionOptions {
  /**
   * VPC to run in; its subnets need a way to ThingSpace and to the AWS endpoints (docs/deploy.md).
   * @default - no VPC: Lambda's own network reaches both
   */
  readonly vpc?: IVpc;
  /** @default - the private subnets of the VPC that have a way out */
  readonly vpcSubnets?: SubnetSelection;
  /** @default - a new security group that lets everything out */
  readonly securityGroups?: ISecurityGroup[];
  /**
   * Whether the function uses IPv6 in dual-stack subnets, also towards AWS (dual-stack endpoints). Lambda runs in no
   * subnet of IPv6 alone. @default false
   */
  readonly ipv6?: boolean;
  /** X-Ray traces; they hold names of calls and durations, no request bodies. @default false */
  readonly tracing?: boolean;
  /**
   * Invocations at once, 2 at least, or `none` to share the account's. An account whose quota is still the
   * initial 10 cannot reserve any: a first deployment would fail.
   * @default none
   */
  readonly reservedConcurrency?: number | 'none';
}

/** Its log holds sealed passwords: kept when the stack goes, and found again by its name. */
export function rotationLogGroup(
  scope: Construct,
  id: string,
  props: { name: string; retention: RetentionDays; key: IKey },
): LogGroup {
  return new LogGroup(scope, id, {
    logGroupName: props.name,
    retention: props.retention,
    encryptionKey: props.key,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

/** A role of its own, without the managed policies: they would let it write to every log group. */
export function rotationRole(
  scope: Construct,
  id: string,
  props: { roleName: string; inVpc: boolean; description?: string },
): Role {
  const role = new Role(scope, id, {
    roleName: props.roleName,
    description: props.description ?? 'Rotates the ThingSpace passwords',
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  if (props.inVpc) {
    // As Lambda's documentation of VPC access lists them.
    const actions = [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ];
    role.addToPolicy(allow(actions, ['*']));
  }
  return role;
}

/** A function of the service: the rotation's, or the access function. */
export function serviceFunction(
  scope: Construct,
  id: string,
  props: RotationFunctionOptions &
    Required<Pick<FunctionProps, 'description' | 'timeout' | 'memorySize'>> & {
      bundle: string;
      /** Files beside the bundle, by name. */
      files: Readonly<Record<string, string>>;
      role: Role;
      logGroup: ILogGroup;
      environment: Record<string, string>;
    },
): LambdaFunction {
  const { description, timeout, memorySize, role, logGroup, reservedConcurrency = 'none' } = props;
  const makeWith = (code: Code) =>
    new LambdaFunction(scope, id, {
      ...{ description, timeout, memorySize, role, code },
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      // Text, not JSON: the sealed passwords are found in the log exactly as they were written.
      logGroup,
      environment: {
        ...props.environment,
        ...networkEnvironment(props),
        NODE_OPTIONS: '--enable-source-maps',
      },
      tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(reservedConcurrency === 'none' ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
      ...networkOf(props),
    });
  // The asset is staged when the function is made.
  return withFiles(props.bundle, props.files, (directory) => makeWith(Code.fromAsset(directory)));
}

export type Network = Pick<RotationFunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups' | 'ipv6'>;

const networkOf = ({ vpc, vpcSubnets, securityGroups, ipv6 }: Network) => ({
  ...(vpc && { vpc }),
  ...(vpcSubnets && { vpcSubnets }),
  ...(securityGroups && { securityGroups }),
  ...(ipv6 && { ipv6AllowedForDualStack: true }),
});

/** The SDK's own variable: the usual names of AWS's services have no address of IPv6. */
const networkEnvironment = ({ ipv6 }: Network): Record<string, string> =>
  ipv6 ? { AWS_USE_DUALSTACK_ENDPOINT: 'true' } : {};
