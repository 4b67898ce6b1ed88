import { defineConfig } from 'vitest/config';

// `#name` imports resolve to the sources, as they do for the compiler (package.json, "imports").
const fromSource = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };

/** Specs in which no store has a part: the embedded ones have nothing to show there. */
const storeless = ['file-parser', 'local-embedder', 'llm-proxy', 'upstream-attempts'];

/**
 * How long a condition may take to come true, unless a spec says otherwise. Not the second that is the runner's default: a busy
 * machine passes that by, and what is read again every few seconds (limits, breakers) needs more by design.
 */
const patient = { expect: { poll: { timeout: 15_000 } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          ...patient,
          name: 'unit',
          // Nothing of theirs outlives a spec, and loading the packages anew for each file took longer than all specs together.
          isolate: false,
          include: ['{apps,libs,migrations,scripts,test/load}/**/*.spec.ts'],
          setupFiles: ['reflect-metadata'],
        },
      },
      {
        ...fromSource,
        test: {
          ...patient,
          name: 'integration',
          include: ['test/integration/**/*.int-spec.ts'],
          exclude:
            process.env['TEST_STORES'] === 'embedded'
              ? storeless.map((name) => `test/integration/${name}.int-spec.ts`)
              : [],
          setupFiles: ['reflect-metadata'],
          globalSetup: ['test/integration/stores.setup.ts'],
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...patient,
          name: 'e2e',
          include: ['test/e2e/**/*.e2e-spec.ts'],
          globalSetup: ['test/e2e/processes.setup.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      ...['chaos', 'outage'].map((name) => ({
        test: {
          ...patient,
          name,
          include: [`test/load/${name}/*.load-spec.ts`],
          // The tables are for people to read, not a spec's stray output.
          disableConsoleIntercept: true,
        },
      })),
    ],
  },
});
