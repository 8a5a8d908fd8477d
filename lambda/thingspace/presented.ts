/** Enough for an old and a new password, their sessions, keys and bearers, and the same of a call that overlaps. */
const REMEMBERED_SECRETS = 24;

/** The latest secrets that the server has seen: any later error code may echo them. */
export type Presented = {
  remember(...secrets: string[]): void;
  latest(): readonly string[];
};

export function createPresented(): Presented {
  let secrets: string[] = [];
  return {
    remember(...more) {
      secrets = [...new Set([...more, ...secrets])].slice(0, REMEMBERED_SECRETS);
    },
    latest: () => secrets,
  };
}
