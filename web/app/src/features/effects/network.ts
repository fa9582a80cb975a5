/** Runs a model: each operator becomes a step over buffers that are made once. */
import {
  add, average, convolve, depthwise, hardSwish, logistic, multiply, pointwise, relu, resize, unfold, type Size, type Window,
} from './kernels.js';
import { ModelError, readModel, type Model, type Operator } from './tflite.js';

export interface Network {
  readonly input: Size;
  readonly output: Size;
  /** Pixels in, pixels out; the result is overwritten by the next run. */
  run(input: Float32Array): Float32Array;
}

type Step = () => void;

export function openNetwork(bytes: ArrayBuffer): Network {
  const model = readModel(bytes);
  const at = buffersOf(model);
  const steps = model.operators.map((operator) => stepOf(operator, model, at));
  const first = at(model.input);
  const last = at(model.output);
  return {
    input: sizeOf(model, model.input), output: sizeOf(model, model.output),
    run(input) {
      first.set(input);
      for (const step of steps) step();
      return last;
    },
  };
}

function buffersOf({ tensors }: Model): (index: number) => Float32Array {
  const buffers = new Map<number, Float32Array>();
  return (index) => {
    const known = buffers.get(index);
    if (known) return known;
    const tensor = tensors[index];
    if (!tensor || tensor.data instanceof Int32Array) throw new ModelError(`no floats in tensor ${index}`);
    const made = tensor.data ?? new Float32Array(tensor.shape.reduce((product, n) => product * n, 1));
    buffers.set(index, made);
    return made;
  };
}

function sizeOf({ tensors }: Model, index: number): Size {
  const [batch = 1, height = 1, width = 1, depth = 1] = tensors[index]?.shape ?? [];
  if (batch !== 1) throw new ModelError('more than one picture at once');
  return { height, width, depth };
}

/** Codes of the schema's BuiltinOperator. */
const steps: Record<number | string, (operator: Operator, model: Model, at: (index: number) => Float32Array) => Step> = {
  0: ({ inputs: [a = -1, b = -1], outputs: [o = -1] }, _, at) => elementwise(add, at(a), at(b), at(o)),
  3: convolution,
  4: depthwiseConvolution,
  14: ({ inputs: [a = -1], outputs: [o = -1] }, _, at) => one(logistic, at(a), at(o)),
  18: ({ inputs: [a = -1, b = -1], outputs: [o = -1] }, _, at) => elementwise(multiply, at(a), at(b), at(o)),
  19: ({ inputs: [a = -1], outputs: [o = -1] }, _, at) => one(relu, at(a), at(o)),
  23: ({ inputs: [a = -1], outputs: [o = -1] }, model, at) => {
    const [input, output, from, to] = [at(a), at(o), sizeOf(model, a), sizeOf(model, o)];
    return () => resize(input, from, output, to);
  },
  40: ({ inputs: [a = -1], outputs: [o = -1] }, _, at) => one(average, at(a), at(o)),
  117: ({ inputs: [a = -1], outputs: [o = -1] }, _, at) => one(hardSwish, at(a), at(o)),
  Convolution2DTransposeBias: transposedConvolution,
};

function stepOf(operator: Operator, model: Model, at: (index: number) => Float32Array): Step {
  const make = steps[operator.code];
  if (!make) throw new ModelError(`operator ${operator.code} is not known`);
  return make(operator, model, at);
}

function one(compute: (input: Float32Array, output: Float32Array) => void, input: Float32Array, output: Float32Array): Step {
  return () => compute(input, output);
}

function elementwise(
  compute: (a: Float32Array, b: Float32Array, output: Float32Array) => void, a: Float32Array, b: Float32Array, output: Float32Array,
): Step {
  return () => compute(a, b, output);
}

function convolution(operator: Operator, model: Model, at: (index: number) => Float32Array): Step {
  const [i = -1, w = -1, b = -1] = operator.inputs;
  const [o = -1] = operator.outputs;
  const [input, weights, bias, output] = [at(i), at(w), at(b), at(o)];
  const [from, to] = [sizeOf(model, i), sizeOf(model, o)];
  const window = windowOf(operator, from, to, model.tensors[w]?.shape ?? []);
  if (operator.option(3) !== 0) throw new ModelError('a fused activation');
  const single = window.kernel[0] === 1 && window.kernel[1] === 1 && window.stride[0] === 1 && window.stride[1] === 1;
  return single ? () => pointwise(input, weights, bias, output, from.depth, to.depth) : () => convolve(input, from, weights, bias, output, to, window);
}

function depthwiseConvolution(operator: Operator, model: Model, at: (index: number) => Float32Array): Step {
  const [i = -1, w = -1, b = -1] = operator.inputs;
  const [o = -1] = operator.outputs;
  const [input, weights, bias, output] = [at(i), at(w), at(b), at(o)];
  const [from, to] = [sizeOf(model, i), sizeOf(model, o)];
  if (from.depth !== to.depth || operator.option(4) !== 0) throw new ModelError('a depth multiplier or a fused activation');
  const window = windowOf(operator, from, to, model.tensors[w]?.shape ?? []);
  return () => depthwise(input, from, weights, bias, output, to, window);
}

function transposedConvolution(operator: Operator, model: Model, at: (index: number) => Float32Array): Step {
  const [i = -1, w = -1, b = -1] = operator.inputs;
  const [o = -1] = operator.outputs;
  const [input, weights, bias, output] = [at(i), at(w), at(b)[0] ?? 0, at(o)];
  const [from, to] = [sizeOf(model, i), sizeOf(model, o)];
  const [, height = 0, width = 0] = model.tensors[w]?.shape ?? [];
  if (height !== width || to.depth !== 1 || to.width !== from.width * width) throw new ModelError('a transposed convolution of another kind');
  return () => unfold(input, from, weights, bias, output, width);
}

function windowOf({ option }: Operator, from: Size, to: Size, [, height = 1, width = 1]: readonly number[]): Window {
  const stride: [number, number] = [option(2) || 1, option(1) || 1];
  // SAME is 0, VALID 1: with SAME the picture is widened evenly, the odd pixel at the end.
  const pad = (inside: number, out: number, step: number, kernel: number): number =>
    option(0) === 0 ? Math.floor(Math.max((out - 1) * step + kernel - inside, 0) / 2) : 0;
  return { kernel: [height, width], stride, pad: [pad(from.height, to.height, stride[0], height), pad(from.width, to.width, stride[1], width)] };
}
