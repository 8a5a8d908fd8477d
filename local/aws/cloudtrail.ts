import type { Listening } from '../http.ts';
import { FUNCTION_KEY, OPERATOR_KEY } from './access-keys.ts';
import { type Done, type Place, serveJson } from './service.ts';

/** The stand-in for CloudTrail: one trail of the region, which logs management events. */
export interface CloudTrail extends Listening {
  /** Notes a call to Secrets Manager. */
  note(done: Done): void;
}

/** The name of the rotation function's role. */
export const FUNCTION_ROLE = 'ThingSpaceRotation-rotation-us-east-1';

/** The access keys of this world and their owners. */
const WHO: Record<string, string> = {
  [FUNCTION_KEY]: `assumed-role/${FUNCTION_ROLE}/thingspace-password-rotation`,
  [OPERATOR_KEY]: 'assumed-role/operators/you',
};

type Noted = { EventName: string; EventTime: number; CloudTrailEvent: string; secretId: unknown };

/**
 * DescribeTrails, GetTrailStatus, GetEventSelectors and LookupEvents by the name of the event or of the resource, as the API reference says.
 * It shows an event at once, and only those of Secrets Manager; AWS takes some minutes.
 */
export async function startCloudTrail({ clock, region, accountId }: Place): Promise<CloudTrail> {
  const noted: Noted[] = [];
  const arn = `arn:aws:cloudtrail:${region}:${accountId}:trail/account`;
  const listening = await serveJson('cloudtrail', {
    DescribeTrails: () => ({
      trailList: [{ Name: 'account', TrailARN: arn, HomeRegion: region, IsMultiRegionTrail: true }],
    }),
    GetTrailStatus: () => ({ IsLogging: true }),
    GetEventSelectors: () => ({
      TrailARN: arn,
      EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }],
    }),
    LookupEvents: (input) => {
      const { LookupAttributes = [], StartTime = 0 } = input as {
        LookupAttributes?: { AttributeKey?: string; AttributeValue: string }[];
        StartTime?: number;
      };
      const { AttributeKey = 'EventName', AttributeValue } = LookupAttributes[0] ?? {};
      const wanted = noted.filter(({ EventTime }) => EventTime >= StartTime);
      const found = wanted.filter(({ EventName, secretId }) =>
        AttributeKey === 'ResourceName' ? secretId === AttributeValue : EventName === AttributeValue,
      );
      // The newest first.
      return { Events: found.reverse().map(({ secretId: _, ...event }) => event) };
    },
  });
  const note = ({ name, input, accessKey, userAgent }: Done) => {
    const { SecretId, ClientRequestToken, MoveToVersionId } = input;
    const at = clock.nowMs();
    const session = WHO[accessKey] ?? 'assumed-role/console/somebody';
    const event = {
      eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: name,
      sourceIPAddress: '127.0.0.1',
      userAgent,
      userIdentity: {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${accountId}:${session}`,
        sessionContext: {
          sessionIssuer: { arn: `arn:aws:iam::${accountId}:role/${session.split('/')[1]}` },
        },
      },
      requestParameters: {
        secretId: SecretId,
        clientRequestToken: ClientRequestToken,
        moveToVersionId: MoveToVersionId,
      },
    };
    noted.push({
      EventName: name,
      EventTime: at / 1000,
      CloudTrailEvent: JSON.stringify(event),
      secretId: SecretId,
    });
  };
  return { ...listening, note };
}
