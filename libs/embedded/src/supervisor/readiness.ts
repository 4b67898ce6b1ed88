import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a started process shows that it works. Rejects when it says that it does not. */
export type Readiness = (child: ChildProcess, signal: AbortSignal) => Promise<void>;

/** It reports `{port}` over IPC. */
export const reportsPort: Readiness = async (child, signal) => {
  const [report]: unknown[] = await once(child, 'message', { signal });
  if (typeof report === 'object' && report && 'error' in report) throw new Error(String(report.error));
};

/** It answers 200 at this address. */
export function answersAt(url: string): Readiness {
  return async (_child, signal) => {
    while (!(await isOk(url))) await sleep(100, undefined, { signal });
  };
}

/** Does a GET succeed within two seconds? */
export async function isOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
