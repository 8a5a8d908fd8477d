import {
  type AdvancedEventSelector,
  CloudTrailClient,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
} from '@aws-sdk/client-cloudtrail';
import { awsCall } from '../lambda/aws-call.ts';
import type { Trail } from './surroundings.ts';

/**
 * The trails that see this region, those of other regions and of the organization included.
 * @throws AwsCallError
 */
export async function trails(options: object): Promise<Trail[]> {
  const cloudTrail = new CloudTrailClient(options);
  const { trailList = [] } = await awsCall('cloudtrail:DescribeTrails', () =>
    cloudTrail.send(new DescribeTrailsCommand({ includeShadowTrails: true })),
  );
  return Promise.all(
    trailList.map(async ({ Name = '', TrailARN = Name }) => {
      const { IsLogging = false } = await awsCall('cloudtrail:GetTrailStatus', () =>
        cloudTrail.send(new GetTrailStatusCommand({ Name: TrailARN })),
      );
      const { EventSelectors = [], AdvancedEventSelectors = [] } = await awsCall(
        'cloudtrail:GetEventSelectors',
        () => cloudTrail.send(new GetEventSelectorsCommand({ TrailName: TrailARN })),
      );
      return {
        name: Name,
        logging: IsLogging,
        managementWrites: EventSelectors.some(writes) || AdvancedEventSelectors.some(advancedWrites),
      };
    }),
  );
}

const writes = ({ IncludeManagementEvents, ReadWriteType }: EventSelector): boolean =>
  IncludeManagementEvents !== false && ReadWriteType !== 'ReadOnly';

/** By the field selectors: `eventCategory` is Management, and `readOnly` does not say only true. */
const advancedWrites = ({ FieldSelectors = [] }: AdvancedEventSelector): boolean =>
  FieldSelectors.some(
    ({ Field, Equals = [] }) => Field === 'eventCategory' && Equals.includes('Management'),
  ) && !FieldSelectors.some(({ Field, Equals = [] }) => Field === 'readOnly' && Equals.join() === 'true');
