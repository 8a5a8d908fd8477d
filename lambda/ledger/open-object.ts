import * as v from 'valibot';

/** An object that keeps the members of a later version. Its type has the known ones only. */
export const openObject = <E extends v.ObjectEntries>(entries: E) =>
  v.looseObject(entries) as unknown as v.ObjectSchema<E, undefined>;
