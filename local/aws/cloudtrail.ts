import type { Listening } from '../http.ts';
import { type Place, serveJson } from './service.ts';

/** The stand-in for CloudTrail: one trail of the region, which logs management events. */
export interface CloudTrail extends Listening {
  /** Replace them: what an account may have set up. */
  trail: { exists: boolean; logging: boolean; managementEvents: boolean };
}

/** DescribeTrails, GetTrailStatus and GetEventSelectors, as the API reference says. This stand-in records no event. */
export async function startCloudTrail({ region, accountId }: Place): Promise<CloudTrail> {
  const arn = `arn:aws:cloudtrail:${region}:${accountId}:trail/account`;
  const trail = { exists: true, logging: true, managementEvents: true };
  const listening = await serveJson('cloudtrail', {
    DescribeTrails: () => ({
      trailList: trail.exists
        ? [{ Name: 'account', TrailARN: arn, HomeRegion: region, IsMultiRegionTrail: true }]
        : [],
    }),
    GetTrailStatus: () => ({ IsLogging: trail.logging }),
    GetEventSelectors: () => ({
      TrailARN: arn,
      EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: trail.managementEvents }],
    }),
  });
  return { ...listening, trail };
}
