import { workerData } from 'node:worker_threads';

/*
 * Watches over the parser from a thread of its own, which goes on while the parser is in a loop: ends the process when it holds
 * too much, buffers included, and when its parent is gone, so that no endless file outlives the worker that began it.
 */

const lookEveryMs = 50;
const { memoryMb, parent }: { memoryMb: number; parent: number } = workerData;

setInterval(() => {
  if (process.ppid !== parent || process.memoryUsage.rss() > memoryMb * 1024 * 1024) {
    process.kill(process.pid, 'SIGKILL');
  }
}, lookEveryMs);
