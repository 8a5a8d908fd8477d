import * as v from 'valibot';

/** Shapes of settings, each with the sentence that says what to write. */

export const whole = (from: number, to: number, what: string) => {
  const message = `write a whole number ${what} from ${from} to ${to}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(from, message), v.maxValue(to, message));
};

export const text = (pattern: RegExp, message: string) =>
  v.pipe(v.string(message), v.regex(pattern, message));

/** @param query whether it may have one, as pagers' addresses have */
export const httpsUrl = (message: string, query: 'query' | 'no query') =>
  v.pipe(
    v.string(message),
    v.check((address) => {
      const url = URL.parse(address);
      if (url?.protocol !== 'https:' || `${url.username}${url.password}${url.hash}` !== '') return false;
      return query === 'query' || url.search === '';
    }, message),
  );

export const oneOf = <const T extends readonly (string | number)[]>(values: T, what = '') =>
  v.picklist(values, `write ${what}one of ${values.map((value) => JSON.stringify(value)).join(', ')}`);

export const object = <const E extends v.ObjectEntries>(entries: E) =>
  v.strictObject(entries, (issue) =>
    issue.expected === 'never'
      ? `leave it out, it is no setting (there are ${Object.keys(entries).join(', ')})`
      : issue.received === 'undefined'
        ? 'write it, it is required'
        : `write an object with ${Object.keys(entries).join(', ')}`,
  );

export const list = <const T extends v.GenericSchema>(item: T) =>
  v.array(item, 'write a list in square brackets');
