/** Addresses of the stores that a supervisor runs, by their port. */
export const storeUrls = {
  postgres: (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`,
  redis: (port: number): string => `redis://127.0.0.1:${port}`,
};
