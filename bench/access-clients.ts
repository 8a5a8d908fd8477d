/** Only the AWS clients that the access function uses: the bundle's start is measured against them. */
import {
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

export const used = [
  [DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand, BatchWriteItemCommand],
  [marshall, unmarshall],
  [KMSClient, EncryptCommand, DecryptCommand],
  [SecretsManagerClient, DescribeSecretCommand, GetSecretValueCommand],
  [SNSClient, PublishCommand],
];
