// Imported before everything else: the rest may not even load on an older Node.js.
import '#common/require-node';

const { startWorker } = await import('./worker.js');
await startWorker();
