import { dataTypes, type OnnxGraph, type OnnxTensor } from './onnx-format.js';

/** A layer `y = x · weight + bias`. */
export interface DenseWeights {
  /** Row-major `[inputs, outputs]`. */
  weight: Float32Array;
  bias: Float32Array;
}

/** A LayerNorm: each `[hidden]`. */
export interface NormWeights {
  gain: Float32Array;
  bias: Float32Array;
}

/** One encoder layer: attention, then two dense layers, each with its norm. */
export interface BertLayerWeights {
  query: DenseWeights;
  key: DenseWeights;
  value: DenseWeights;
  attentionOutput: DenseWeights;
  attentionNorm: NormWeights;
  intermediate: DenseWeights;
  output: DenseWeights;
  outputNorm: NormWeights;
}

/** All that an encoder has learned. */
export interface BertWeights {
  /** Row-major `[vocabulary, hidden]`. */
  words: Float32Array;
  /** Row-major `[positions, hidden]`; the row of token type 0 is already added, as no other type is ever used. */
  positions: Float32Array;
  embeddingNorm: NormWeights;
  layers: BertLayerWeights[];
}

/**
 * Finds the weights of a BERT encoder in a graph exported from PyTorch. Parameters keep their names but the matrices: the
 * exporter transposes those and numbers them (`onnx::MatMul_1525`). A matrix is known by the bias added to its product.
 *
 * @throws Error naming what is missing.
 */
export function readBertWeights(graph: OnnxGraph): BertWeights {
  const constants = new Map(graph.tensors.map((tensor) => [tensor.name, tensor]));
  const matrixOfBias = matricesByBias(graph, constants);

  const floats = (name: string) => toFloats(constants.get(name), name);
  const norm = (name: string): NormWeights => ({
    gain: floats(`${name}.weight`),
    bias: floats(`${name}.bias`),
  });
  const dense = (name: string): DenseWeights => {
    const bias = `${name}.bias`;
    return { weight: toFloats(matrixOfBias.get(bias), `the matrix of ${bias}`), bias: floats(bias) };
  };

  const layers: BertLayerWeights[] = [];
  for (let i = 0; constants.has(`encoder.layer.${i}.output.dense.bias`); i += 1) {
    const layer = `encoder.layer.${i}`;
    layers.push({
      query: dense(`${layer}.attention.self.query`),
      key: dense(`${layer}.attention.self.key`),
      value: dense(`${layer}.attention.self.value`),
      attentionOutput: dense(`${layer}.attention.output.dense`),
      attentionNorm: norm(`${layer}.attention.output.LayerNorm`),
      intermediate: dense(`${layer}.intermediate.dense`),
      output: dense(`${layer}.output.dense`),
      outputNorm: norm(`${layer}.output.LayerNorm`),
    });
  }

  const embeddingNorm = norm('embeddings.LayerNorm');
  const hidden = embeddingNorm.gain.length;
  const tokenType = floats('embeddings.token_type_embeddings.weight');
  const positions = floats('embeddings.position_embeddings.weight').map(
    (value, i) => value + (tokenType[i % hidden] ?? 0),
  );
  return { words: floats('embeddings.word_embeddings.weight'), positions, embeddingNorm, layers };
}

function matricesByBias(graph: OnnxGraph, constants: Map<string, OnnxTensor>): Map<string, OnnxTensor> {
  const matrixOfProduct = new Map<string, OnnxTensor>();
  const found = new Map<string, OnnxTensor>();
  for (const { op, inputs, outputs } of graph.nodes) {
    const [first = '', second = ''] = inputs;
    const matrix = constants.get(second);
    if (op === 'MatMul' && matrix) matrixOfProduct.set(outputs[0] ?? '', matrix);
    if (op !== 'Add') continue;
    const product = matrixOfProduct.get(first) ?? matrixOfProduct.get(second);
    const bias = constants.get(first) ?? constants.get(second);
    if (product && bias) found.set(bias.name, product);
  }
  return found;
}

/** A copy, because a view into the file need not start at a multiple of four. */
function toFloats(tensor: OnnxTensor | undefined, name: string): Float32Array {
  if (tensor?.dataType !== dataTypes.float32) throw new Error(`the model has no float32 tensor for ${name}`);
  return new Float32Array(Uint8Array.from(tensor.data).buffer);
}
