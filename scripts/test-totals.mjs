// Adds up the reports of the test runs: `node test-totals.mjs DIRECTORY FAILED_STEPS`. A step without a report counts as failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , directory, failedSteps] = process.argv;
let passed = 0;
let failed = 0;
for (const file of readdirSync(directory).toSorted()) {
  const report = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  const suiteFaults = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  const broken = report.numFailedTests + suiteFaults.length;
  console.log(`${file.replace('.json', '')}: ${report.numPassedTests} passed, ${broken} failed`);
  passed += report.numPassedTests;
  failed += broken;
}
console.log(`${passed} passed, ${Math.max(failed, Number(failedSteps))} failed`);
