/*
 * The part of the ONNX file format that a BERT encoder needs.
 * Source: onnx/onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3); the numbers are its field numbers.
 */

/** ModelProto: the file. */
export const modelFields = { irVersion: 1, producer: 2, graph: 7, opsetImport: 8 } as const;
/** OperatorSetIdProto. */
export const opsetFields = { domain: 1, version: 2 } as const;
/** GraphProto. */
export const graphFields = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
/** NodeProto. */
export const nodeFields = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const;
/** AttributeProto. */
export const attributeFields = { name: 1, float: 2, int: 3, type: 20 } as const;
/** AttributeProto.AttributeType. */
export const attributeTypes = { float: 1, int: 2 } as const;
/** TensorProto. */
export const tensorFields = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
/** ValueInfoProto. */
export const valueInfoFields = { name: 1, type: 2 } as const;
/** TypeProto. */
export const typeFields = { tensor: 1 } as const;
/** TypeProto.Tensor. */
export const tensorTypeFields = { elementType: 1, shape: 2 } as const;
/** TensorShapeProto. */
export const shapeFields = { dimension: 1 } as const;
/** TensorShapeProto.Dimension. */
export const dimensionFields = { value: 1, parameter: 2 } as const;

/** TensorProto.DataType. */
export const dataTypes = { float32: 1, int8: 3, int32: 6, int64: 7 } as const;
/** One of {@link dataTypes}. */
export type DataType = (typeof dataTypes)[keyof typeof dataTypes];

/** A named constant of a graph. */
export interface OnnxTensor {
  name: string;
  /** Shape; empty for a scalar. */
  dims: number[];
  dataType: number;
  /** Elements in row-major order, little-endian. */
  data: Uint8Array;
}

/** One operation of a graph. */
export interface OnnxNode {
  op: string;
  /** Names of values; an empty name is an optional input left out. */
  inputs: string[];
  outputs: string[];
}

/** What is computed, and with which constants. */
export interface OnnxGraph {
  /** In an order in which they can be computed. */
  nodes: OnnxNode[];
  tensors: OnnxTensor[];
}
