import * as fc from 'fast-check';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from './simulator.js';

let simulator: Simulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator({ apiKey: 'sk-or-only' });
  client = new OpenAI({ baseURL: simulator.url.replace('/api', ''), apiKey: 'sk-or-only', maxRetries: 0 });
});
afterAll(() => simulator.close());

describe('models', () => {
  it('lists chat models with prices as strings, and says that the demo is one', async () => {
    const { data } = await client.models.list();
    expect(data.map((model) => model.id)).toEqual([
      'demo/echo-with-context',
      'sim/fast',
      'sim/small-context',
      'sim/vendor-b/slash-model',
    ]);
    expect(data[0]).toMatchObject({
      name: expect.stringMatching(/^Demo model \(simulator\).*not a real LLM$/u),
    });
    expect(data[2]).toMatchObject({ context_length: 1024, pricing: { prompt: '0.0000005' } });
  });

  it('pages, shows one, and lists embedding models apart', async () => {
    const page = await client.get('/models', { query: { offset: 1, limit: 2 } });
    expect(page).toMatchObject({ total_count: 4, links: { next: '/v1/models?offset=3&limit=2' } });
    expect(await client.get('/model/sim/vendor-b/slash-model')).toMatchObject({
      data: { id: 'sim/vendor-b/slash-model' },
    });
    expect(await client.get('/embeddings/models')).toMatchObject({
      data: [{ id: 'sim/embed' }],
      total_count: 1,
    });
    await expect(client.get('/model/no/such')).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.get('/generation?id=gen-none')).rejects.toBeInstanceOf(NotFoundError);
    expect(await client.get('/key')).toMatchObject({ data: { limit: null, usage: expect.any(Number) } });
  });

  it('lets in the one key it was given', async () => {
    const stranger = client.withOptions({ apiKey: 'sk-or-other' });
    await expect(stranger.models.list()).rejects.toMatchObject({
      status: 401,
      error: { message: 'User not found.' },
    });
  });
});

async function embed(input: string | string[] | number[], dimensions?: number) {
  const { data } = await client.embeddings.create({ model: 'sim/embed', input, dimensions });
  return data.map((entry) => entry.embedding);
}

describe('embeddings', () => {
  it('gives the same unit vectors as base64 (the SDK’s own choice) and as floats', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1 }),
        fc.integer({ min: 1, max: 512 }),
        async (text, dimensions) => {
          const [packed] = await embed(text, dimensions);
          const plain = await client.embeddings.create({
            model: 'sim/embed',
            input: [text],
            dimensions,
            encoding_format: 'float',
          });
          expect(plain.data[0]?.embedding).toEqual(packed);
          expect(packed).toHaveLength(dimensions);
          expect(Math.hypot(...(packed ?? []))).toBeCloseTo(1, 5);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('takes lists of texts and tokens, in their order', async () => {
    const [a, b] = await embed(['first', 'second']);
    expect([a]).toEqual(await embed('first'));
    expect([b]).toEqual(await embed('second'));
    expect(a).not.toEqual(b);
    expect(a).toHaveLength(384);
    expect(await embed([1, 2, 3])).toEqual(await embed([1, 2, 3]));
  });

  it('bills the prompt alone and refuses what is no input', async () => {
    const reply = await client.embeddings.create({ model: 'sim/embed', input: [9, 9, 9] });
    expect(reply.usage).toMatchObject({ prompt_tokens: 3, total_tokens: 3, cost: 6e-8 });
    for (const input of ['', [], [''], Array.from({ length: 2049 }, () => 'x')]) {
      await expect(embed(input)).rejects.toBeInstanceOf(BadRequestError);
    }
    await expect(embed('x', 0)).rejects.toBeInstanceOf(BadRequestError);
    await expect(client.embeddings.create({ model: 'sim/fast', input: 'x' })).rejects.toMatchObject({
      status: 404,
    });
  });
});
