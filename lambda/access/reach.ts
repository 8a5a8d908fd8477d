import { SESSION_SERVICE } from './by-name.ts';
import type { Subjects } from './subjects.ts';

/** Reports whether a request may change a device. A request about the session itself never reaches one. */
export const isChange = ({ service, reads }: { service: string; reads?: boolean | undefined }): boolean =>
  reads !== true && service !== SESSION_SERVICE;

/**
 * Reports whether a request may reach a device that it does not name. The documentation forbids a list of devices beside
 * another selector, and does not say which of them counts then.
 */
export const isWide = ({ devices, groups }: Subjects): boolean => groups.length > 0 || devices.length === 0;
