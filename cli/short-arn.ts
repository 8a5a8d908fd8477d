/** An ARN without partition, service, region and account, which are the reader's own; another text stays whole. */
export const shortArn = (arn: string): string => arn.split(':').slice(5).join(':') || arn;
