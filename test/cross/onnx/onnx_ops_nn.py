"""Further generators of ONNX nodes: products, windows, normalisation, recurrence, quantisation."""

import numpy as np

from onnx_gen import Case, ints
from onnx_ops import op


@op("MatMul")
def mat_mul(g):
    g.tame = True
    t, m, k, n = g.type(), g.size(), g.size(), g.size()
    batch = g.dims(0, 2)
    a, b = g.broadcast(batch) + [m, k], g.broadcast(batch) + [k, n]
    if g.maybe(0.15):
        a = [k]
    if g.maybe(0.15):
        b = [k]
    return Case([g.values(a, t), g.values(b, t)])


@op("Gemm")
def gemm(g):
    g.tame = True
    t, m, k, n = g.type(), g.size(), g.size(False), g.size()
    ta, tb = g.pick(None, 0, 1), g.pick(None, 0, 1)
    c = g.values(g.broadcast([m, n]), t)
    whole = np.dtype(t).kind != "f"
    return Case([g.values([k, m] if ta else [m, k], t), g.values([n, k] if tb else [k, n], t),
                 None if g.version >= 11 and g.maybe(0.3) else c], transA=ta, transB=tb,
                alpha=None if whole else g.pick(None, 0.5, 2.0), beta=None if whole else g.pick(None, 0.5, 0.0))


def window(g, rank, kernel):
    """Strides, dilations and padding for a kernel over `rank` dimensions."""
    auto = g.pick(None, None, None, "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
    pads = [g.int(0, k - 1) for k in kernel] + [g.int(0, k - 1) for k in kernel]
    free = auto in (None, "NOTSET")
    most = [k if auto and auto.startswith("SAME") else 3 for k in kernel]
    return {
        "strides": [g.int(1, m) for m in most] if g.maybe() else None,
        "pads": pads if free and g.maybe() else None,
        "auto_pad": auto,
    }


@op("Conv")
def conv(g):
    g.tame = True
    rank, group, t = g.int(1, 3), g.int(1, 3), g.type()
    kernel = [g.int(1, 3) for _ in range(rank)]
    channels, features = group * g.int(1, 2), group * g.int(1, 2)
    w = window(g, rank, kernel)
    auto = w["auto_pad"] in ("SAME_UPPER", "SAME_LOWER")
    x = g.values([g.int(1, 2), channels, *[g.int(5, 7) for _ in kernel]], t)
    return Case([x, g.values([features, channels // group, *kernel], t),
                 g.values([features], t) if g.maybe() else None], group=group, **w,
                kernel_shape=kernel if g.maybe() else None,
                dilations=[g.int(1, 2) for _ in kernel] if g.maybe(0.4) and not auto else None)


@op("ConvTranspose")
def conv_transpose(g):
    g.tame = True
    rank, group, t = g.int(1, 3), g.int(1, 2), g.type()
    kernel = [g.int(1, 3) for _ in range(rank)]
    channels, features = group * g.int(1, 2), g.int(1, 2)
    w = window(g, rank, kernel)
    strides = w["strides"] or [1] * rank
    extra = [g.int(0, s - 1) for s in strides] if g.maybe(0.4) else None
    return Case([g.values([g.int(1, 2), channels, *[g.int(2, 5) for _ in kernel]], t),
                 g.values([channels, features, *kernel], t),
                 g.values([features * group], t) if g.maybe() else None], group=group, **w,
                output_padding=extra, kernel_shape=kernel if g.maybe() else None)


@op("MaxPool", "AveragePool", "LpPool")
def pool(g):
    g.tame = True
    rank = g.int(1, 3)
    kernel = [g.int(1, 3) for _ in range(rank)]
    w = window(g, rank, kernel)
    auto = w["auto_pad"] in ("SAME_UPPER", "SAME_LOWER")
    dilated = g.maybe(0.3) and not auto
    x = g.values([g.int(1, 2), g.int(1, 2), *[g.int(5, 7) for _ in kernel]], g.type())
    outputs = 2 if g.op == "MaxPool" and g.version >= 8 and g.maybe(0.4) else 1
    return Case([x], outputs=outputs, kernel_shape=kernel, **w,
                dilations=[g.int(1, 2) for _ in kernel] if dilated else None,
                ceil_mode=g.pick(None, 0, 1), count_include_pad=g.pick(None, 0, 1),
                storage_order=g.pick(None, 0, 1) if outputs == 2 else None, p=g.pick(None, 1, 2, 3))


@op("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(g):
    g.tame = True
    return Case([g.values([*g.dims(2, 2, False), *g.dims(1, 3, False)], g.type())], p=g.pick(None, 1, 2, 3))


@op("BatchNormalization")
def batch_normalization(g):
    g.tame = True
    dims = g.dims(2, 4, False)
    c = [dims[1]]
    first, scale, mean = g.type(0), g.type(1), g.type(min(3, len(g.schema.inputs) - 1))
    x = g.values(dims, first)
    return Case([x, g.values(c, scale), g.values(c, g.type(2)), g.values(c, mean),
                 g.values(c, g.type(4), 0.1, 2)], epsilon=g.pick(None, 0.01))


@op("InstanceNormalization")
def instance_normalization(g):
    g.tame = True
    dims, t = g.dims(3, 4, False), g.type()
    return Case([g.values(dims, t), g.values([dims[1]], t), g.values([dims[1]], t)],
                epsilon=g.pick(None, 0.01))


@op("LayerNormalization", "RMSNormalization")
def layer_normalization(g):
    g.tame = True
    dims, t = g.dims(1, 4, False), g.type()
    axis = g.axis(len(dims)) if g.maybe(0.7) else None
    own = dims[-1 if axis is None else axis:] if axis is None or axis < 0 else dims[axis:]
    bias = [g.values(own, t) if g.maybe() else None] if g.op[0] == "L" else []
    return Case([g.values(dims, t), g.values(own, g.type(1)), *bias], axis=axis,
                outputs=g.pick(1, 3) if g.op[0] == "L" and t == np.float32 else 1, epsilon=g.pick(None, 0.01))


@op("GroupNormalization")
def group_normalization(g):
    g.tame = True
    groups, t = g.int(1, 3), g.type()
    channels = groups * g.int(1, 2)
    n = groups if g.version < 21 else channels
    return Case([g.values([g.size(False), channels, *g.dims(1, 2, False)], t), g.values([n], t),
                 g.values([n], t)], num_groups=groups, epsilon=g.pick(None, 0.01))


@op("LpNormalization")
def lp_normalization(g):
    g.tame = True
    dims = g.dims(1, 4, False)
    return Case([g.values(dims, g.type())], axis=g.axis(len(dims)) if g.maybe() else None,
                p=g.pick(None, 1, 2))


@op("LRN")
def lrn(g):
    g.tame = True
    return Case([g.values([1, g.int(1, 6), *g.dims(2, 2, False)], g.type())], size=g.pick(1, 3, 5),
                alpha=g.pick(None, 0.1), beta=g.pick(None, 0.5), bias=g.pick(None, 2.0))


@op("MeanVarianceNormalization")
def mean_variance_normalization(g):
    g.tame = True
    dims = [g.int(2, 4) for _ in range(4)]
    axes = [d for d in range(4) if g.maybe()] or None
    return Case([g.values(dims, g.type())], axes=axes)


@op("Dropout")
def dropout(g):
    x = g.values(g.dims(), g.type())
    if g.version < 12:
        return Case([x], outputs=g.pick(1, 2), ratio=g.pick(None, 0.3))
    ratio = np.asarray(0.4, g.type(1)) if g.maybe() else None
    return Case([x, ratio, np.asarray(False) if g.maybe() else None], outputs=g.pick(1, 2))


@op("RNN", "GRU", "LSTM")
def recurrent(g):
    g.tame = True
    t, gates = g.type(), {"RNN": 1, "GRU": 3, "LSTM": 4}[g.op]
    length, batch, size, hidden = g.int(1, 4), g.int(1, 3), g.int(1, 3), g.int(1, 3)
    direction = g.pick(None, "forward", "reverse", "bidirectional")
    n = 2 if direction == "bidirectional" else 1
    layout = g.pick(None, 0)
    first = [n, batch, hidden]

    def some(dims):
        return g.values(dims, t) if g.maybe() else None
    lens = g.values([batch], np.int32, 1, length) if g.maybe(0.4) else None
    state = [some(first), some(first)] if g.op == "LSTM" else [some(first)]
    peep = [some([n, 3 * hidden])] if g.op == "LSTM" else []
    names = {"RNN": 1, "GRU": 2, "LSTM": 3}[g.op] * n
    acts = [g.pick("Sigmoid", "Tanh", "Relu") for _ in range(names)] if g.maybe(0.3) else None
    return Case([g.values([length, batch, size], t), g.values([n, gates * hidden, size], t),
                 g.values([n, gates * hidden, hidden], t), some([n, 2 * gates * hidden]), lens,
                 *state, *peep], outputs=[True] * (3 if g.op == "LSTM" else 2), hidden_size=hidden,
                direction=direction, layout=layout, activations=acts, clip=g.pick(None, None, 0.5),
                linear_before_reset=g.pick(None, 0, 1), input_forget=g.pick(None, 0))


@op("QuantizeLinear")
def quantize(g):
    g.tame = True
    dims, t = g.dims(0, 4, False), np.float32
    axis = g.axis(len(dims)) if dims else 0
    per = g.maybe() and dims and g.version >= 13
    own = [dims[axis]] if per else []
    z = g.pick(np.uint8, np.int8)
    zero = g.values(own, z) if g.maybe(0.7) else None
    scale = g.values(own, t, 0.05, 1)
    return Case([g.values(dims, t), scale, zero], axis=axis if per else None, fixed=g.pick((), (1, 2)))


@op("DequantizeLinear")
def dequantize(g):
    dims = g.dims(0, 4, False)
    axis = g.axis(len(dims)) if dims else 0
    per = g.maybe() and dims and g.version >= 13
    own = [dims[axis]] if per else []
    z = g.pick(np.uint8, np.int8, np.int32)
    x = g.values(dims, z, -100, 100)
    zero = g.values(own, z) if g.maybe(0.7) and z != np.int32 else None
    return Case([x, g.values(own, np.float32, 0.05, 1), zero], axis=axis if per else None)


@op("DynamicQuantizeLinear")
def dynamic_quantize(g):
    g.tame = True
    return Case([g.values(g.dims(1, 3, False), np.float32)], outputs=3)


@op("MatMulInteger")
def mat_mul_integer(g):
    m, k, n = g.size(False), g.size(False), g.size(False)
    ta, tb = g.type(0), g.type(1)
    batch = g.dims(0, 1, False)
    za = g.values([], ta) if g.maybe() else None
    zb = g.values([] if g.maybe() else [n], tb) if g.maybe() else None
    return Case([g.values(batch + [m, k], ta), g.values([k, n], tb), za, zb])


@op("ConvInteger")
def conv_integer(g):
    rank = g.int(1, 2)
    kernel = [g.int(1, 3) for _ in range(rank)]
    channels = g.int(1, 2)
    ta, tb = np.uint8, np.uint8
    return Case([g.values([1, channels, *[g.int(5, 7) for _ in kernel]], ta),
                 g.values([2, channels, *kernel], tb), g.values([], ta) if g.maybe() else None,
                 g.values([], tb) if g.maybe() else None], **window(g, rank, kernel))


@op("QLinearMatMul")
def q_linear_mat_mul(g):
    m, k, n = g.size(False), g.size(False), g.size(False)
    t = np.uint8

    def scale():
        return g.values([], np.float32, 0.05, 1)
    return Case([g.values([m, k], t), scale(), g.values([], t), g.values([k, n], t), scale(),
                 g.values([], t), scale(), g.values([], t)])


@op("QLinearConv")
def q_linear_conv(g):
    kernel = [g.int(1, 3) for _ in range(2)]
    t = np.uint8

    def scale():
        return g.values([], np.float32, 0.05, 1)
    return Case([g.values([1, 2, *[g.int(5, 7) for _ in kernel]], t), scale(), g.values([], t),
                 g.values([2, 2, *kernel], t), scale(), g.values([], t), scale(), g.values([], t),
                 g.values([2], np.int32) if g.maybe() else None], **window(g, 2, kernel),
                fixed=(1, 2, 3, 4, 5, 6, 7, 8))


@op("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
def loss(g):
    g.tame = True
    n, c, rest, t = g.int(1, 3), g.int(2, 4), g.dims(0, 2, False), g.type()
    ignored = g.pick(None, 1, -1)
    target = g.values([n, *rest], g.type(1), -1 if ignored == -1 else 0, c - 1)
    return Case([g.values([n, c, *rest], t), target, g.values([c], t, 0.1, 1) if g.maybe() else None],
                reduction=g.pick(None, "none", "mean", "sum"), ignore_index=ignored,
                outputs=g.pick(1, 2) if g.op[0] == "S" else 1)


@op("HannWindow", "HammingWindow", "BlackmanWindow")
def window_function(g):
    return Case([np.asarray(g.int(1, 9), g.type())], periodic=g.pick(None, 0, 1), fixed=g.pick((), (0,)))


@op("DFT")
def dft(g):
    g.tame = True
    t = g.pick(np.float32, np.float64)
    dims = [g.int(1, 2), g.int(1, 6), *g.dims(0, 1, False)]
    inverse, complex_in = g.pick(None, 0, 1), g.maybe()
    onesided = g.pick(None, 0, 1) if not complex_in and not inverse else None
    x = g.values([*dims, 2 if complex_in else 1], t)
    length = np.asarray(g.int(1, 7), np.int64) if g.maybe(0.4) else None
    at = g.int(1, len(dims) - 1)
    if g.version < 20:
        return Case([x, length], axis=at, inverse=inverse, onesided=onesided, fixed=g.pick((), (1,)))
    return Case([x, length, np.asarray(g.pick(at, at - len(dims) - 1), np.int64)], inverse=inverse, onesided=onesided, fixed=g.pick((), (1, 2)))


@op("STFT")
def stft(g):
    g.tame = True
    t = g.pick(np.float32, np.float64)
    frame = g.int(2, 6)
    return Case([g.values([g.int(1, 2), g.int(8, 14), 1], t), np.asarray(g.int(1, 4), np.int64),
                 g.values([frame], t) if g.maybe() else None, np.asarray(frame, np.int64)],
                onesided=g.pick(None, 0, 1), fixed=(1, 3))


@op("Col2Im")
def col2im(g):
    g.tame = True
    block, image = [g.int(1, 2), g.int(1, 2)], [g.int(3, 5), g.int(3, 5)]
    strides, dilations = [g.int(1, 2), g.int(1, 2)], [g.int(1, 2), g.int(1, 2)]
    pads = [g.int(0, 1) for _ in range(4)]
    blocks = [(i + pads[k] + pads[k + 2] - d * (b - 1) - 1) // s + 1
              for k, (i, b, d, s) in enumerate(zip(image, block, dilations, strides))]
    x = g.values([g.int(1, 2), 2 * int(np.prod(block)), int(np.prod(blocks))], g.type())
    return Case([x, ints(*image), ints(*block)], dilations=dilations, pads=pads, strides=strides, fixed=(1, 2))


@op("CenterCropPad")
def center_crop_pad(g):
    dims = g.dims(1, 3, False)
    axes = [d for d in range(len(dims)) if g.maybe()] if g.maybe() else None
    axes = axes or None
    n = len(dims) if axes is None else len(axes)
    named = axes and [d - len(dims) if g.maybe(0.3) else d for d in axes]
    return Case([g.values(dims, g.type()), ints(*[g.int(1, 6) for _ in range(n)])], axes=named, fixed=g.pick((), (1,)))


@op("Det")
def det(g):
    g.tame = True
    n = g.int(1, 4)
    return Case([g.values([*g.dims(0, 2, False), n, n], g.type())])


@op("MelWeightMatrix")
def mel(g):
    return Case([np.asarray(g.int(2, 6), np.int64), np.asarray(g.int(16, 40), np.int64), np.asarray(8000, np.int64),
                 np.asarray(100.0, np.float32), np.asarray(3500.0, np.float32)], fixed=(0, 1, 2, 3, 4))


@op("RotaryEmbedding")
def rotary(g):
    g.tame = True
    b, h, n, d, t = g.int(1, 2), g.int(1, 2), g.int(1, 3), g.pick(4, 8), np.float32
    flat = g.maybe(0.4)
    part = g.pick(None, 4)
    half = (part or d) // 2
    ids = g.maybe()
    cache = [6, half] if ids else [b, n, half]
    return Case([g.values([b, n, h * d] if flat else [b, h, n, d], t), g.values(cache, t), g.values(cache, t),
                 g.values([b, n], np.int64, 0, 5) if ids else None], interleaved=g.pick(None, 0, 1),
                num_heads=h if flat else None, rotary_embedding_dim=part)
