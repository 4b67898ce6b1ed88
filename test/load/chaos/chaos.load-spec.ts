import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realServersAvailable } from '#embedded';
import { reportOf, wholeReportOf } from './report.js';
import type { Run } from './record.js';
import { run } from './run.js';
import { keptIn, Stage } from './stage.js';
import { verdicts } from './verdicts.js';

/** The whole run, with everything it starts; what is missing shortly before is missing. */
const runWithinMs = 225_000;
const waitsNoLongerMs = 200_000;

/**
 * Limits are exact and the ledger balances while things really break: one run, then one test for each thing it must show.
 * The simulator's ledger is the outside truth.
 */
describe('chaos', () => {
  let stage: Stage | undefined;
  let result: Run;

  beforeAll(async () => {
    if (!realServersAvailable())
      throw new Error('It needs servers that it can freeze and kill: scripts/install-servers.sh --redis');
    const startedAt = Date.now();
    const tell = (line: string) =>
      console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s  ${line}`);
    stage = await Stage.start();
    result = await run(stage, startedAt + waitsNoLongerMs, tell);
    tell('done');
    await writeFile(join(keptIn, 'report.txt'), wholeReportOf(result));
    console.log(reportOf(result));
  }, runWithinMs);

  afterAll(() => stage?.stop(), 60_000);

  it.each(Object.entries(verdicts))('%s', (_, judge) => {
    expect(judge(result).problems.slice(0, 3)).toEqual([]);
  });
});
