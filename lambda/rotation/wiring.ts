import type { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Alarms } from '../alarms/publish.ts';
import { AWS_CLIENT } from '../aws-client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { dynamoDbItems } from '../ledger/dynamodb.ts';
import { createLedger } from '../ledger/ledger.ts';
import type { Closing } from '../ledger/pause.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import type { ProxySettings } from '../proxy-settings.ts';
import { kmsSealer } from '../sealing/data-key.ts';
import { cloudWatchLogSearch } from '../sealing/log-search.ts';
import { stdoutSealedLog } from '../sealing/sealed-log.ts';
import type { SecretStore } from '../secret/secrets-manager.ts';
import { rotationStarter } from '../secret/start-rotation.ts';
import { readSettings, type Settings, SettingsError } from '../settings.ts';
import { createThingSpaceApi } from '../thingspace/create-api.ts';
import type { Send } from '../thingspace/http-call.ts';
import type { Services } from './context.ts';

/**
 * Makes the services from the function's environment; once per process.
 * @throws SettingsError, BudgetsError, BaseUrlError, PasswordElementError, TokenHostError
 */
export async function wire(
  logger: Logger,
  store: SecretStore,
  client: SecretsManagerClient,
): Promise<Services> {
  const settings = readSettings(process.env);
  const closing = await calendarOf(settings.calendar);
  const clock = systemClock;
  const metrics = createMetrics();
  return {
    store,
    rotations: rotationStarter(client),
    ledger: createLedger({
      items: dynamoDbItems(new DynamoDBClient(AWS_CLIENT), settings.ledgerTable),
      alarms: alarmsOnDemand(() => loadAlarms(settings, metrics, logger), logger),
      metrics,
      clock,
      budgets: settings.budgets,
      warn: (message, facts) => logger.warn(message, facts),
    }),
    api: createThingSpaceApi(settings.thingSpace, await senderFor(settings.proxy, client)),
    sealer: kmsSealer(new KMSClient(AWS_CLIENT), settings.sealingKeyId),
    sealedLog: stdoutSealedLog(cloudWatchLogSearch(settings.logGroupName, clock)),
    clock,
    metrics,
    holdsOn: settings.holdsOn,
    noticeDays: settings.noticeDays,
    closing,
    readersOf: readersOnDemand(clock),
    log: (message, facts = {}) => logger.info(message, facts),
  };
}

/** The code of a proxy is loaded where there is one, before a step begins. Undefined: straight to ThingSpace. */
async function senderFor(
  proxy: ProxySettings | undefined,
  client: SecretsManagerClient,
): Promise<Send | undefined> {
  if (proxy === undefined) return undefined;
  const { sendThroughProxy } = await import('../through-proxy.ts');
  return sendThroughProxy(proxy, client);
}

/**
 * Loads the texts and the client of the alarms when there is one to publish: most invocations have none. If they cannot
 * be loaded, the alarm stays in the outbox.
 */
function alarmsOnDemand(load: () => Promise<Alarms>, logger: Logger): Alarms {
  let loaded: Alarms | undefined;
  return {
    async publish(event, limits) {
      try {
        loaded ??= await load();
      } catch (failure) {
        logger.error('The code that publishes alarms cannot be loaded', { failure: (failure as Error).name });
        return 'failed';
      }
      return loaded.publish(event, limits);
    },
  };
}

/** The code of a calendar is loaded where there is one. @throws SettingsError */
async function calendarOf(text: string | undefined): Promise<Closing | undefined> {
  if (text === undefined) return undefined;
  const [{ closedBy, readCalendar }, { closingBy }] = await Promise.all([
    import('../calendar.ts'),
    import('../ledger/closed.ts'),
  ]);
  const calendar = readCalendar(text);
  if (calendar) return closingBy(closedBy(calendar));
  throw new SettingsError(
    'The function’s environment cannot be used: CALENDAR must be the calendar as the stack writes it.',
  );
}

/** Only the daily check before a scheduled rotation needs CloudTrail. */
const readersOnDemand =
  (clock: Clock): Services['readersOf'] =>
  async (secret, untilMs) =>
    (await import('../secret/readers.ts')).cloudTrailReaders(clock)(secret, untilMs);

async function loadAlarms(settings: Settings, metrics: Metrics, logger: Logger): Promise<Alarms> {
  const [{ SNSClient }, { createAlarms }] = await Promise.all([
    import('@aws-sdk/client-sns'),
    import('../alarms/publish.ts'),
  ]);
  return createAlarms({
    sns: new SNSClient({ ...AWS_CLIENT, maxAttempts: 1 }),
    topicArn: settings.alarmTopicArn,
    clock: systemClock,
    othersHeld: settings.holdsOn,
    ...(settings.runbookUrl === undefined ? {} : { runbookUrl: settings.runbookUrl }),
    ...(settings.supportContact === undefined ? {} : { supportContact: settings.supportContact }),
    onFailure: (event, error) => {
      metrics.count('AlarmPublishFailed', event.credential);
      logger.warn('An alarm could not be published; it stays in the outbox', {
        event: event.event,
        failure: error.message,
      });
    },
  });
}
