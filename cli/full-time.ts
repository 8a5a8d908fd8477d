/** ISO 8601: date, time to the minute at least, and zone. */
const FULL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Returns the time in milliseconds since 1970; NaN for other texts: "2026" and "yesterday" are dates for JavaScript, too. */
export const fullTime = (text: string): number => (FULL_TIME.test(text) ? Date.parse(text) : Number.NaN);
