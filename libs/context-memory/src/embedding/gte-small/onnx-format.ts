/**
 * The part of the ONNX file format that a BERT encoder needs.
 * Source: onnx/onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3); the numbers are its field numbers.
 */
export const MODEL = { irVersion: 1, producer: 2, graph: 7, opsetImport: 8 } as const;
export const OPSET = { domain: 1, version: 2 } as const;
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const;
export const ATTRIBUTE = { name: 1, float: 2, int: 3, type: 20 } as const;
export const ATTRIBUTE_TYPE = { float: 1, int: 2 } as const;
export const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
export const VALUE_INFO = { name: 1, type: 2 } as const;
export const TYPE = { tensor: 1 } as const;
export const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
export const SHAPE = { dimension: 1 } as const;
export const DIMENSION = { value: 1, parameter: 2 } as const;

/** TensorProto.DataType. */
export const DATA_TYPE = { float32: 1, int8: 3, int32: 6, int64: 7 } as const;
export type DataType = (typeof DATA_TYPE)[keyof typeof DATA_TYPE];

/** A named constant of a graph. */
export interface OnnxTensor {
  name: string;
  /** Shape; empty for a scalar. */
  dims: number[];
  dataType: number;
  /** Elements in row-major order, little-endian. */
  data: Uint8Array;
}

export interface OnnxNode {
  op: string;
  /** Names of values; an empty name is an optional input left out. */
  inputs: string[];
  outputs: string[];
}

export interface OnnxGraph {
  /** In an order in which they can be computed. */
  nodes: OnnxNode[];
  tensors: OnnxTensor[];
}
