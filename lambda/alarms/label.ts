import { createHash } from 'node:crypto';

const maxChars = 200;

/** The label of a test message, which every receiver gets. No credential can have it: see `%` below. */
export const TEST_LABEL = '%test';

/**
 * Returns a credential's label for a metric's dimension and for an SNS attribute to filter on: 1 to 200 printable ASCII
 * characters without spaces. A usual username stays as it is. Every other character (and `%`) becomes the
 * percent-encoding of its UTF-8 bytes. A label that is too long ends in a hash, so that two credentials never share
 * one. CloudWatch: a dimension's value is ASCII, at most 1,024 characters, not blank. SNS: an attribute's value is not
 * empty and holds no control characters.
 */
export function labelOf(credential: string): string {
  const label = credential.replace(/[^\x21-\x24\x26-\x7e]/gu, percentEncoded);
  if (label === '') return '%'; // no other credential can have it: a percent sign is followed by two digits
  if (label.length <= maxChars) return label;
  const hash = createHash('sha256').update(credential).digest('hex').slice(0, 32);
  return `${label.slice(0, maxChars - hash.length - 1)}~${hash}`;
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
