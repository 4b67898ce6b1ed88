import { prepareModelFiles } from './model-files.js';
import { createSession, type OnnxRuntime, type OnnxSession, type RuntimeName } from './onnx-runtime.js';
import { readVocabulary, WordPiece } from './word-piece.js';

/** Numbers in a vector of gte-small. */
export const gteSmallDimensions = 384;
/** Tokens of a text that are read; the model has 512 positions. */
const gteSmallMaxTokens = 512;

/**
 * gte-small (Li et al. 2023, https://arxiv.org/abs/2308.03281): English sentence vectors of length 1. Cosines are squeezed:
 * unrelated texts score 0.7, opposites 0.96. They rank within one query and mean little as absolute numbers.
 */
export class GteSmall {
  private constructor(
    readonly runtimeName: RuntimeName,
    private readonly runtime: OnnxRuntime,
    private readonly session: OnnxSession,
    private readonly tokenizer: WordPiece,
  ) {}

  /** @throws Error when the model's files or a runtime are missing. */
  static async load(modelsDir: string, threads: number, runtimes?: RuntimeName[]): Promise<GteSmall> {
    const files = await prepareModelFiles(modelsDir);
    const { name, runtime, session } = await createSession(files.graph, threads, runtimes);
    return new GteSmall(name, runtime, session, new WordPiece(readVocabulary(files.tokenizer)));
  }

  /**
   * The vectors of one batch, one after the other. Blocks the thread. Texts are padded to the longest, so they should be
   * of like length; a text's vector moves a little (cosine ≥ 0.997) with the company it is in.
   */
  async embed(texts: string[]): Promise<Float32Array> {
    const encoded = texts.map((text) => this.tokenizer.encode(text, gteSmallMaxTokens));
    const length = Math.max(...encoded.map((ids) => ids.length));
    const shape = [texts.length, length];
    const inputIds = new BigInt64Array(texts.length * length);
    const mask = new Int32Array(texts.length * length);
    for (const [row, ids] of encoded.entries()) {
      inputIds.set(ids.map(BigInt), row * length);
      mask.fill(1, row * length, row * length + ids.length);
    }
    const positions = BigInt64Array.from(inputIds, (_, i) => BigInt(i % length));

    const { Tensor } = this.runtime;
    const { embedding } = await this.session.run({
      input_ids: new Tensor('int64', inputIds, shape),
      position_ids: new Tensor('int64', positions, shape),
      attention_mask: new Tensor('int32', mask, shape),
    });
    const vectors = embedding?.data;
    if (!(vectors instanceof Float32Array) || vectors.length !== texts.length * gteSmallDimensions) {
      throw new Error('the model answered something other than vectors');
    }
    return vectors;
  }
}
