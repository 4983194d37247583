"""Generators of ONNX nodes of newer op sets, and of types that only a cast or a scale touches."""

import ml_dtypes
import numpy as np
from onnx import TensorProto

from onnx_gen import ONNX_TYPES, Case, ints
from onnx_ops import op

NARROW = {
    ml_dtypes.bfloat16: TensorProto.BFLOAT16,
    ml_dtypes.float8_e4m3fn: TensorProto.FLOAT8E4M3FN,
    ml_dtypes.float8_e5m2: TensorProto.FLOAT8E5M2,
    ml_dtypes.float8_e4m3fnuz: TensorProto.FLOAT8E4M3FNUZ,
    ml_dtypes.float8_e5m2fnuz: TensorProto.FLOAT8E5M2FNUZ,
    ml_dtypes.int4: TensorProto.INT4,
    ml_dtypes.uint4: TensorProto.UINT4,
    ml_dtypes.float4_e2m1fn: TensorProto.FLOAT4E2M1,
    ml_dtypes.float6_e2m3fn: TensorProto.FLOAT6E2M3,
    ml_dtypes.float6_e3m2fn: TensorProto.FLOAT6E3M2,
}
SINCE = {TensorProto.BFLOAT16: 13, TensorProto.INT4: 21, TensorProto.UINT4: 21, TensorProto.FLOAT4E2M1: 23,
         TensorProto.FLOAT6E2M3: 28, TensorProto.FLOAT6E3M2: 28}


def narrow_types(version):
    return {t: code for t, code in NARROW.items() if SINCE.get(code, 19) <= version}


def cast_pair(g):
    """Values of one type and the type that they are cast to, so that every result is defined."""
    types = {**ONNX_TYPES, **narrow_types(g.version)}
    source, target = g.pick(*types), g.pick(*types)
    floats = {t for t in types if np.dtype(t).kind in "fV" and t not in (ml_dtypes.int4, ml_dtypes.uint4)}
    x = g.values(g.dims(0, 3), np.float32)
    if g.maybe(0.3) and target in floats:
        x = x * np.float32(g.pick(100, 1000, 1e5))
    if target not in floats and target != np.bool_:
        low, high = {ml_dtypes.int4: (-8, 7), ml_dtypes.uint4: (0, 15)}.get(target, (-100, 100))
        if np.dtype(target).kind == "u":
            low = 0
        x = np.clip(np.nan_to_num(x), low, high)
    if source not in floats:
        low, high = {ml_dtypes.int4: (-8, 7), ml_dtypes.uint4: (0, 15)}.get(source, (-100, 100))
        if np.dtype(source).kind == "u":
            low = 0
        x = np.round(np.clip(np.nan_to_num(x), low, high))
    return np.asarray(x).astype(source), target, types[target]


@op("Cast", "CastLike")
def cast(g):
    x, target, code = cast_pair(g)
    attrs = {"saturate": g.pick(None, 0, 1)} if g.maybe(0.4) else {}
    if g.op == "CastLike":
        return Case([x, np.zeros([1], target)], **attrs)
    return Case([x], to=code, **attrs)


@op("BitCast")
def bit_cast(g):
    widths = ((np.int8, np.uint8), (np.int16, np.uint16, np.float16),
              (np.int32, np.uint32, np.float32), (np.int64, np.uint64, np.float64))
    same = g.pick(*widths)
    to = g.pick(*same)
    return Case([g.values(g.dims(), g.pick(*same))], to=ONNX_TYPES[to])


@op("Swish")
def swish(g):
    return Case([g.values(g.dims(), g.type())], alpha=g.pick(None, 0.5, 2.0))


@op("SwiGLU")
def swi_glu(g):
    g.tame = True
    dims = g.dims()
    t = g.type()
    return Case([g.values(dims, t), g.values(dims, t)], alpha=g.pick(None, 0.5))


@op("CumProd")
def cumprod(g):
    g.tame = True
    dims = g.dims(1)
    return Case([g.values(dims, g.type()), np.asarray(g.axis(len(dims)), np.int64)],
                exclusive=g.pick(None, 0, 1), reverse=g.pick(None, 0, 1), fixed=g.pick((), (1,)))


@op("Upsample")
def upsample(g):
    g.tame = True
    if g.version >= 10:
        g.opset = 9
    dims = [1, 2, g.int(1, 4), g.int(1, 4)]
    scales = [1.0, 1.0, float(g.pick(1, 1.5, 2, 3)), float(g.pick(1, 2, 2.5))]
    x = g.values(dims, np.float32)
    mode = g.pick(None, "nearest")
    if g.opset < 9:
        return Case([x], mode=mode, scales=scales)
    return Case([x, np.asarray(scales, np.float32)], mode=mode, fixed=g.pick((), (1,)))


@op("Scatter")
def scatter(g):
    g.opset = g.pick(9, 10)
    dims = g.dims(1, zero=False)
    axis = g.int(0, len(dims) - 1)
    own = [g.int(1, d) for d in dims]
    n = dims[axis]
    order = np.argsort(g.rng.random(own[:axis] + [n] + own[axis + 1:]), axis)
    index = np.take(order, range(own[axis]), axis).astype(np.int64)
    t = g.pick(*ONNX_TYPES)
    return Case([g.values(dims, t), index, g.values(own, t)], axis=axis)


@op("TensorScatter")
def tensor_scatter(g):
    b, length, width, rest = g.int(1, 3), g.int(2, 5), g.int(1, 2), g.dims(1, 2, False)
    middle = g.dims(0, 1, False)
    axis = 1 + len(middle)
    mode = g.pick(None, "linear", "circular")
    at = g.values([b], np.int64, 0, length - width if mode != "circular" else length - 1) if g.maybe(0.8) else None
    t = g.type()
    return Case([g.values([b, *middle, length, *rest], t), g.values([b, *middle, width, *rest], t), at],
                mode=mode, axis=g.pick(axis, axis - (2 + len(middle) + len(rest))))


@op("NonMaxSuppression")
def non_max_suppression(g):
    g.tame = True
    n, boxes, classes = g.int(1, 2), g.int(1, 6), g.int(1, 2)
    corner = g.values([n, boxes, 2], np.float32, 0, 1)
    size = g.values([n, boxes, 2], np.float32, 0.1, 1)
    center = g.pick(None, 0, 1)
    second = size if center else corner + size
    given = [np.asarray([g.int(0, 4)], np.int64) if g.maybe(0.8) else None,
             g.values([1], np.float32, 0.1, 0.9) if g.maybe(0.7) else None,
             g.values([1], np.float32, 0, 0.6) if g.maybe(0.6) else None]
    return Case([np.concatenate([corner, second], -1), g.values([n, classes, boxes], np.float32, 0, 1), *given],
                center_point_box=center)


@op("MaxUnpool")
def max_unpool(g):
    g.tame = True
    kernel = [2, 2]
    x = g.values([1, 1, 2, 2], np.float32)
    index = np.asarray(g.rng.permutation(16)[:4], np.int64).reshape([1, 1, 2, 2])
    return Case([x, index], kernel_shape=kernel, strides=[2, 2])


@op("DeformConv")
def deform_conv(g):
    g.tame = True
    group, offsets = g.int(1, 2), g.int(1, 2)
    channels, features = 2 * group, group * g.int(1, 2)
    k, pad, stride = g.int(1, 2), g.int(0, 1), g.int(1, 2)
    size = g.int(3, 5)
    out = (size + 2 * pad - k) // stride + 1
    x = g.values([1, channels, size, size], np.float32)
    offset = g.values([1, offsets * 2 * k * k, out, out], np.float32, -1.2, 1.2)
    mask = g.values([1, offsets * k * k, out, out], np.float32, 0, 1) if g.maybe() else None
    return Case([x, g.values([features, channels // group, k, k], np.float32), offset,
                 g.values([features], np.float32) if g.maybe() else None, mask], group=group, offset_group=offsets,
                pads=[pad] * 4, strides=[stride] * 2, kernel_shape=[k, k])


@op("QuantizeLinear", "DequantizeLinear")
def quantize_newer(g):
    g.tame = True
    dims = g.dims(1, 3, False)
    axis = g.axis(len(dims))
    block = g.int(1, 3) if g.version >= 21 and g.maybe(0.4) else None
    kind = g.pick("all", "axis") if block is None else "block"
    own = {"all": [], "axis": [dims[axis]],
           "block": [-(-d // block) if block and k == axis % len(dims) else d for k, d in enumerate(dims)]}[kind]
    kinds = [np.uint8, np.int8]
    if g.version >= 21:
        kinds += [np.int16, np.uint16, ml_dtypes.int4, ml_dtypes.uint4]
    if g.version >= 19:
        kinds += [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2]
    q = g.pick(*kinds)
    whole = q in (np.uint8, np.int8, np.int16, np.uint16)
    scale = g.values(own, np.float32, 0.05, 1)
    small = g.values(own, np.int32, 0 if np.dtype(q).kind == "u" or q == ml_dtypes.uint4 else -5, 5)
    zero = (small if whole or q in (ml_dtypes.int4, ml_dtypes.uint4) else small * 0).astype(q)
    attrs = {"axis": axis if kind != "all" else None, "block_size": block}
    if g.version < 13:
        scale, zero, attrs = g.values([], np.float32, 0.05, 1), zero.ravel()[:1].reshape([]), {}
    if g.op == "QuantizeLinear":
        absent = q == np.uint8 and g.maybe(0.3)
        return Case([g.values(dims, np.float32), scale, None if absent else zero], **attrs,
                    saturate=g.pick(None, 0, 1) if g.version >= 19 else None, fixed=g.pick((), (1, 2)))
    x = np.clip(np.round(g.values(dims, np.float32) * 3), 0 if "uint" in np.dtype(q).name else -7, 7)
    return Case([x.astype(q), scale, zero if g.maybe(0.7) else None], **attrs)


@op("Attention")
def attention(g):
    g.tame = True
    t = g.pick(np.float32, np.float32, np.float16, np.float64)
    b, kv, n, m, d, e = g.int(1, 2), g.int(1, 2), g.int(1, 4), g.int(1, 5), g.pick(2, 4), g.pick(2, 3)
    heads = kv * g.int(1, 2)
    flat = g.maybe(0.4)

    def make(h, length, width):
        return g.values([b, length, h * width] if flat else [b, h, length, width], t)
    past = g.int(1, 3) if g.maybe(0.35) else 0
    before = [g.values([b, kv, past, w], t) for w in (d, e)] if past else [None, None]
    total = m + past
    mask = None
    if g.maybe():
        dims = g.pick([n, total], [1, 1, n, total], [b, 1, n, total], [b, heads, n, total])
        mask = g.values(dims, g.pick(np.bool_, t))
    pads = None
    if g.opset >= 24 and not past and g.maybe(0.3):
        pads = g.values([b], np.int64, 1, m)
    softcap = g.pick(None, None, 2.0)
    mode = g.pick(None, 0, 1, 2, 3) if softcap is None else g.pick(1, 2, 3)
    wants = [True, bool(past), bool(past), g.maybe(0.4)]
    while not wants[-1]:
        wants.pop()
    return Case([make(heads, n, d), make(kv, m, d), make(kv, m, e), mask, *before, pads], outputs=wants,
                is_causal=g.pick(None, 0, 1), scale=g.pick(None, 0.5), softcap=softcap,
                q_num_heads=heads if flat else None, kv_num_heads=kv if flat else None,
                qk_matmul_output_mode=mode if len(wants) == 4 else None,
                softmax_precision=g.pick(None, None, TensorProto.FLOAT))


@op("CausalConvWithState")
def causal_conv(g):
    g.tame = True
    n, channels, length, k, t = g.int(1, 2), g.int(1, 3), g.int(1, 5), g.int(1, 4), g.pick(np.float32, np.float16)
    return Case([g.values([n, channels, length], t), g.values([channels, 1, k], t),
                 g.values([channels], t) if g.maybe() else None,
                 g.values([n, channels, k - 1], t) if g.maybe() else None], outputs=2,
                activation=g.pick(None, "none", "silu", "swish"))


@op("LinearAttention")
def linear_attention(g):
    g.tame = True
    b, h, n, d, e, t = g.int(1, 2), g.int(1, 2), g.int(1, 4), g.pick(2, 3), g.pick(2, 3), np.float32
    rule = g.pick("linear", "gated", "delta", "gated_delta")
    kv = h

    def make(heads, width):
        return g.values([b, n, heads * width], t)
    decay = -np.abs(make(kv, g.pick(1, d))) if "gated" in rule else None
    beta = g.values([b, n, kv], t, 0, 1) if "delta" in rule else None
    state = g.values([b, kv, d, e], t) if g.maybe() else None
    return Case([make(h, d), make(kv, d), make(kv, e), state, decay, beta], outputs=2, update_rule=rule,
                q_num_heads=h, kv_num_heads=kv, scale=g.pick(None, 0.5))


@op("Einsum")
def einsum_more(g):
    g.tame = True
    equation, *shapes = g.pick(
        ("ij,jk->ik", "ij", "jk"), ("bij,bjk->bik", "bij", "bjk"), ("ij->ji", "ij"), ("ii->i", "ii"),
        ("ij->i", "ij"), ("i,j->ij", "i", "j"), ("ij,ij", "ij", "ij"), ("i,i", "i", "i"), ("ii", "ii"),
        ("...ij,...jk->...ik", "bij", "bjk"), (" i j , j k -> k i ", "ij", "jk"), ("ij->", "ij"),
        ("bhqd,bhkd->bhqk", "bhqd", "bhkd"), ("ij,jk,kl->il", "ij", "jk", "kl"), ("...i->...", "bci"),
        ("ij,j", "ij", "j"), ("ba,ca", "ba", "ca"), ("i...,...i->...", "iab", "abi"), ("iij->ij", "iij"))
    sizes = {c: g.size(False) for c in "abcdefghijklmnopqrstuvwxyz"}
    t = g.type()
    return Case([g.values([sizes[c] for c in s], t) for s in shapes], equation=equation)


@op("AveragePool", "LpPool", "MaxPool")
def pool_ceil(g):
    """Windows that hang over the end: ceil_mode with padding, dilation and strides."""
    g.tame = True
    rank = g.int(1, 2)
    kernel = [g.int(1, 4) for _ in range(rank)]
    dilations = [g.int(1, 2) for _ in kernel] if g.maybe(0.3) else None
    pads = [g.int(0, (k - 1) // 2 + 0) for k in kernel] * 2 if g.maybe() else None
    x = g.values([1, g.int(1, 2), *[g.int(6, 9) for _ in kernel]], g.type())
    return Case([x], kernel_shape=kernel, strides=[g.int(1, 4) for _ in kernel], pads=pads, dilations=dilations,
                ceil_mode=g.pick(0, 1), count_include_pad=g.pick(None, 0, 1), p=g.pick(None, 1, 2))
