import { RegionInfo } from 'aws-cdk-lib/region-info';

/** The regions that the CDK knows. */
export const regions: readonly string[] = RegionInfo.regions.map(({ name }) => name);

/** `aws`, `aws-cn`, `aws-us-gov`, …: the second part of every ARN there. */
export const partitionOf = (region: string): string => RegionInfo.get(region).partition ?? 'aws';
