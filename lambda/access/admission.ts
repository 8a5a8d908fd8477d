/** Adds to a counter that is gone after `expiresAt` (seconds since 1970); false when that would exceed its limit. */
export type Count = (
  key: { subject: string; item: string },
  by: number,
  limit: number,
  expiresAt: number,
) => Promise<boolean>;

/** A process's share of a caller's minute. */
type Share = {
  minute: string;
  granted: number;
  used: number;
  uncounted: number;
  /** The most that is asked for at once; none is left when it is 0. */
  most: number;
};

const MINUTE_MS = 60_000;
/** How long the counter of one minute is kept. */
const COUNTER_SECONDS = 60 * 60;
/** A process counts up to so much of what it has used in advance, so that not every request is a write. */
const AHEAD = 1 / 4;

/**
 * Limits a caller's requests of a minute, over all processes. A process counts its first request of a caller at once, and
 * later ones a few at a time. So a caller below four fifths of its limit is never stopped. The first request of each
 * later minute is counted together with the second: a process lets at most one request a minute pass uncounted.
 * @returns a function that returns false when the caller has made as many requests in this minute as it may
 */
export function admissionOver(count: Count, requestsPerMinute: number, nowMs: () => number) {
  const shares = new Map<string, Share>();

  function shareOf(principal: string, minute: string): Share {
    const last = shares.get(principal);
    if (last?.minute === minute) return last;
    const free = last === undefined || requestsPerMinute === 1 ? 0 : 1;
    const share = { minute, granted: free, used: 0, uncounted: free, most: requestsPerMinute };
    shares.set(principal, share);
    return share;
  }

  return async (principal: string): Promise<boolean> => {
    const at = nowMs();
    const minute = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString();
    const share = shareOf(principal, minute);
    if (share.used < share.granted) {
      share.used += 1;
      return true;
    }
    const { uncounted } = share;
    share.uncounted = 0;
    while (share.most > 0) {
      const lease = Math.max(1, Math.min(share.most, Math.floor(share.used * AHEAD)));
      const key = { subject: `minute#${principal}`, item: minute };
      const expiresAt = Math.floor(at / 1000) + COUNTER_SECONDS;
      if (await count(key, lease + uncounted, requestsPerMinute, expiresAt)) {
        share.granted += lease;
        share.used += 1;
        return true;
      }
      share.most = lease === 1 ? 0 : Math.max(1, Math.floor(lease / 4));
    }
    share.uncounted = uncounted;
    return false;
  };
}
