"""One generator an ONNX op, for `npm run cross:onnx`: elementwise ops and reductions."""

import numpy as np

from onnx_gen import FLOATS, ONNX_TYPES, Case, ints

OPS = {}


def op(*names):
    """Registers a generator of these ops; where an op has several, each case draws one."""
    def register(make):
        for name in names:
            OPS.setdefault(name, []).append(make)
        return make
    return register


@op("Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Erf", "Exp",
    "Floor", "Identity", "IsNaN", "Log", "Neg", "Not", "Reciprocal", "Relu", "Round", "Sigmoid",
    "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Tan", "Tanh", "BitwiseNot", "HardSwish",
    "Mish", "Size")
def unary(g):
    return Case([g.values(g.dims(), g.type())])


@op("Celu", "Elu", "Selu", "LeakyRelu", "HardSigmoid", "ThresholdedRelu", "Shrink", "Gelu", "IsInf")
def unary_with_attributes(g):
    def number():
        return float(np.float32(g.rng.uniform(0.1, 2))) if g.maybe() else None
    return Case([g.values(g.dims(), g.type())], alpha=number(), beta=number(), gamma=number(),
                bias=number(), lambd=number(), approximate=g.pick(None, "none", "tanh"),
                detect_negative=g.pick(None, 0, 1), detect_positive=g.pick(None, 0, 1))


@op("Add", "Sub", "Mul", "Div", "And", "Or", "Xor", "Equal", "Greater", "GreaterOrEqual", "Less",
    "LessOrEqual", "BitwiseAnd", "BitwiseOr", "BitwiseXor")
def binary(g):
    dims = g.dims()
    shapes = [dims, g.broadcast(dims)]
    if g.maybe():
        shapes.reverse()
    t = g.type()
    x, y = (g.values(s, t) for s in shapes)
    if g.op == "Div" and np.dtype(t).kind in "iu":
        y = np.where(y == 0, np.asarray(1, y.dtype), y).astype(y.dtype)
        if np.dtype(t).kind == "i":
            x = np.maximum(x, np.iinfo(t).min + 1).astype(t)
    if g.op == "Equal" and g.maybe():
        y = np.broadcast_to(x[(0,) * 0], x.shape).copy() if g.maybe() else y
    return Case([x, y])


@op("Mod")
def mod(g):
    dims = g.dims()
    t = g.type()
    x, y = g.values(dims, t), g.values(g.broadcast(dims), t)
    y = np.where(y == 0, np.asarray(2, t), y).astype(t)
    return Case([x, y], fmod=1 if t in FLOATS and g.version < 28 else g.pick(None, 0, 1))


@op("Pow")
def power(g):
    dims = g.dims()
    t, u = g.type(0), g.type(1)
    whole = np.dtype(u).kind in "iu" or g.maybe()
    y = g.values(g.broadcast(dims), u, 0 if np.dtype(t).kind in "iu" else -2, 3)
    y = np.asarray(np.round(y)).astype(u) if whole else y
    x = g.values(dims, t, -3 if whole else 0, 3) if np.dtype(t).kind in "iu" else g.values(dims, t)
    return Case([x, y])


@op("BitShift")
def bit_shift(g):
    dims = g.dims()
    t = g.type()
    bits = np.iinfo(t).bits
    beyond = 2 if g.version >= 28 and g.maybe(0.3) else 0
    return Case([g.values(dims, t), g.values(g.broadcast(dims), t, -beyond, bits - 1 + beyond)],
                direction=g.pick("LEFT", "RIGHT"))


@op("PRelu")
def prelu(g):
    dims = g.dims(1)
    t = g.type()
    return Case([g.values(dims, t), g.values(g.broadcast(dims), t)])


@op("Max", "Min", "Sum", "Mean")
def variadic(g):
    dims = g.dims()
    t = g.type()
    return Case([g.values(dims if k == 0 else g.broadcast(dims), t) for k in range(g.int(1, 4))])


@op("Where")
def where(g):
    dims = g.dims()
    return Case([g.values(g.broadcast(dims), np.bool_), g.values(dims, g.type(1)),
                 g.values(g.broadcast(dims), g.type(1))])


@op("Clip")
def clip(g):
    t = g.type()
    x = g.values(g.dims(), t)
    low, high = g.values([], t, -3, 1), g.values([], t, 0, 4)
    if g.version < 11:
        return Case([x], min=float(low) if g.maybe() else None, max=float(high) if g.maybe() else None)
    return Case([x, low if g.maybe(0.7) else None, high if g.maybe(0.7) else None],
                fixed=g.pick((), (1, 2)))


@op("Cast")
def cast(g):
    t = g.type()
    to = g.pick(*[n for n in ONNX_TYPES])
    x = g.values(g.dims(), t)
    if np.dtype(t).kind == "f" and to not in FLOATS and to != np.bool_:
        high = min(float(np.iinfo(to).max), 1000)
        x = np.clip(np.nan_to_num(x), 0 if np.dtype(to).kind == "u" else -100, high).astype(t)
    return Case([x], to=ONNX_TYPES[to])


@op("CastLike")
def cast_like(g):
    return Case([g.values(g.dims(), g.type(0), 0, 100), g.values([1], g.type(1))])


@op("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
    "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare")
def reduce(g):
    g.tame = True
    t = g.type()
    dims = g.dims()
    if g.op in ("ReduceMax", "ReduceMin", "ReduceMean"):
        dims = [max(d, 1) for d in dims]
    x = g.values(dims, t, *((0.01, 9) if g.op == "ReduceLogSum" else ()))
    axes = axes_of(g, len(dims))
    if 0 in dims:  # onnxruntime takes axes from the end for others where there are no elements
        axes = [a % len(dims) for a in axes]
    keep = g.pick(None, 0, 1)
    if g.version < (13 if g.op == "ReduceSum" else 18):
        return Case([x], axes=list(axes) if axes else None, keepdims=keep)
    empty = g.pick(None, 0, 1)
    given = g.pick(None, ints(), ints()) if not axes else ints(*axes)
    return Case([x, given], keepdims=keep, noop_with_empty_axes=empty, fixed=g.pick((), (1,)))


def axes_of(g, rank):
    chosen = [d for d in range(rank) if g.maybe()]
    g.rng.shuffle(chosen)
    return [d - rank if g.maybe(0.3) else d for d in chosen]


@op("ArgMax", "ArgMin")
def arg(g):
    g.tame = True
    dims = g.dims(1, zero=False)
    x = g.values(dims, g.type(), *g.pick((), (0, 2)))
    return Case([x], axis=g.axis(len(dims)) if g.maybe(0.7) else None, keepdims=g.pick(None, 0, 1),
                select_last_index=g.pick(None, 0, 1))


@op("CumSum")
def cumsum(g):
    g.tame = True
    dims = g.dims(1)
    axis = np.asarray(g.axis(len(dims)), g.pick(np.int32, np.int64))
    return Case([g.values(dims, g.type()), axis], exclusive=g.pick(None, 0, 1),
                reverse=g.pick(None, 0, 1), fixed=g.pick((), (1,)))


@op("Softmax", "LogSoftmax", "Hardmax")
def softmax(g):
    g.tame = True
    dims = g.dims(1, zero=False)
    return Case([g.values(dims, g.type())], axis=g.axis(len(dims)) if g.maybe(0.7) else None)
