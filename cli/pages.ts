import { awsCall } from '../lambda/aws-call.ts';

/**
 * Returns the pages of an answer that AWS gives page by page, by a paginator of its SDK.
 * @throws AwsCallError
 */
export const pagesOf = <Page>(operation: string, paginator: AsyncIterable<Page>): Promise<Page[]> =>
  awsCall(operation, async () => {
    const pages: Page[] = [];
    for await (const page of paginator) pages.push(page);
    return pages;
  });
