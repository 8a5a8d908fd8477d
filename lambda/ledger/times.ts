const MINUTE_MS = 60_000;

/** How long after its reservation a request may still be executed by the platform. */
export const SETTLING_MS = 20 * MINUTE_MS;
/** The same, for sentences. */
export const SETTLING_MINUTES = SETTLING_MS / MINUTE_MS;
/** How long an exchange excludes every other log-in: longer than any invocation (15 minutes at most). */
export const LEASE_MS = 20 * MINUTE_MS;
/** A request that has not begun after this time is not sent: it must have left, connected, within 60 s. */
export const RESERVATION_MS = 45_000;
/** How long after a refusal that may not have been about the password it is presented once more. */
export const RETRY_ONCE_MS = 30 * MINUTE_MS;
/** How long after its issue a password may not have reached every server. */
export const RECENTLY_ISSUED_MS = 60 * MINUTE_MS;
/** How long no password is presented after the first missed answer, and after every further one. */
export const WAITS_MS = [MINUTE_MS, 30 * MINUTE_MS] as const;

/** Reports whether the invocation that began an exchange may still be alive. */
export const leaseLives = (startedAt: number, now: number): boolean => now < startedAt + LEASE_MS;
