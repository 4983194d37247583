"""Generators of ONNX Runtime's own quantised operators, for `npm run cross:onnx`."""

import numpy as np

from onnx_gen import Case
from onnx_ops_runtime import BYTES, F32, f, maybe_f, ms, q8, window_of


def scale_of(g):
    return np.asarray(g.rng.uniform(0.01, 0.1), F32)


def zero_of(g, t):
    return g.values([], t, -20, 20) if t == np.int8 else g.values([], t, 100, 150)


def grid(g, dims, t):
    """A quantised tensor with its scale and zero point."""
    return [q8(g, dims, t), scale_of(g), zero_of(g, t)]


@ms("QLinearAdd", "QLinearMul")
def q_linear_binary(g):
    t = g.pick(*BYTES)
    dims = g.dims(0, 3, zero=False)
    shapes = [dims, g.broadcast(dims)]
    return Case(grid(g, shapes[0], t) + grid(g, shapes[1], t) + [scale_of(g), zero_of(g, t)],
                fixed=(1, 2, 4, 5, 6, 7))


@ms("QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax")
def q_linear_unary(g):
    t = g.pick(*BYTES)
    dims = g.dims(1, 3, zero=False)
    out = [scale_of(g), zero_of(g, t)]
    attrs = {"alpha": g.pick(None, 0.2)} if g.op == "QLinearLeakyRelu" else {}
    if g.op == "QLinearSoftmax":
        attrs = {"axis": g.axis(len(dims)), "opset": g.pick(12, 13)}
        out = [np.asarray(1 / 256, F32), np.asarray(0 if t == np.uint8 else -128, t)]
    return Case(grid(g, dims, t) + out, fixed=(1, 2, 3, 4), **attrs)


@ms("QLinearConcat")
def q_linear_concat(g):
    t = g.pick(*BYTES)
    dims = g.dims(1, 3, zero=False)
    axis = g.int(0, len(dims) - 1)
    inputs = [scale_of(g), zero_of(g, t)]
    for _ in range(g.int(1, 3)):
        own = list(dims)
        own[axis] = g.int(1, 3)
        inputs += grid(g, own, t)
    fixed = tuple(k for k in range(len(inputs)) if k < 2 or k % 3 != 2)
    return Case(inputs, axis=axis, fixed=fixed)


@ms("QLinearWhere")
def q_linear_where(g):
    t = g.pick(*BYTES)
    dims = g.dims(1, 3, zero=False)
    inputs = [g.values(g.broadcast(dims), np.bool_)] + grid(g, dims, t) + grid(g, g.broadcast(dims), t)
    return Case(inputs + [scale_of(g), zero_of(g, t)], fixed=(2, 3, 5, 6, 7, 8))


@ms("QLinearAveragePool", "QLinearGlobalAveragePool")
def q_linear_pool(g):
    t = g.pick(*BYTES)
    last = g.pick(0, 1)
    n, c, y, x = g.int(1, 2), g.int(1, 4), g.int(3, 6), g.int(3, 6)
    inputs = grid(g, [n, y, x, c] if last else [n, c, y, x], t) + [scale_of(g), zero_of(g, t)]
    if g.op == "QLinearGlobalAveragePool":
        return Case(inputs, channels_last=last, fixed=(1, 2, 3, 4))
    k = [g.int(1, 3), g.int(1, 3)]
    window = {**window_of(g, k), "dilations": None}
    return Case(inputs, channels_last=last, kernel_shape=k, count_include_pad=g.pick(None, 0, 1),
                fixed=(1, 2, 3, 4), **window)


@ms("QLinearConv")
def q_linear_conv(g):
    i, o, k = g.int(1, 3), g.int(1, 3), [g.int(1, 3), g.int(1, 3)]
    last = g.pick(0, 1)
    y, x = g.int(3, 6), g.int(3, 6)
    t = g.pick(*BYTES)
    inputs = grid(g, [1, y, x, i] if last else [1, i, y, x], t)
    inputs += [g.values([o, i, *k], np.int8, -60, 60), scale_of(g), np.asarray(0, np.int8)]
    inputs += [scale_of(g), zero_of(g, t), g.values([o], np.int32, -500, 500) if g.maybe() else None]
    return Case(inputs, channels_last=last, kernel_shape=k, fixed=tuple(range(1, 9)))


@ms("QGemm")
def q_gemm(g):
    n, k, m = g.int(1, 4), g.int(1, 5), g.int(1, 4)
    a, b = g.pick(0, 1), g.pick(0, 1)
    ta, tb = g.pick((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8))
    per = g.maybe(0.4)

    def vec(v):
        return np.asarray([v] * m, v.dtype) * 1 if per else v
    out = [scale_of(g) * F32(20), zero_of(g, ta)] if g.maybe() else [None, None]
    scales = g.values([m], F32, 0.01, 0.1) if per else scale_of(g)
    inputs = grid(g, [k, n] if a else [n, k], ta) + [
        q8(g, [m, k] if b else [k, m], tb), scales, vec(zero_of(g, tb)),
        g.values([n, m], np.int32, -500, 500) if g.maybe() else None] + out
    return Case(inputs, transA=a, transB=b, alpha=g.pick(None, 0.5), fixed=(1, 2, 4, 5, 7, 8))


@ms("MatMulIntegerToFloat", "DynamicQuantizeMatMul")
def integer_product(g):
    n, k, m = g.int(1, 4), g.int(1, 5), g.int(1, 4)
    lead = g.dims(0, 1, zero=False)
    ta, tb = g.pick((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8))
    per = g.maybe(0.4)
    scale = g.values([m], F32, 0.01, 0.1) if per else scale_of(g)
    zero = g.pick(None, q8(g, [m] if per else [], tb))
    b = q8(g, [k, m], tb)
    bias = maybe_f(g, m)
    if g.op == "DynamicQuantizeMatMul":
        return Case([f(g, *lead, n, k), b, scale, zero, bias], fixed=g.pick((), (1, 2, 3)))
    return Case([q8(g, [*lead, n, k], ta), b, scale_of(g), scale, g.pick(None, zero_of(g, ta)), zero,
                 bias], fixed=g.pick((), (1, 3, 5)))


@ms("MatMulNBits")
def mat_mul_n_bits(g):
    n, size, bits = g.int(1, 5), g.pick(16, 32), g.pick(2, 4, 4, 8)
    k = size * g.int(1, 3)
    blocks = k // size
    b = q8(g, [n, blocks, size * bits // 8], np.uint8)
    zeros = q8(g, [n * ((blocks * bits + 7) // 8)], np.uint8) if g.maybe() else None
    return Case([f(g, g.int(1, 3), k), b, g.values([n * blocks], F32, 0.01, 0.1), zeros, None,
                 maybe_f(g, n)], fixed=(1, 2, 3, 5), N=n, K=k, block_size=size, bits=bits)
