import type { RotationStarter } from '../lambda/secret/start-rotation.ts';

/** The operator's tool's calls to AWS that the function itself does not make. Every method throws `AwsCallError`. */
export interface Account extends RotationStarter {
  /** Where the calls go, in words: `region us-east-1, profile prod`. */
  readonly place: string;
  /** DescribeSecret; by name or ARN. */
  secret(secretId: string): Promise<SecretFacts>;
  /** Every secret of the region that has a rotation function. */
  secrets(): Promise<SecretFacts[]>;
  function(functionArn: string): Promise<FunctionFacts>;
  /** One synchronous invocation, never repeated: as long as a function may live. */
  invoke(functionArn: string, event: object): Promise<Invoked>;
}

/** Times are milliseconds since 1970. */
export type SecretFacts = {
  arn: string;
  name: string;
  createdAt?: number | undefined;
  rotationEnabled: boolean;
  functionArn: string | undefined;
  lastRotatedAt: number | undefined;
  nextRotationAt: number | undefined;
  /** Since when it waits to be deleted. */
  deletedAt: number | undefined;
  /** The region in which it can be written and rotated; of a secret without replicas it may be absent. */
  primaryRegion?: string | undefined;
  replicas?: { region: string; status: string; message?: string | undefined }[];
};

export type FunctionFacts = {
  arn: string;
  /** The ARN of its role. */
  role?: string | undefined;
  environment: Readonly<Record<string, string>>;
  logGroup: string | undefined;
  timeoutSeconds: number | undefined;
  modifiedAt: string | undefined;
  /** Active, Inactive, Pending or Failed. */
  state: string | undefined;
};

/** How the invocation ended; the function's errors are all its own (`PresentableError`). */
export type Invoked = { ok: true } | { ok: false; errorName: string; message: string };
