import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { repoRoot } from '../layout.js';
import { postJson } from './api.js';
import { CommandFailed, say } from './console.js';
import type { CommandContext } from './context.js';
import { type DemoEnv, readDemoEnv } from './demo-env.js';

/** An item as POST /v1/context/items takes it. */
interface SeedItem {
  readonly content: string;
  readonly title: string;
  readonly kind: 'document';
  readonly external_id: string;
  readonly metadata: { readonly path: string };
}

/** The API takes up to 100 items at once; embedding takes its time, so that smaller batches show progress. */
const BATCH = 8;

/** `seed`: stores the project's own README and docs, file by file, under the demo key. Again is harmless. */
export async function seed(context: CommandContext): Promise<void> {
  const env = readDemoEnv(context.layout.demoEnv);
  if (!env) throw new CommandFailed('There is no demo workspace yet: ./scripts/dev.sh start makes one');
  await seedWith(env);
}

/** Seeds through the API, like any client would. */
export async function seedWith(env: DemoEnv): Promise<void> {
  const items = projectDocuments();
  let stored = 0;
  for (let at = 0; at < items.length; at += BATCH) {
    const batch = items.slice(at, at + BATCH);
    say(`Seeding ${at + 1}-${at + batch.length} of ${items.length} documents …`);
    const answer = await postJson(`${env.GATEWAY_URL}/v1/context/items?wait=true`, env.GATEWAY_KEY, {
      items: batch,
    });
    stored += Array.isArray(answer['items']) ? answer['items'].length : 0;
  }
  say(`Seeded ${items.length} documents (${stored} items)`);
}

function projectDocuments(): SeedItem[] {
  const paths = globSync(['README.md', 'docs/**/*.md'], { cwd: repoRoot }).toSorted();
  const documents = paths.map((path) => ({ path, content: readFileSync(join(repoRoot, path), 'utf8') }));
  return documents
    .filter(({ content }) => content.trim() !== '')
    .map(({ path, content }) => ({
      content,
      title: /^#\s+(.+)$/m.exec(content)?.[1] ?? path,
      kind: 'document',
      external_id: path,
      metadata: { path },
    }));
}
