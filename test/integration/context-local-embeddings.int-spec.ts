import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalEmbedder } from '../../libs/context-memory/src/embedding/local-embedder.js';
import { memoryOn, type Memory, newWorkspace, note } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let embedder: LocalEmbedder;
let memory: Memory;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores();
  embedder = new LocalEmbedder({ modelsDir: clients.config.embedding.MODELS_DIR, threads: 1 });
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
}, 120_000);
afterAll(async () => {
  await embedder.close();
  await clients.close();
});

it('recalls by meaning with the model that needs no key', async () => {
  const facts = [
    'My sister works as a paediatrician in Porto.',
    'The invoice for the kitchen was paid in March.',
    'Our dog is afraid of thunderstorms.',
    'I am allergic to peanuts and shellfish.',
    'The wifi password is on the back of the router.',
  ];
  await memory.ingest.ingest(
    workspace,
    facts.map((content) => note(content)),
  );
  await memory.work();
  const best = async (query: string) =>
    (await memory.recall.recall(workspace, { query, topK: 1 })).items[0]?.content;
  expect(await best('Which foods make me ill?')).toBe(facts[3]);
  expect(await best('What scares our pet?')).toBe(facts[2]);
  expect(await best('Which relative of mine is a doctor?')).toBe(facts[0]);
  expect(await best('How do I get on the internet here?')).toBe(facts[4]);
});
