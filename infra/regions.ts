import { RegionInfo } from 'aws-cdk-lib/region-info';

/** The regions that the CDK knows. */
export const regions: readonly string[] = RegionInfo.regions.map(({ name }) => name);

/**
 * Reports whether the services of a region are below `amazonaws.com`, as conditions (`kms:ViaService`) and pages of this
 * project name them. China's, Europe's sovereign and the isolated partitions have other domains; nobody verified them.
 */
export const isVerified = (region: string): boolean =>
  RegionInfo.get(region).domainSuffix === 'amazonaws.com';

/** `aws`, `aws-cn`, `aws-us-gov`, …: the second part of every ARN there. */
export const partitionOf = (region: string): string => RegionInfo.get(region).partition ?? 'aws';
