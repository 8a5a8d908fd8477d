/** The AWS resources around the function, for `audit`, `status`, `rotate`, `doctor` and `test-alarm`. Methods throw `AwsCallError`. */
export interface Surroundings {
  /** Audit rows that are items of their own, oldest first. */
  auditItems(credential: string): Promise<Record<string, unknown>[]>;
  /** The function's errors about a secret since then, oldest first; of a version that names none, all. */
  errorsSince(
    logGroup: string,
    secretArn: string | undefined,
    sinceMs: number,
  ): Promise<{ errorName: string; message: string }[]>;
  /** Lines of a log with all these terms since then, oldest first. */
  logLines(logGroup: string, terms: string, sinceMs: number): Promise<{ at: number; message: string }[]>;
  key(keyId: string): Promise<{ state: string; manager: string; usage: string }>;
  table(): Promise<{ status: string; keys: string[] }>;
  subscriptions(topicArn: string): Promise<{ protocol: string; confirmed: boolean }[]>;
  publish(topicArn: string, subject: string, text: string): Promise<string>;
  /** The metric alarm of this metric that publishes to the topic when it begins; undefined where there is none. */
  alarmOf(topicArn: string, metric: string): Promise<TopicAlarm | undefined>;
  /** @param reason shown in the message that CloudWatch sends where the state changes to ALARM */
  setAlarmState(name: string, state: AlarmState, reason: string): Promise<void>;
  logGroupExists(name: string): Promise<boolean>;
  /** The ARN of the customer-managed key of a log group. */
  keyOfLogGroup(name: string): Promise<string | undefined>;
  /** The policy of a key, as JSON. */
  keyPolicy(keyId: string): Promise<string>;
  trails(): Promise<Trail[]>;
  /** Changes of a secret since then, oldest first. */
  changes(secret: { arn: string; name: string }, sinceMs: number): Promise<SecretChange[]>;
  /** Whether SMS go only to numbers that were verified in SNS. */
  smsSandbox(): Promise<boolean>;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export type TopicAlarm = { name: string; state: AlarmState; actionsEnabled: boolean };

/** One call that changed a secret, its labels or its rotation, as CloudTrail recorded it. */
export type SecretChange = {
  at: number;
  /** The operation: `PutSecretValue`. */
  what: string;
  /** The caller's ARN. */
  who: string;
  /** The caller's address, or the AWS service that called. */
  from: string;
  versionId: string | undefined;
  /** AWS's error: the call changed nothing. */
  refusedWith: string | undefined;
};

/** A CloudTrail trail that sees this region. EventBridge gets events of management writes only through one. */
export type Trail = { name: string; logging: boolean; managementWrites: boolean };
