import { GteSmall } from './gte-small/gte-small.js';
import type { BatchRequest, ModelProcessMessage, ModelProcessOptions } from './local-embedder.protocol.js';

/*
 * The child process of LocalEmbedder. A run of the model blocks its thread, so it has a process of its own: there the
 * gateway's event loop does not stand still, and a crash in native code costs a restart of this process only.
 */

/** Ends with the parent, however that ends, and with nothing else: the parent may still be finishing its calls. */
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

function send(message: ModelProcessMessage): void {
  process.send?.(message);
}

const options: ModelProcessOptions = JSON.parse(process.argv[2] ?? '{}');
const model = await GteSmall.load(options.modelsDir, options.threads, options.runtimes);

process.on('message', ({ texts }: BatchRequest) => {
  model
    .embed(texts)
    .then((vectors) => send({ type: 'vectors', vectors }))
    .catch((error: unknown) => send({ type: 'failed', message: String(error) }));
});
send({ type: 'ready', runtime: model.runtimeName });
