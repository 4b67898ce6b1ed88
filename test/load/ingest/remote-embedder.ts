import { setTimeout as sleep } from 'node:timers/promises';
import { OpenRouterEmbedder } from '../../../libs/context-memory/src/embedding/openrouter-embedder.js';

/** What a request to a provider takes, whatever is in it: the network, a queue, authentication. */
export const requestMs = 80;
/** What each text adds. */
const textMs = 0.5;
const dimensions = 384;

/** The embedder for providers, before one that answers with the latency of a real one. */
export class RemoteEmbedder extends OpenRouterEmbedder {
  constructor() {
    super({ embeddings: answer }, 'bench', dimensions);
  }
}

async function answer({ input }: { input: string[] }) {
  await sleep(requestMs + input.length * textMs);
  return {
    data: input.map((_, index) => ({
      index,
      embedding: Array.from({ length: dimensions }, () => Math.random() - 0.5),
    })),
  };
}
