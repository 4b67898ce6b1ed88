import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from './record.js';
import { reportOf } from './report.js';
import { run } from './run.js';
import { keptIn, Stage } from './stage.js';
import { verdicts } from './verdicts.js';

/** Starting, a minute of load by the clock, and settling. */
const runWithinMs = 240_000;

/** A model fails for 30 s under load while another can stand in for it: one run, then one test for each thing it must show. */
describe('an outage of 30 s', () => {
  let stage: Stage | undefined;
  let result: Run;

  beforeAll(async () => {
    const startedAt = Date.now();
    const tell = (line: string) =>
      console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s  ${line}`);
    stage = await Stage.start();
    result = await run(stage, tell);
    tell('done');
    const report = reportOf(result);
    await writeFile(join(keptIn, 'report.txt'), report);
    console.log(report);
  }, runWithinMs);

  afterAll(() => stage?.stop(), 60_000);

  it.each(Object.entries(verdicts))('%s', (_, judge) => {
    expect(judge(result).problems.slice(0, 3)).toEqual([]);
  });
});
