import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataTypes } from './onnx-format.js';
import { readOnnx } from './onnx-reader.js';
import { tensor, writeOnnx, type OnnxModel } from './onnx-writer.js';

const constants = fc.oneof(
  fc.float32Array({ maxLength: 300 }).map((values) => tensor('weights', [values.length], values)),
  fc.int8Array({ maxLength: 300 }).map((values) => tensor('bytes', [1, values.length], values)),
  fc.bigInt64Array({ minLength: 1, maxLength: 1 }).map((values) => tensor('scalar', [], values)),
);

const operations = fc.record({
  op: fc.constantFrom('MatMul', 'Add'),
  inputs: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }),
  outputs: fc.array(fc.string(), { minLength: 1, maxLength: 2 }),
  domain: fc.constantFrom(undefined, 'com.microsoft'),
  attributes: fc.constant({ axis: -1, epsilon: { float: 1e-12 } }),
});

const models: fc.Arbitrary<OnnxModel> = fc.record({
  name: fc.string(),
  opsets: fc.constant({ '': 17, 'com.microsoft': 1 }),
  inputs: fc.constant([{ name: 'x', dataType: dataTypes.int64, dims: ['batch', 384] }]),
  outputs: fc.constant([{ name: 'y', dataType: dataTypes.float32, dims: ['batch'] }]),
  nodes: fc.array(operations, { maxLength: 5 }),
  tensors: fc.array(constants, { maxLength: 5 }),
});

describe('an ONNX file', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(models, (model) => {
        const graph = readOnnx(writeOnnx(model));
        expect(graph.nodes).toEqual(model.nodes.map(({ op, inputs, outputs }) => ({ op, inputs, outputs })));
        expect(graph.tensors.map(({ data, ...rest }) => ({ ...rest, data: [...data] }))).toEqual(
          model.tensors.map(({ data, ...rest }) => ({ ...rest, data: [...data] })),
        );
      }),
    );
  });

  it('is the same bytes for the same model', () => {
    fc.assert(
      fc.property(models, (model) => {
        expect(Buffer.compare(writeOnnx(model), writeOnnx(structuredClone(model)))).toBe(0);
      }),
    );
  });

  it('is refused when cut short or something else, and never read without end', () => {
    const model = writeOnnx({ name: 'm', opsets: {}, inputs: [], outputs: [], nodes: [], tensors: [] });
    expect(() => readOnnx(model.subarray(0, -1))).toThrow('cut short');
    expect(() => readOnnx(new Uint8Array())).toThrow('no graph');
    expect(() => readOnnx(Buffer.from('<html>'))).toThrow(/protobuf/);
  });
});
