// Adds up the reports of the test runs and says last what failed and why, where a reader of a long log looks first:
// `node test-totals.mjs DIRECTORY FAILED_STEPS`. A step without a report counts as failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [, , directory, failedSteps] = process.argv;
let passed = 0;
let failed = 0;
const faults = [];
for (const file of readdirSync(directory).toSorted()) {
  const report = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  const suiteFaults = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  const broken = report.numFailedTests + suiteFaults.length;
  console.log(`${file.replace('.json', '')}: ${report.numPassedTests} passed, ${broken} failed`);
  faults.push(...report.testResults.flatMap(faultsOf));
  passed += report.numPassedTests;
  failed += broken;
}
for (const fault of faults) console.log(`✗ ${fault}`);
console.log(`${passed} passed, ${Math.max(failed, Number(failedSteps))} failed`);

/** A line for each test that failed, or for the file that did not even run. */
function faultsOf({ name, status, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const failures = assertionResults.filter((test) => test.status === 'failed');
  if (failures.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : [];
  return failures.map(
    ({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0] ?? '')}`,
  );
}

/** Of a message that may go on for pages. */
function firstLine(message) {
  return message.split('\n', 1)[0]?.slice(0, 300);
}
