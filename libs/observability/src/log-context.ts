import { AsyncLocalStorage } from 'node:async_hooks';

const context = new AsyncLocalStorage<Readonly<Record<string, string>>>();

/** Runs `work`; every line that is logged by it, or by what it sets going, carries the fields. */
export const withLogFields = <T>(fields: Readonly<Record<string, string>>, work: () => T): T =>
  context.run(fields, work);

/** The fields for the line that is being written; a new object, because pino puts the line's own into it. */
export const logFields = (): object => ({ ...context.getStore() });
