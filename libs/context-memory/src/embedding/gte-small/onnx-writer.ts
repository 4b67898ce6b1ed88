import {
  attributeFields,
  attributeTypes,
  dataTypes,
  dimensionFields,
  graphFields,
  modelFields,
  nodeFields,
  opsetFields,
  shapeFields,
  tensorFields,
  tensorTypeFields,
  typeFields,
  valueInfoFields,
  type DataType,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-format.js';

/** An integer attribute, or `{ float }`: the format keeps them apart and JavaScript does not. */
export type OnnxAttribute = number | { float: number };

/** A node with what only a writer needs. */
export interface OnnxOperation extends OnnxNode {
  /** Operator set other than ONNX's own, e.g. `com.microsoft`. */
  domain?: string;
  attributes?: Record<string, OnnxAttribute>;
}

/** An input or output; a dimension with a name is free. */
interface OnnxValue {
  name: string;
  dataType: DataType;
  dims: (number | string)[];
}

/** A whole file. */
export interface OnnxModel {
  name: string;
  /** Version of each operator set in use; `''` is ONNX's own. */
  opsets: Record<string, number>;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  nodes: OnnxOperation[];
  tensors: OnnxTensor[];
}

/** ONNX file format version: 8 came with opset 17 and is read by every runtime since 1.12. */
const fileFormatVersion = 8;

/** The bytes of an ONNX file. The same model always gives the same bytes. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const graph = [
    ...model.nodes.map((node) => bytes(graphFields.node, operation(node))),
    bytes(graphFields.name, model.name),
    ...model.tensors.map((tensor) => bytes(graphFields.initializer, constant(tensor))),
    ...model.inputs.map((value) => bytes(graphFields.input, valueInfo(value))),
    ...model.outputs.map((value) => bytes(graphFields.output, valueInfo(value))),
  ];
  const opsets = Object.entries(model.opsets).map(([domain, version]) =>
    bytes(
      modelFields.opsetImport,
      Buffer.concat([bytes(opsetFields.domain, domain), int(opsetFields.version, version)]),
    ),
  );
  return Buffer.concat([
    int(modelFields.irVersion, fileFormatVersion),
    bytes(modelFields.producer, 'context-memory-gateway'),
    ...opsets,
    bytes(modelFields.graph, Buffer.concat(graph)),
  ]);
}

/** A constant from a typed array, whose class decides the data type. */
export function tensor(
  name: string,
  dims: number[],
  values: Float32Array | Int8Array | BigInt64Array,
): OnnxTensor {
  let dataType: DataType = dataTypes.int64;
  if (values instanceof Float32Array) dataType = dataTypes.float32;
  else if (values instanceof Int8Array) dataType = dataTypes.int8;
  return { name, dims, dataType, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

function constant({ name, dims, dataType, data }: OnnxTensor): Uint8Array {
  return Buffer.concat([
    ...dims.map((size) => int(tensorFields.dims, size)),
    int(tensorFields.dataType, dataType),
    bytes(tensorFields.name, name),
    bytes(tensorFields.rawData, data),
  ]);
}

function operation({ op, inputs, outputs, domain, attributes = {} }: OnnxOperation): Uint8Array {
  return Buffer.concat([
    ...inputs.map((name) => bytes(nodeFields.input, name)),
    ...outputs.map((name) => bytes(nodeFields.output, name)),
    bytes(nodeFields.opType, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(nodeFields.attribute, attribute(name, value))),
    ...(domain ? [bytes(nodeFields.domain, domain)] : []),
  ]);
}

function attribute(name: string, value: OnnxAttribute): Uint8Array {
  const parts =
    typeof value === 'number'
      ? [int(attributeFields.int, value), int(attributeFields.type, attributeTypes.int)]
      : [float(attributeFields.float, value.float), int(attributeFields.type, attributeTypes.float)];
  return Buffer.concat([bytes(attributeFields.name, name), ...parts]);
}

function valueInfo({ name, dataType, dims }: OnnxValue): Uint8Array {
  const sizes = dims.map((size) =>
    bytes(
      shapeFields.dimension,
      typeof size === 'number' ? int(dimensionFields.value, size) : bytes(dimensionFields.parameter, size),
    ),
  );
  const type = Buffer.concat([
    int(tensorTypeFields.elementType, dataType),
    bytes(tensorTypeFields.shape, Buffer.concat(sizes)),
  ]);
  return Buffer.concat([
    bytes(valueInfoFields.name, name),
    bytes(valueInfoFields.type, bytes(typeFields.tensor, type)),
  ]);
}

// Protobuf's three kinds of field in use here: https://protobuf.dev/programming-guides/encoding/

function int(field: number, value: number): Uint8Array {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, value: Uint8Array | string): Uint8Array {
  const payload = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(field * 8 + 2), varint(payload.length), payload]);
}

function float(field: number, value: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), payload]);
}

/** A negative number (an axis counted from the end) goes as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) groups.push(Number(rest & 127n) + 128);
  return Uint8Array.from([...groups, Number(rest)]);
}
