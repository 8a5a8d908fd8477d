import type { AuditRecord } from '../../lambda/access/audit.ts';
import { isWide } from '../../lambda/access/reach.ts';

/** Returns a record with the members that the wire of SOAP would give it. */
export const withReach = <T extends AuditRecord>(record: T): T => ({
  ...record,
  ...(record.operation.startsWith('Get') ? { reads: true } : isWide(record) ? { wide: true } : {}),
});
