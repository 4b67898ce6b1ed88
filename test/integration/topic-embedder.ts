import { newId } from '#common';
import { type Embedder, type EmbeddingSpace, EmbeddingUnavailableError } from '#context-memory';
import { unitVector } from '../../libs/testing/src/simulator/unit-vector.js';

/**
 * Knows a text by the topic it names, `t7`, and a question by the topic it asks for, `q7`: near in meaning, and not a word in
 * common, so that only vectors of one space can bring them together. The more noise, the worse it recalls.
 */
export class TopicEmbedder implements Embedder {
  readonly space: EmbeddingSpace;
  /** Every text that is stored, in order. */
  readonly embedded: string[] = [];
  down = false;
  /** A text that no model could read. */
  poison: string | undefined;
  /** What passages wait for. */
  hold: Promise<void> | undefined;

  constructor(
    dimensions: number,
    private readonly noise: number,
    provider = 'test',
  ) {
    this.space = { provider, model: `topics-${newId()}`, dimensions };
  }

  async embed(texts: string[], purpose: string): Promise<Float32Array[]> {
    if (purpose !== 'query') await this.hold;
    if (this.down || (this.poison !== undefined && texts.some((text) => text.includes(this.poison ?? '')))) {
      throw new EmbeddingUnavailableError('The test embedder is away');
    }
    if (purpose !== 'query') this.embedded.push(...texts.filter((text) => /^t\d/.test(text)));
    return texts.map((text) => this.vectorOf(text));
  }

  async start(): Promise<void> {}
  async close(): Promise<void> {}

  private vectorOf(text: string): Float32Array {
    const { dimensions } = this.space;
    const topic = unitVector(`${dimensions} ${/\b[tq](\d+)\b/.exec(text)?.[1]}`, dimensions);
    const own = unitVector(`${dimensions} ${text}`, dimensions);
    const mixed = topic.map((number, i) => number + this.noise * (own[i] ?? 0));
    const length = Math.hypot(...mixed);
    return mixed.map((number) => number / length);
  }
}
