const prefix = 'quota:';
const key = /^quota:(?:daily|reservations|lapsed):(.+)$/;

/** The Redis keys in which a workspace's day is kept; what each holds is said in `admit-call.lua`. */
export const quotaKeys = (workspaceId: string) => ({
  count: `${prefix}daily:${workspaceId}`,
  reservations: `${prefix}reservations:${workspaceId}`,
  lapsed: `${prefix}lapsed:${workspaceId}`,
  known: `${prefix}known:${workspaceId}`,
});

/** What all of them match. */
export const quotaKeyPattern = `${prefix}*`;

/** The workspace that a key of {@link quotaKeys} belongs to; undefined for other keys and those that hold no tokens. */
export const workspaceOfKey = (name: string): string | undefined => key.exec(name)?.[1];
