import {
  graphFields,
  modelFields,
  nodeFields,
  tensorFields,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-format.js';

type Field = { number: number; value: number | Uint8Array };

/**
 * Reads nodes and constants of an ONNX file. Tensors are views into `file`: nothing is copied.
 *
 * @throws Error when the bytes are no protobuf message or hold no graph.
 */
export function readOnnx(file: Uint8Array): OnnxGraph {
  const graph = bytesOf(file, modelFields.graph)[0];
  if (!graph) throw new Error('not an ONNX model: it has no graph');
  return {
    nodes: bytesOf(graph, graphFields.node).map(readNode),
    tensors: bytesOf(graph, graphFields.initializer).map(readTensor),
  };
}

function readNode(message: Uint8Array): OnnxNode {
  return {
    op: textsOf(message, nodeFields.opType)[0] ?? '',
    inputs: textsOf(message, nodeFields.input),
    outputs: textsOf(message, nodeFields.output),
  };
}

function readTensor(message: Uint8Array): OnnxTensor {
  return {
    name: textsOf(message, tensorFields.name)[0] ?? '',
    dims: numbersOf(message, tensorFields.dims),
    dataType: numbersOf(message, tensorFields.dataType)[0] ?? 0,
    data: bytesOf(message, tensorFields.rawData)[0] ?? new Uint8Array(),
  };
}

function bytesOf(message: Uint8Array, number: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const field of fields(message)) {
    if (field.number === number && field.value instanceof Uint8Array) found.push(field.value);
  }
  return found;
}

function textsOf(message: Uint8Array, number: number): string[] {
  return bytesOf(message, number).map((bytes) => Buffer.from(bytes).toString('utf8'));
}

/** A repeated number comes one by one or packed into one field; a reader must take both. */
function numbersOf(message: Uint8Array, number: number): number[] {
  const found: number[] = [];
  for (const field of fields(message)) {
    if (field.number !== number) continue;
    if (typeof field.value === 'number') found.push(field.value);
    else for (let at = 0, one; at < field.value.length; found.push(one)) [one, at] = varint(field.value, at);
  }
  return found;
}

/** Fields of one message: https://protobuf.dev/programming-guides/encoding/ */
function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  let key: number;
  while (at < message.length) {
    [key, at] = varint(message, at);
    const number = Math.floor(key / 8);
    const wireType = key % 8;
    if (wireType === 0) {
      const [value, next] = varint(message, at);
      yield { number, value };
      at = next;
      continue;
    }
    let length: number;
    if (wireType === 2) [length, at] = varint(message, at);
    else if (wireType === 1) length = 8;
    else if (wireType === 5) length = 4;
    else throw new Error(`not a protobuf message: wire type ${wireType}`);
    if (at + length > message.length) throw new Error('protobuf message cut short');
    yield { number, value: message.subarray(at, at + length) };
    at += length;
  }
}

/** Little-endian groups of seven bits; exact up to 2^53, more than any size in a file. */
function varint(bytes: Uint8Array, start: number): [value: number, next: number] {
  let value = 0;
  for (let at = start, weight = 1; at < bytes.length; at += 1, weight *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * weight;
    if (byte < 128) return [value, at + 1];
  }
  throw new Error('protobuf message cut short');
}
