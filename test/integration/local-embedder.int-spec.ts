import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddingUnavailableError } from '#context-memory';
import { LocalEmbedder } from '../../libs/context-memory/src/embedding/local-embedder.js';

let modelsDir: string;
let embedder: LocalEmbedder;

beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'models-'));
  embedder = new LocalEmbedder({ modelsDir, threads: 1 });
  await embedder.start();
});

afterAll(async () => {
  await embedder.close();
  await rm(modelsDir, { recursive: true, force: true });
});

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a && b ? a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0) : Number.NaN;
}

async function killChild(): Promise<void> {
  const status = await embedder.status();
  if (!status?.pid) throw new Error('there is no child process');
  process.kill(status.pid, 'SIGKILL');
}

const passages = Array.from(
  { length: 40 },
  (_, i) => `Passage ${i}: ${'the meeting moved to Friday '.repeat(20)}`,
);

describe('LocalEmbedder', () => {
  it('puts a paraphrase nearer than another subject, and does not tell opposites apart', async () => {
    const [dark, light, coding, theme, bananas] = await embedder.embed(
      [
        'prefers dark mode',
        'prefers light mode',
        'The user likes dark themes in the editor',
        'I would rather have a dark theme while coding',
        'Bananas grow in tropical climates',
      ],
      'passage',
    );
    expect(cosine(dark, dark)).toBeCloseTo(1, 4);
    expect(cosine(coding, theme)).toBeGreaterThan(cosine(coding, bananas) + 0.1);
    // Cosine alone must never decide that one memory replaces another.
    expect(cosine(dark, light)).toBeGreaterThan(cosine(coding, theme));
  });

  it('answers in the order of the texts, whatever the batches, and takes any text', async () => {
    const texts = [
      'long '.repeat(400),
      '',
      'short',
      '\u0000\ud800',
      '字'.repeat(20_000),
      'middle '.repeat(50),
    ];
    const together = await embedder.embed(texts, 'passage');
    for (const [i, text] of texts.entries()) {
      const [alone] = await embedder.embed([text], 'query');
      expect(cosine(together[i], alone)).toBeGreaterThan(0.98);
    }
    expect(await embedder.embed([], 'query')).toEqual([]);
  });

  it('answers a query before the passages that came first', async () => {
    const answered: string[] = [];
    const many = embedder.embed(passages, 'passage').then(() => answered.push('passages'));
    const one = embedder.embed(['When is the meeting?'], 'query').then(() => answered.push('query'));
    await Promise.all([many, one]);
    expect(answered).toEqual(['query', 'passages']);
  });

  it('finishes a call whose process was killed, in a new process', async () => {
    const before = await embedder.status();
    const inFlight = embedder.embed(passages.slice(0, 8), 'passage');
    await killChild();
    expect(await inFlight).toHaveLength(8);
    expect((await embedder.status())?.pid).not.toBe(before?.pid);
  });

  it('starts again when the process died between calls', async () => {
    await killChild();
    const [vector] = await embedder.embed(['still there?'], 'query');
    expect(vector).toHaveLength(embedder.space.dimensions);
  });

  it('gives up when the caller does, or after its time-out', async () => {
    const abort = new AbortController();
    const reason = new Error('client left');
    const given = embedder.embed(passages, 'passage', abort.signal);
    abort.abort(reason);
    await expect(given).rejects.toBe(reason);

    const hasty = new LocalEmbedder({ modelsDir, threads: 1, timeoutMs: 1 });
    await expect(hasty.embed(passages, 'passage')).rejects.toThrow(EmbeddingUnavailableError);
    await hasty.close();
    await expect(hasty.embed(['closed'], 'query')).rejects.toThrow(EmbeddingUnavailableError);
  });

  it('heals a damaged model file, also when two start at once', async () => {
    const graph = (await readdir(modelsDir)).find((name) => name.endsWith('.onnx')) ?? '';
    await truncate(join(modelsDir, graph), 1_000);
    const both = [1, 2].map(() => new LocalEmbedder({ modelsDir, threads: 1 }));
    await Promise.all(both.map((each) => each.start()));
    const [first, second] = await Promise.all(both.map((each) => each.embed(['same'], 'query')));
    expect(first).toEqual(second);
    await Promise.all(both.map((each) => each.close()));
    expect((await readdir(modelsDir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('gives the same meaning on the wasm runtime', async () => {
    const wasm = new LocalEmbedder({ modelsDir, threads: 1, runtimes: ['wasm'] });
    const text = 'The invoice is due on the first of March.';
    const [[slow], [fast]] = await Promise.all([
      wasm.embed([text], 'query'),
      embedder.embed([text], 'query'),
    ]);
    expect((await wasm.status())?.runtime).toBe('wasm');
    expect(cosine(slow, fast)).toBeGreaterThan(0.99);
    await wasm.close();
  });
});
