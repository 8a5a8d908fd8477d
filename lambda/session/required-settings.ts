import { SessionSettingsError } from './errors.ts';

type Given = {
  secretId: string;
  actor: string;
  ledger?: { table: string; sealingKeyId?: unknown; alarmTopicArn?: unknown } | undefined;
};

/**
 * Requires the settings that every call needs. Most come from environment variables, and one that is not set would fail
 * late, in words of AWS; an attempt without an actor would stop the ledger for everybody.
 * @throws SessionSettingsError, which names the setting and what to give
 */
export function requireSettings({ secretId, actor, ledger }: Given): void {
  mustHaveText('secretId', secretId, 'the ARN or the name of the secret');
  mustHaveText('actor', actor, 'the app’s name, for alarms and the audit trail');
  if (ledger === undefined) return;
  mustHaveText('ledger.table', ledger.table, 'the name of the ledger’s DynamoDB table');
  const { sealingKeyId, alarmTopicArn } = ledger;
  if (sealingKeyId !== undefined)
    mustHaveText('ledger.sealingKeyId', sealingKeyId, 'the ARN of the sealing key, or leave it out');
  if (alarmTopicArn !== undefined)
    mustHaveText('ledger.alarmTopicArn', alarmTopicArn, 'the ARN of the alarm topic, or leave it out');
}

function mustHaveText(name: string, value: unknown, wanted: string): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  const state = value === undefined ? 'not set' : typeof value === 'string' ? 'empty' : 'not a text';
  throw new SessionSettingsError(
    `\`${name}\` is ${state}: give createSession ${wanted}. If it comes from an environment variable, look whether this ` +
      'process has that variable.',
  );
}
