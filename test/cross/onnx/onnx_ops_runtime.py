"""Generators of ONNX Runtime's own operators, for `npm run cross:onnx`: its domains and its layouts."""

import numpy as np

from onnx_gen import Case
from onnx_ops import op


def ms(*names):
    return op(*(f"com.microsoft:{name}" for name in names))


def nchwc(*names):
    return op(*(f"com.microsoft.nchwc:{name}" for name in names))


F32 = np.float32


def f(g, *dims):
    return g.values(dims, F32, -2, 2)


def maybe_f(g, *dims):
    return f(g, *dims) if g.maybe() else None


@ms("Gelu", "QuickGelu", "FastGelu", "BiasGelu")
def gelu(g):
    g.tame = True
    dims = g.dims(1, 3, zero=False)
    x = g.values(dims, F32)
    if g.op == "BiasGelu" or (g.op == "FastGelu" and g.maybe()):
        return Case([x, f(g, dims[-1])])
    return Case([x], alpha=g.pick(None, 0.7, 1.0) if g.op == "QuickGelu" else None)


@ms("FusedMatMul", "TransposeMatMul")
def fused_matmul(g):
    n, k, m = g.int(1, 4), g.int(1, 5), g.int(1, 4)
    batch = [g.int(1, 3) for _ in range(g.int(0, 2))]
    a, b = g.pick(0, 1), g.pick(0, 1)
    left, right = [n, k], [k, m]
    left = left[::-1] if a else left
    right = right[::-1] if b else right
    attrs = {"transA": a, "transB": b, "alpha": g.pick(None, 0.5, 3.0)}
    shapes = [batch + left, batch + right]
    if g.op == "FusedMatMul" and batch and g.maybe():
        for k, side in enumerate("AB"):
            if g.maybe():
                first, *rest, last = shapes[k]
                shapes[k] = [*rest, first, last]
                attrs[f"transBatch{side}"] = 1
    return Case([f(g, *shapes[0]), f(g, *shapes[1])], **attrs)


@ms("FusedGemm")
def fused_gemm(g):
    n, k, m = g.int(1, 4), g.int(1, 5), g.int(1, 4)
    a, b = g.pick(0, 1), g.pick(0, 1)
    left = [k, n] if a else [n, k]
    right = [m, k] if b else [k, m]
    activation = g.pick("Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Softplus", "Softsign",
                        "HardSigmoid", "ThresholdedRelu")
    attrs = {}
    if activation in ("LeakyRelu", "Elu", "HardSigmoid", "ThresholdedRelu"):
        attrs["activation_alpha"] = 0.3
    if activation == "HardSigmoid":
        attrs["activation_beta"] = 0.4
    c = g.pick([m], [n, m], [n, 1], [1])
    return Case([f(g, *left), f(g, *right), f(g, *c) if g.maybe() else None], transA=a, transB=b,
                alpha=g.pick(None, 0.5), beta=g.pick(None, 2.0), activation=activation, **attrs)


ACTIVATIONS = {"Relu": [], "Sigmoid": [], "Tanh": [], "LeakyRelu": [0.1], "Clip": [-0.5, 0.75],
               "HardSigmoid": [0.3, 0.4]}


def activation_of(g):
    if g.maybe(0.3):
        return {}
    name = g.pick(*ACTIVATIONS)
    return {"activation": name, "activation_params": ACTIVATIONS[name] or None}


def window_of(g, k):
    strides = [g.int(1, 2), g.int(1, 2)]
    auto = g.pick(None, None, "SAME_UPPER", "SAME_LOWER", "VALID")
    # with SAME padding, ONNX Runtime refuses dilations or forgets them
    dilations = None if auto or g.maybe(0.7) else [g.int(1, 2), g.int(1, 2)]
    pads = None if auto or g.maybe() else [g.int(0, d - 1) for d in k + k]
    return {"strides": strides, "dilations": dilations, "auto_pad": auto, "pads": pads}


@ms("FusedConv")
def fused_conv(g):
    groups = g.pick(1, 1, 2)
    i, o = g.int(1, 3) * groups, g.int(1, 3) * groups
    k = [g.int(1, 3), g.int(1, 3)]
    x = f(g, g.int(1, 2), i, g.int(5, 7), g.int(5, 7))
    w = f(g, o, i // groups, *k)
    attrs = activation_of(g)
    if g.maybe(0.4):
        z = f(g, x.shape[0], o, x.shape[2] - k[0] + 1, x.shape[3] - k[1] + 1)
        return Case([x, w, maybe_f(g, o), z], group=groups, kernel_shape=k, **attrs)
    return Case([x, w, maybe_f(g, o)], group=groups, kernel_shape=k, **window_of(g, k), **attrs)


@ms("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def skip_layer_norm(g):
    b, s, n = g.int(1, 3), g.int(1, 4), g.int(2, 8)
    x = f(g, b, s, n)
    skip = f(g, *g.pick([b, s, n], [1, s, n], [s, n]))
    simple = g.op != "SkipLayerNormalization"
    more = [maybe_f(g, n)] if simple else [maybe_f(g, n), maybe_f(g, n)]
    outputs = [True, False, False, g.maybe()]
    while not outputs[-1]:
        outputs.pop()
    return Case([x, skip, f(g, n), *more], outputs, epsilon=g.pick(None, 1e-5, 1e-3))


@op("ai.onnx:SimplifiedLayerNormalization")
def simplified_layer_norm(g):
    dims = g.dims(1, 3, zero=False)
    axis = g.axis(len(dims))
    return Case([f(g, *dims), f(g, *dims[axis:])], axis=axis, epsilon=g.pick(None, 1e-3))


@ms("EmbedLayerNormalization")
def embed_layer_norm(g):
    b, s, n, words = g.int(1, 3), g.int(1, 4), g.int(2, 6), 7

    def ids(*dims, high=words - 1):
        return g.values(dims, np.int32, 0, high)
    segments = g.maybe()
    inputs = [ids(b, s), ids(b, s, high=1) if segments else None, f(g, words, n), f(g, 6, n),
              f(g, 2, n) if segments else None, f(g, n), f(g, n),
              ids(b, s, high=1) if g.maybe() else None,
              ids(*g.pick([b, s], [1, s]), high=5) if g.maybe() else None]
    return Case(inputs, [True, True, g.maybe()], epsilon=g.pick(None, 1e-5))


def mask_of(g, b, s, t):
    kind = g.pick("none", "none", "length", "range", "rows", "whole")
    if kind == "length":
        return g.values([b], np.int32, 1, t)
    if kind == "range":
        start = g.values([b], np.int32, 0, t - 1)
        return np.concatenate([np.maximum(start + 1, g.values([b], np.int32, 1, t)), start])
    if kind == "rows":
        return g.values([b, t], np.int32, 0, 1)
    return g.values([b, s, t], np.int32, 0, 1) if kind == "whole" else None


@ms("Attention", "QAttention")
def attention(g):
    b, s, heads, size = g.int(1, 2), g.int(1, 4), g.int(1, 3), g.pick(2, 4)
    width, own = g.int(2, 5), 0
    n = heads * size
    past = f(g, 2, b, heads, g.int(1, 3), size) if g.maybe(0.4) else None
    t = s + (0 if past is None else past.shape[3])
    attrs = {"num_heads": heads, "unidirectional": g.pick(None, 0, 1),
             "mask_filter_value": g.pick(None, -1e4, -3.4e38)}
    mask = mask_of(g, b, s, t)
    if past is not None and mask is not None and mask.ndim == 1:
        mask = None
    outputs = [True, past is not None]
    if g.op == "QAttention":
        w_type = g.pick(np.int8, np.uint8)
        inputs = [g.values([b, s, width], np.uint8, 0, 255), g.values([width, 3 * n], w_type, -90, 90),
                  f(g, 3 * n), F32(0.02), F32(0.015), mask, np.uint8(g.int(100, 150)),
                  w_type(g.int(0, 9)), past]
        inputs = [x if x is None else np.asarray(x) for x in inputs]
        return Case(inputs, outputs, fixed=g.pick((), (1,)), **attrs)
    hidden = None
    v = n
    if past is None and g.maybe(0.3):
        v = heads * g.pick(1, 3)
        hidden = [n, n, v]
    bias = f(g, g.pick(1, b), g.pick(1, heads), s, t) if past is None and g.maybe(0.3) else None
    inputs = [f(g, b, s, width), f(g, width, 2 * n + v), f(g, 2 * n + v), mask, past, bias]
    scale = g.pick(None, 0.3)
    return Case(inputs, [True] if past is None else outputs, qkv_hidden_sizes=hidden, scale=scale,
                fixed=g.pick((), (1, 2)), **attrs)


@ms("MultiHeadAttention")
def multi_head_attention(g):
    b, s, heads, size, vsize = g.int(1, 2), g.int(1, 4), g.int(1, 3), g.pick(2, 4), g.pick(2, 4)
    kv = g.pick(s, g.int(1, 5))
    p = g.int(1, 3) if g.maybe(0.4) else 0
    vsize = size if p else vsize
    t = kv + p
    mask = g.pick(None, "rows", "whole", "length")
    if mask == "rows":
        mask = g.values([b, t], np.int32, 0, 1)
    elif mask == "whole":
        mask = g.values([b, s, t], np.int32, 0, 1)
    elif mask == "length":
        mask = g.values([b], np.int32, 1, t) if p == 0 else None
    inputs = [f(g, b, s, heads * size), f(g, b, kv, heads * size), f(g, b, kv, heads * vsize),
              maybe_f(g, heads * (2 * size + vsize)), mask,
              f(g, g.pick(1, b), g.pick(1, heads), s, t) if g.maybe(0.3) else None,
              f(g, b, heads, p, size) if p else None, f(g, b, heads, p, vsize) if p else None]
    outputs = [True, True, True] if p or g.maybe(0.3) else [True]
    return Case(inputs, outputs, num_heads=heads, scale=g.pick(None, 0.3),
                unidirectional=g.pick(None, None, 1))


@ms("GroupQueryAttention")
def group_query_attention(g):
    b, kv, size = g.int(1, 2), g.int(1, 2), g.pick(16, 32)
    heads = kv * g.int(1, 3)
    prompt = g.maybe(0.5)
    s = g.int(1, 4) if prompt else 1
    p = 0 if prompt else g.int(2, 6)
    if prompt:
        lengths = np.full([b], s - 1, np.int32)
    else:
        lengths = g.values([b], np.int32, 1, p)
    total = int(lengths.max()) + 1
    if total == s and not prompt:
        lengths[0] += 1
        total += 1
    packed = g.maybe(0.3)
    rotary = g.pick(0, 1)
    past = [f(g, b, kv, p, size), f(g, b, kv, p, size)] if p else [None, None]
    if packed:
        q = [f(g, b, s, (heads + 2 * kv) * size), None, None]
    else:
        q = [f(g, b, s, heads * size), f(g, b, s, kv * size), f(g, b, s, kv * size)]
    angle = [f(g, 16, size // 2), f(g, 16, size // 2)] if rotary else [None, None]
    bias = f(g, g.pick(1, b), g.pick(1, heads), s, total) if g.maybe(0.2) else None
    sink = f(g, heads) if g.maybe(0.2) else None
    inputs = q + past + [lengths, np.asarray([total], np.int32)] + angle + [None, bias, sink]
    return Case(inputs, 3, fixed=(6,), num_heads=heads, kv_num_heads=kv, do_rotary=rotary,
                rotary_interleaved=g.pick(None, 0, 1), scale=g.pick(None, 0.3),
                softcap=g.pick(None, None, 2.0), local_window_size=g.pick(None, None, 2),
                smooth_softmax=g.pick(None, None, 1) if sink is None else None)


@ms("RotaryEmbedding")
def rotary_embedding(g):
    b, s, heads, size = g.int(1, 3), g.int(1, 4), g.int(1, 3), g.pick(4, 8)
    part = g.maybe(0.3)
    width = size // 2 if part else size
    dims = g.pick([b, s, heads * size], [b, heads, s, size])
    ids = g.values(g.pick([1], [b, s]), np.int64, 0, 3)
    attrs = {"num_heads": heads, "rotary_embedding_dim": width} if part else {}
    return Case([f(g, *dims), ids, f(g, 8, width // 2), f(g, 8, width // 2)],
                interleaved=g.pick(None, 0, 1), **attrs)


BYTES = (np.uint8, np.int8)


def q8(g, dims, t):
    info = np.iinfo(t)
    return g.values(dims, t, info.min, info.max)


@ms("NhwcMaxPool")
def nhwc_max_pool(g):
    k = [g.int(1, 3), g.int(1, 3)]
    window = window_of(g, k)
    return Case([q8(g, [g.int(1, 2), g.int(5, 7), g.int(5, 7), g.int(1, 4)], g.pick(*BYTES))],
                kernel_shape=k, **window)


@ms("Trilu")
def trilu(g):
    return Case([f(g, *g.dims(2, 3, zero=False))], upper=g.pick(0, 1))


BLOCK = 16


@nchwc("Conv")
def blocked_conv(g):
    kind = g.pick("plain", "both", "both", "depthwise", "grouped")
    o = BLOCK * g.int(1, 2)
    i, per, groups = {"plain": (g.int(1, 12),) * 2 + (1,), "both": (BLOCK * g.int(1, 2),) * 2 + (1,),
                      "depthwise": (o, 1, o), "grouped": (2 * BLOCK, BLOCK, 2)}[kind]
    if kind == "both":
        i = per
    if kind == "grouped":
        o = 2 * BLOCK
    k = [g.int(1, 3), g.int(1, 3)]
    x = f(g, g.int(1, 2), i, g.int(4, 5), g.int(4, 5))
    attrs = activation_of(g)
    w, bias = f(g, o, per, *k), maybe_f(g, o)
    if g.maybe(0.3):
        z = f(g, x.shape[0], o, x.shape[2] - k[0] + 1, x.shape[3] - k[1] + 1)
        return Case([x, w, bias, z], group=groups, kernel_shape=k, **attrs)
    window = window_of(g, k)
    return Case([x, w, bias], group=groups, kernel_shape=k, **window, **attrs)


@nchwc("MaxPool", "AveragePool")
def blocked_pool(g):
    k = [g.int(1, 3), g.int(1, 3)]
    attrs = window_of(g, k)
    if g.op == "AveragePool":
        attrs = {**attrs, "dilations": None, "count_include_pad": g.pick(None, 0, 1)}
    return Case([f(g, g.int(1, 2), BLOCK * g.int(1, 2), g.int(5, 6), g.int(5, 6))], kernel_shape=k,
                **attrs)


@nchwc("GlobalAveragePool", "GlobalMaxPool")
def blocked_global(g):
    return Case([f(g, g.int(1, 2), BLOCK * g.int(1, 2), g.int(1, 4), g.int(1, 4))])


@nchwc("Upsample")
def blocked_upsample(g):
    mode = g.pick(None, "nearest", "linear")
    return Case([f(g, 1, BLOCK * g.int(1, 2), g.int(1, 4), g.int(1, 4))], mode=mode,
                scales=[1, 1, g.int(1, 3), g.int(1, 3)],
                coordinate_transformation_mode=g.pick(
                    "asymmetric", "half_pixel", "align_corners") if mode == "linear" else None)


@nchwc("ReorderInput")
def reorder_input(g):
    last = g.pick(0, 1)
    c = 4 * g.int(1, 9)
    y, x = g.int(1, 4), g.int(1, 4)
    return Case([f(g, g.int(1, 2), *([y, x, c] if last else [c, y, x]))], channels_last=last)


@nchwc("ReorderOutput")
def reorder_output(g):
    blocks = g.int(1, 2)
    c = BLOCK * blocks - g.int(0, BLOCK - 1)
    return Case([f(g, g.int(1, 2), BLOCK * blocks, g.int(1, 4), g.int(1, 4))],
                channels=c, channels_last=g.pick(0, 1))
