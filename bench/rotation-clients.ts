/** Only the AWS clients that the rotation function uses: the bundle's start is measured against them. */
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

export const used = [
  [DynamoDBClient, GetItemCommand, PutItemCommand, marshall, unmarshall],
  [KMSClient, GenerateDataKeyCommand, DecryptCommand],
  [SecretsManagerClient, DescribeSecretCommand, GetSecretValueCommand],
  [PutSecretValueCommand, UpdateSecretVersionStageCommand],
  [SNSClient, PublishCommand],
];
