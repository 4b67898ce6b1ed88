/** Seconds for which a key's `tokens` limit is meant: tokens per minute, whatever the window of its requests. */
export const tokenWindowSeconds = 60;
