import type { Corpus, Posted } from './collection.js';
import type { GatewayClient } from '../gateway-client.js';

/** Most texts in one request. */
const batchSize = 100;

/** A text that was stored: by which id, and where in its session. */
export interface Stored {
  name: string;
  session?: string;
  sessionPosition?: number;
}

/** Posts the texts as a client would, waits until all are embedded, and says which id is whose. */
export async function storeCorpus(client: GatewayClient, { texts }: Corpus): Promise<Map<string, Stored>> {
  const stored = new Map<string, Stored>();
  const jobs: string[] = [];
  for (const [session, of] of Map.groupBy(texts, ({ session }) => session)) {
    for (let from = 0; from < of.length; from += batchSize) {
      const batch = of.slice(from, from + batchSize);
      const { job, items } = await client('POST', '/v1/context/items', bodyOf(session, batch));
      jobs.push(job.id);
      for (const [i, { id }] of items.entries()) {
        stored.set(id, { name: batch[i]?.name ?? '', session, sessionPosition: from + i + 1 });
      }
    }
  }
  for (const job of jobs) await untilEmbedded(client, job);
  return stored;
}

const bodyOf = (session: string | undefined, batch: Posted[]) => {
  const bodies = batch.map(({ body }) => body);
  return session === undefined ? { items: bodies } : { session, messages: bodies };
};

async function untilEmbedded(client: GatewayClient, id: string): Promise<void> {
  for (;;) {
    const job = await client('GET', `/v1/context/jobs/${id}`);
    if (job.status === 'completed') return;
    if (job.status === 'failed') throw new Error(`A job failed: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
