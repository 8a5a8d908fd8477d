import { Logger } from '@aws-lambda-powertools/logger';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AWS_CLIENT } from '../aws-client.ts';
import { systemClock } from '../clock.ts';
import { createSessionHolder } from '../session/create-session.ts';
import type { SessionHolder } from '../session/session.ts';
import { checkBaseUrl } from '../thingspace/base-url.ts';
import { sendOnce } from '../thingspace/http-call.ts';
import { auditOver } from './audit.ts';
import { dynamoDbAudit } from './audit-table.ts';
import { MAX_FORWARDED_BYTES, type Send } from './forward.ts';
import { countAccess } from './metrics.ts';
import type { Services } from './serve.ts';
import type { Settings } from './settings.ts';
import type { Wire } from './wire.ts';

/**
 * Makes the services, once per process.
 * @param admit counts requests: it was at work before this code was loaded
 * @throws BaseUrlError
 */
export async function servicesOf(
  settings: Settings,
  dynamodb: DynamoDBClient,
  admit: Services['admit'],
  wire: Wire,
): Promise<Services> {
  const logger = new Logger({ serviceName: 'thingspace-access' });
  const clients = {
    dynamodb,
    kms: new KMSClient(AWS_CLIENT),
    secretsManager: new SecretsManagerClient(AWS_CLIENT),
  };
  const { transport, proxy } = settings;
  // Loaded where there is a proxy, before a request is served.
  const sendCall = proxy
    ? (await import('../through-proxy.ts')).sendThroughProxy(proxy, clients.secretsManager)
    : sendOnce;
  const baseUrl = checkBaseUrl(settings.baseUrl);
  const sessions = new Map<string, SessionHolder>();
  const log: Services['log'] = (message, facts) => logger.info(message, facts);
  return {
    policy: settings.policy,
    sessionOf(credential) {
      if (!Object.hasOwn(settings.secrets, credential)) return undefined;
      const session =
        sessions.get(credential) ??
        createSessionHolder(
          {
            secretId: settings.secrets[credential] as string,
            username: settings.usernames[credential],
            actor: 'access function',
            transport,
            baseUrl,
            ...(transport === 'rest' && {
              tokenUrl: settings.tokenUrl,
              tokenHostMayDiffer: settings.tokenHostMayDiffer,
            }),
            ledger: {
              table: settings.ledgerTable,
              sealingKeyId: settings.sealingKeyId,
              alarmTopicArn: settings.alarmTopicArn,
              lockoutLimit: settings.lockoutLimit,
              lockoutBudget: settings.lockoutBudget,
            },
            clients,
            onEvent: ({ kind, ...facts }) => log(`Session: ${kind}`, { credential, ...facts }),
          },
          sendCall,
        );
      sessions.set(credential, session);
      return session;
    },
    thingSpace: { transport, baseUrl },
    wire,
    send: sendTo(sendCall, baseUrl),
    audit: auditOver(dynamoDbAudit(dynamodb, settings.auditTable), settings),
    admit,
    clock: systemClock,
    nowMs: Date.now,
    count: (name) => countAccess(name, settings.serviceName),
    log,
  };
}

const sendTo =
  (sendCall: typeof sendOnce, baseUrl: string): Send =>
  ({ path, ...request }, limits) =>
    sendCall({ ...request, url: `${baseUrl}${path}`, maxAnswerBytes: MAX_FORWARDED_BYTES }, limits);
