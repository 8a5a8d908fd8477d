/** Admits so many requests a minute, in a window that slides. */
export function createThrottle(clock: { nowMs(): number }, perMinute: () => number | undefined) {
  let times: number[] = [];
  return {
    /** Reports whether one more is admitted; a rejected one does not count. */
    admits(): boolean {
      const limit = perMinute();
      times = times.filter((atMs) => clock.nowMs() - atMs < 60_000);
      if (limit !== undefined && times.length >= limit) return false;
      times.push(clock.nowMs());
      return true;
    },
  };
}
