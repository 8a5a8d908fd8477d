import { findRecords } from '../../cli/access-records.ts';
import { type Calls, callAccess, type Reply } from '../access/client.ts';
import { createIssuer } from '../access/issuer.ts';
import { AUDIENCE, ISSUER, type LocalAccess, USERS_ISSUER } from '../access/start.ts';
import type { Check } from '../timeline/report.ts';
import type { World } from '../world.ts';
import { check } from './scenario.ts';

/** The requests that `personChecks` makes. */
export const PERSON_REQUESTS = 9;

/** Two persons of one permission set, and a portal whose user brings a signed token. */
export async function personChecks(world: World, access: LocalAccess, calls: Calls): Promise<Check[]> {
  const device = world.devices.devices[2];
  const iccid = device?.iccid ?? '';
  const { oona, olaf, web } = access.principals;
  const change = (value: string) => calls.change(iccid, value);
  const byErin = (token: string) => callAccess(access.url, web, change('by Erin'), { token });
  const valueIs = (value: string) => device?.customFields.CustomField1 === value;

  const looks = [
    await callAccess(access.url, oona, calls.list),
    await callAccess(access.url, olaf, calls.list),
  ];
  const byOona = await callAccess(access.url, oona, change('by Oona'));
  const byOlaf = await callAccess(access.url, olaf, change('by Olaf'));
  const afterOlaf = valueIs('by Oona');
  const tokens = {
    good: USERS_ISSUER.token(claims(['editors'])),
    expired: USERS_ISSUER.token({ ...claims(['editors']), exp: nowSeconds() - 60 }),
    forged: createIssuer(USERS_ISSUER.key.kid).token(claims(['editors'])),
    left: USERS_ISSUER.token(claims([])),
  };
  const good = await byErin(tokens.good);
  const afterErin = valueIs('by Erin');
  const expired = await byErin(tokens.expired);
  const forged = await byErin(tokens.forged);
  const left = await byErin(tokens.left);
  const named = await callAccess(access.url, web, change('by Erin'), { user: ERIN });
  return [
    check(
      'Oona and Olaf of one permission set list the devices',
      looks.every(({ status }) => status === 200),
    ),
    check('Oona changes one', byOona.status === 200),
    check('Olaf may not: no rule names him', isDenied(byOlaf, 'denied-by-default') && afterOlaf),
    check('Erin, an editor, changes one by a signed token', good.status === 200 && afterErin),
    check('Her expired token is denied', isDenied(expired, 'token-expired')),
    check('A forged token is denied', isDenied(forged, 'token-rejected')),
    check('Her token is denied once she has left the group', isDenied(left, 'denied-by-default')),
    check('Her name without a token is denied', isDenied(named, 'token-rejected')),
    ...(await auditChecks(access, calls)),
    await noTokenLeft(world, access, Object.values(tokens)),
  ];
}

const ERIN = 'erin@example.com';
const nowSeconds = () => Math.floor(Date.now() / 1000);
const claims = (groups: string[]) => ({
  ...{ iss: ISSUER, aud: AUDIENCE, sub: '17', email: ERIN },
  ...{ exp: nowSeconds() + 600, groups },
});

export const isDenied = ({ code, rule }: Reply, by: string) =>
  code === 'ThingSpaceAccess.AccessDenied' && rule === by;

/** The audit, as `access-log --user` reads it. */
async function auditChecks(
  { reader, principals }: LocalAccess,
  { listed, changed }: Calls,
): Promise<Check[]> {
  const untilMs = Date.now();
  const of = async (user: string) => {
    const { records } = await findRecords(reader, { user, sinceMs: untilMs - 60 * 60_000, untilMs });
    return records
      .map(({ operation, outcome, userBy }) => [operation, outcome, userBy].filter(Boolean).join(' '))
      .join(', ');
  };
  const [oona, olaf, erin, web] = await Promise.all(
    ['oona@example.com', 'olaf@example.com', ERIN, principals.web.userArn].map(of),
  );
  return [
    check(
      'The audit finds Oona and Olaf by their names',
      oona === `${listed} sent, ${changed} done` && olaf === `${listed} sent, ${changed} denied`,
    ),
    check(
      'The audit names Erin only where a token proved her',
      erin === `${changed} done token, ${changed} denied token`,
    ),
    check('The audit has every attempt of the web portal', web?.split(', ').length === 5),
  ];
}

/** Everything in the function's log and in its table. */
export const writtenBy = async (world: World, { tableName, lines }: LocalAccess): Promise<string> =>
  [...lines, JSON.stringify(await world.aws.dynamodb.items(tableName))].join('\n');

async function noTokenLeft(world: World, access: LocalAccess, tokens: readonly string[]) {
  const written = await writtenBy(world, access);
  const parts = tokens.flatMap((token) => token.split('.'));
  return check(
    'No part of a user’s token is in the function’s log or in the audit',
    !parts.some((part) => written.includes(part)),
  );
}
