import { Lazy, Names } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { publishThroughKey } from './alarm-topic.ts';
import { allow } from './allow.ts';

/** A credential of a client. `arnLength`: characters of the secret's ARN, at most. */
export type Used = { username: string; secretArn: string; arnLength: number };

type Resources = { ledger: Table; sealingKey: IKey; topic: ITopic; operationsKey: IKey };

/** Some of a role's credentials: their usernames and secrets are named by one policy. `room` is in characters. */
type Portion = { usernames: string[]; secretArns: string[]; room: number };

/** A role's inline policies hold 10,240 characters together, and the role may have others. */
const inlineRoom = 3_000;
/** A managed policy holds 6,144 characters; the rest is for the two statements around the names. */
const managedRoom = 5_000;

/**
 * Grants the rights of the client library, except reading the secrets: the ledger's items of the usernames, the
 * sessions of the secrets, publishing alarms. A role has one inline policy, and managed policies for the credentials
 * that do not fit into it (the first after some eight to thirty credentials).
 *
 * @returns adds a credential to a role's; false when nothing could be attached to the role
 */
export function clientGrants(resources: Resources): (reader: IRole, used: Used) => boolean {
  const portionsOf = new Map<string, Portion[]>();
  return (reader, { username, secretArn, arnLength }) => {
    // The ledger's key is the username in lower case.
    const key = username.toLowerCase();
    const length = JSON.stringify(key).length + arnLength + '"",,'.length;
    const portions = portionsOf.get(reader.roleArn) ?? [];
    portionsOf.set(reader.roleArn, portions);
    let portion = portions.at(-1);
    if (portion === undefined || portion.room < length) {
      const isFirst = portion === undefined;
      portion = { usernames: [], secretArns: [], room: isFirst ? inlineRoom : managedRoom };
      if (isFirst && !attachInline(reader, portion, resources)) return false;
      if (!isFirst) attachManaged(reader, portion, resources, portions.length + 1);
      portions.push(portion);
    }
    portion.room -= length;
    portion.usernames.push(key);
    portion.secretArns.push(secretArn);
    return true;
  };
}

function attachInline(reader: IRole, portion: Portion, resources: Resources): boolean {
  const { topic, operationsKey } = resources;
  return [
    ofLedger(portion, resources),
    ofSessions(portion, resources),
    ofTable(resources),
    ...alarms(topic, operationsKey),
  ].every((statement) => reader.addToPrincipalPolicy(statement).statementAdded);
}

/** In the scope of the role, as its inline policy: the service may be in another stack. */
function attachManaged(reader: IRole, portion: Portion, resources: Resources, number: number): void {
  new ManagedPolicy(reader, `${Names.nodeUniqueId(resources.ledger.node)}Clients${number}`, {
    description: 'Uses more ThingSpace usernames than an inline policy holds',
    roles: [reader],
    statements: [ofLedger(portion, resources), ofSessions(portion, resources)],
  });
}

const ofLedger = ({ usernames }: Portion, { ledger }: Resources): PolicyStatement =>
  allow(['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'], [ledger.tableArn], {
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': Lazy.any({ produce: () => usernames }) },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  });

/** Shows when the table was created: an item that is older was restored (`lambda/ledger/other-table.ts`). */
const ofTable = ({ ledger }: Resources): PolicyStatement =>
  allow(['dynamodb:DescribeTable'], [ledger.tableArn]);

/**
 * Seals and opens the fleets' sessions of these secrets (`lambda/session/token-sealer.ts`), and nothing else that the
 * sealing key sealed: a sealed password has `token` in its encryption context, a session has `purpose`.
 */
const ofSessions = ({ secretArns }: Portion, { sealingKey }: Resources): PolicyStatement =>
  allow(['kms:Decrypt', 'kms:Encrypt'], [sealingKey.keyArn], {
    StringEquals: {
      'kms:EncryptionContext:secretArn': Lazy.any({ produce: () => secretArns }),
      'kms:EncryptionContext:purpose': 'session',
    },
    'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['secretArn', 'purpose'] },
  });

/**
 * Announces failed log-ins at once. SNS has no condition on what a message says: a principal that may publish may write
 * an alarm of any credential of the service (docs/security.md).
 */
const alarms = (topic: ITopic, key: IKey): PolicyStatement[] => [
  allow(['sns:Publish'], [topic.topicArn]),
  publishThroughKey(key, topic),
];
