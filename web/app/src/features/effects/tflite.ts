/**
 * Reads a TensorFlow Lite model: a FlatBuffer, of which only what a network of floats needs is read.
 *
 *   file:   u32 position of the root table; "TFL3"
 *   table:  i32 distance back to its vtable, then its fields
 *   vtable: u16 its size, u16 the table's size, u16 for each field: its place in the table, 0 if it is absent
 *   vector: u32 count, then the elements; a table, vector or string in a field is a u32 distance ahead
 *
 * https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */

export interface Tensor {
  shape: readonly number[];
  /** Of a constant: its values. */
  data: Float32Array | Int32Array | null;
}

export interface Operator {
  /** Builtin code of the schema, or the name of a custom one. */
  code: number | string;
  inputs: readonly number[];
  outputs: readonly number[];
  /** Small options by their place in the options table, 0 where absent. */
  option(index: number): number;
}

export interface Model {
  tensors: Tensor[];
  operators: Operator[];
  input: number;
  output: number;
}

export class ModelError extends Error {
  override readonly name = 'ModelError';
}

const FLOAT32 = 0;
const FLOAT16 = 1;
const INT32 = 2;
const DEQUANTIZE = 6;
const CUSTOM = 32;

export function readModel(bytes: ArrayBuffer): Model {
  const file = new File(bytes);
  if (file.text(4, 4) !== 'TFL3') throw new ModelError('not a TensorFlow Lite model');
  const root = file.follow(0);
  const [graph] = file.tables(root, 2);
  if (graph === undefined) throw new ModelError('the model has no graph');
  const codes = file.tables(root, 1).map((code): number | string => {
    const builtin = Math.max(file.byte(code, 0), file.int(code, 3));
    return builtin === CUSTOM ? file.string(code, 1) : builtin;
  });
  const buffers = file.tables(root, 4).map((buffer) => file.vector(buffer, 0));
  const tensors = file.tables(graph, 0).map((tensor): Tensor => ({
    shape: file.ints(tensor, 0), data: constant(bytes, buffers[file.int(tensor, 2)], file.byte(tensor, 1)),
  }));
  const all = file.tables(graph, 3).map((operator): Operator => {
    const options = file.table(operator, 4);
    return {
      code: codes[file.int(operator, 0)] ?? -1, inputs: file.ints(operator, 1), outputs: file.ints(operator, 2),
      option: (index) => (options === 0 ? 0 : file.byte(options, index)),
    };
  });
  const [input = -1] = file.ints(graph, 1);
  const [output = -1] = file.ints(graph, 2);
  return { tensors, operators: all.filter((operator) => !dequantized(operator, tensors)), input, output };
}

/** Halves were widened when they were read. */
function dequantized({ code, inputs: [from = -1], outputs: [to = -1] }: Operator, tensors: Tensor[]): boolean {
  const [source, target] = [tensors[from], tensors[to]];
  if (code !== DEQUANTIZE || !source?.data || !target) return false;
  target.data = source.data;
  return true;
}

function constant(bytes: ArrayBuffer, place: readonly [start: number, count: number] | undefined, type: number): Tensor['data'] {
  const [start = 0, count = 0] = place ?? [];
  if (count === 0) return null;
  const raw = bytes.slice(start, start + count);
  if (type === FLOAT32) return new Float32Array(raw);
  if (type === INT32) return new Int32Array(raw);
  if (type === FLOAT16) return Float32Array.from(new Uint16Array(raw), halfToFloat);
  throw new ModelError(`a tensor of type ${type}`);
}

/** IEEE 754 binary16. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

/** Offsets that lead out of the file throw RangeError. */
class File {
  readonly #view: DataView;

  constructor(bytes: ArrayBuffer) {
    this.#view = new DataView(bytes);
  }

  follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  #field(table: number, index: number): number {
    const vtable = table - this.#view.getInt32(table, true);
    const place = 4 + index * 2;
    const offset = place < this.#view.getUint16(vtable, true) ? this.#view.getUint16(vtable + place, true) : 0;
    return offset === 0 ? 0 : table + offset;
  }

  byte(table: number, index: number): number {
    const at = this.#field(table, index);
    return at === 0 ? 0 : this.#view.getInt8(at);
  }

  int(table: number, index: number): number {
    const at = this.#field(table, index);
    return at === 0 ? 0 : this.#view.getInt32(at, true);
  }

  table(table: number, index: number): number {
    const at = this.#field(table, index);
    return at === 0 ? 0 : this.follow(at);
  }

  /** Where the elements are, and how many. */
  vector(table: number, index: number): readonly [start: number, count: number] {
    const at = this.#field(table, index);
    if (at === 0) return [0, 0];
    const vector = this.follow(at);
    return [vector + 4, this.#view.getUint32(vector, true)];
  }

  ints(table: number, index: number): number[] {
    const [start, count] = this.vector(table, index);
    return Array.from({ length: count }, (_, i) => this.#view.getInt32(start + i * 4, true));
  }

  tables(table: number, index: number): number[] {
    const [start, count] = this.vector(table, index);
    return Array.from({ length: count }, (_, i) => this.follow(start + i * 4));
  }

  string(table: number, index: number): string {
    return this.text(...this.vector(table, index));
  }

  text(start: number, count: number): string {
    return Array.from({ length: count }, (_, i) => String.fromCharCode(this.#view.getUint8(start + i))).join('');
  }
}
