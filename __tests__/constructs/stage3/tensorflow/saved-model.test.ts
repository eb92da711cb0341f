import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * The parts of a message of Protocol Buffers, by the number of their field: numbers, and bytes of what has a length.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
function fieldsOf(bytes: Buffer): ReadonlyMap<number, readonly (number | Buffer)[]> {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    const length = kind === 2 ? varint() : { 1: 8, 5: 4 }[kind];
    const value = kind === 0 ? varint() : bytes.subarray(at, (at += length ?? NaN));
    fields.set(Math.floor(tag / 8), [...(fields.get(Math.floor(tag / 8)) ?? []), value]);
  }
  return fields;
}
const messages = (from: Buffer, field: number): readonly Buffer[] =>
  (fieldsOf(from).get(field) ?? []).filter((value) => Buffer.isBuffer(value));
const texts = (from: Buffer, field: number): readonly string[] => messages(from, field).map((text) => text.toString());

test("the model of the tests is what TensorFlow 2.21 wrote: a SavedModel that can be served", () => {
  const file = path.join(__dirname, "../../../data/saved-model/trews/1/saved_model.pb");
  const model = readFileSync(file);
  expect(model.length).toBeLessThan(20_000);
  // https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/protobuf/saved_model.proto, meta_graph.proto
  expect(fieldsOf(model).get(1)).toEqual([1]);
  const [graph] = messages(model, 2);
  if (graph === undefined) throw new Error("there is no graph");
  const [info] = messages(graph, 1);
  expect(texts(info ?? Buffer.alloc(0), 4)).toEqual(["serve"]);
  expect(texts(info ?? Buffer.alloc(0), 5)).toEqual(["2.21.0"]);
  const signatures = messages(graph, 5);
  expect(signatures.flatMap((entry) => texts(entry, 1))).toContain("serving_default");
  const [serving] = signatures.filter((entry) => texts(entry, 1).includes("serving_default"));
  const [signature] = messages(serving ?? Buffer.alloc(0), 2);
  const names = (field: number) => messages(signature ?? Buffer.alloc(0), field).flatMap((entry) => texts(entry, 1));
  expect([names(1), names(2), texts(signature ?? Buffer.alloc(0), 3)]).toEqual([
    ["features"],
    ["score"],
    ["tensorflow/serving/predict"],
  ]);
});
