"""Generators of ONNX nodes that move elements: shapes, slices, gathers, scatters, sorting."""

import numpy as np
from onnx import numpy_helper

from onnx_gen import ONNX_TYPES, Case, ints
from onnx_ops import op


@op("Reshape")
def reshape(g):
    dims = g.dims()
    n = int(np.prod(dims, dtype=np.int64))
    target, rest = [], n
    for _ in range(g.int(0, 3)):
        d = g.pick(*[k for k in (1, 2, 3, 4, 6) if rest and rest % k == 0] or [1])
        target.append(d)
        rest = rest // d if d else rest
    target.append(rest)
    if len(target) <= len(dims) and n:
        target = [0 if k < len(dims) and dims[k] == d and g.maybe() else d
                  for k, d in enumerate(target)]
    allow = g.pick(None, 0, 1)
    if g.maybe() and n and not (allow == 1 and 0 in target):
        target[g.int(0, len(target) - 1)] = -1
    if 0 in target and n:
        allow = None
    if n == 0:
        allow = 1
    return Case([g.values(dims, g.type()), ints(*target)], allowzero=allow, fixed=g.pick((), (1,)))


@op("Transpose")
def transpose(g):
    dims = g.dims()
    perm = [int(k) for k in g.rng.permutation(len(dims))]
    return Case([g.values(dims, g.type())], perm=perm if perm and g.maybe(0.7) else None)


@op("Squeeze")
def squeeze(g):
    dims = [g.pick(1, 1, 2, 3) for _ in range(g.int(1, 4))]
    ones = [k for k, d in enumerate(dims) if d == 1]
    axes = [k - len(dims) if g.maybe(0.3) else k for k in ones if g.maybe(0.6)]
    x = g.values(dims, g.type())
    if not axes:
        return Case([x])
    if g.version < 13:
        return Case([x], axes=[k % len(dims) for k in axes] if g.version < 11 else axes)
    return Case([x, ints(*axes)], fixed=g.pick((), (1,)))


@op("Unsqueeze")
def unsqueeze(g):
    dims = g.dims(0, 3)
    rank = len(dims) + g.int(1, 2)
    axes = [int(k) for k in g.rng.permutation(rank)[: rank - len(dims)]]
    if g.version >= 11:
        axes = [k - rank if g.maybe(0.3) else k for k in axes]
    x = g.values(dims, g.type())
    if g.version < 13:
        return Case([x], axes=axes)
    return Case([x, ints(*axes)], fixed=g.pick((), (1,)))


@op("Flatten")
def flatten(g):
    dims = g.dims()
    at = g.int(0, len(dims))
    if g.version >= 11 and g.maybe(0.3) and dims:
        at = -g.int(1, len(dims))
    return Case([g.values(dims, g.type())], axis=at if g.maybe(0.7) or not dims else None)


@op("Expand")
def expand(g):
    dims = g.dims()
    a, b = g.broadcast(dims), g.broadcast(dims)
    return Case([g.values(a, g.type()), ints(*b)], fixed=g.pick((), (1,)))


@op("Tile")
def tile(g):
    dims = g.dims(1)
    return Case([g.values(dims, g.type()), ints(*[g.int(0, 3) for _ in dims])], fixed=g.pick((), (1,)))


@op("Concat")
def concat(g):
    dims = g.dims(1)
    axis = g.axis(len(dims))
    t = g.type()
    parts = []
    for _ in range(g.int(1, 4)):
        own = list(dims)
        own[axis] = g.size()
        parts.append(g.values(own, t))
    return Case(parts, axis=axis if g.version >= 11 else axis % len(dims))


@op("Split")
def split(g):
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims))
    n = g.int(1, 3)
    sizes = [g.int(0, 3) for _ in range(n)]
    if g.maybe():
        even = g.int(1, 3)
        dims[axis] = even * n
        sizes = None
    else:
        dims[axis] = sum(sizes)
    at = axis if g.version >= 11 else axis % len(dims)
    x = g.values(dims, g.type())
    if g.version < 13:
        return Case([x], outputs=n, axis=at, split=sizes)
    if sizes is None:
        if g.version >= 18:
            dims[axis] -= g.int(0, 1) if dims[axis] > n else 0
            x = g.values(dims, g.type())
        return Case([x], outputs=n, axis=at, num_outputs=n)
    return Case([x, ints(*sizes)], outputs=n, axis=at, fixed=g.pick((), (1,)))


@op("Slice")
def slice_(g):
    dims = g.dims(1)
    x = g.values(dims, g.type())
    axes = [d for d in range(len(dims)) if g.maybe(0.7)] or [0]
    starts, ends, steps = [], [], []
    for d in axes:
        starts.append(g.pick(g.int(-dims[d] - 2, dims[d] + 2), g.int(0, 3), -1))
        steps.append(g.pick(1, 1, 2, 3, -1, -2, -7))
        far = (2**31 - 1, 2**63 - 1) if steps[-1] > 0 and g.version >= 10 else (-(2**31), -(2**63) + 1)
        ends.append(g.pick(g.int(-dims[d] - 2, dims[d] + 2), *far))
    named = [d - len(dims) if g.maybe(0.3) and g.version >= 10 else d for d in axes]
    every = axes == list(range(len(axes)))
    if g.version < 10:
        return Case([x], starts=starts, ends=ends, axes=None if every and g.maybe() else named)
    t = g.type(1)
    clipped = [np.asarray(np.clip(v, np.iinfo(t).min, np.iinfo(t).max)).astype(t)
               for v in (starts, ends)]
    some = None if every and g.maybe(0.3) else np.asarray(named, t)
    last = np.asarray(steps, t) if g.maybe(0.8) else None
    return Case([x, *clipped, some, last], fixed=g.pick((), (1, 2, 3, 4)))


@op("Pad")
def pad(g):
    dims = g.dims(1, zero=False)
    mode = g.pick(None, "constant", "reflect", "edge", *(["wrap"] if g.version >= 19 else []))
    plain = mode in (None, "constant")
    rank = len(dims)
    axes = None
    if g.version >= 18 and g.maybe(0.4):
        axes = [d for d in range(rank) if g.maybe()] or [0]
    over = axes if axes is not None else range(rank)
    most = [3 if plain or mode == "edge" else max(dims[d] - 1, 0) for d in over]
    least = [-1 if plain and dims[d] > 2 else 0 for d in over]
    pads = [g.int(a, b) for a, b in zip(least, most)] + [g.int(a, b) for a, b in zip(least, most)]
    t = g.type()
    x = g.values(dims, t)
    if g.version < 11:
        return Case([x], mode=mode, pads=pads, value=0.5 if g.maybe() else None)
    value = g.values([], t) if plain and g.maybe(0.6) else None
    named = None if axes is None else ints(*[d - rank if g.maybe(0.3) else d for d in axes])
    return Case([x, ints(*pads), value, named], mode=mode, fixed=g.pick((), (1, 2, 3)))


@op("Shape")
def shape(g):
    def bound():
        return g.int(-5, 5) if g.maybe() else None
    return Case([g.values(g.dims(), g.type())], start=bound(), end=bound())


@op("ConstantOfShape")
def constant_of_shape(g):
    t = g.pick(*ONNX_TYPES)
    value = numpy_helper.from_array(g.values([1], t)) if g.maybe(0.8) else None
    return Case([ints(*g.dims())], value=value, fixed=g.pick((), (0,)))


@op("Range")
def range_(g):
    t = g.type()
    start, delta = g.values([], t, -5, 5), g.values([], t, 1, 3)
    return Case([start, g.values([], t, -5, 20), delta if g.maybe(0.7) or np.dtype(t).kind == "u" else
                 (-delta).astype(t)], fixed=g.pick((), (0, 1, 2)))


@op("EyeLike")
def eye_like(g):
    to = g.pick(None, np.float32, np.float64, np.int32, np.int64)
    return Case([g.values(g.dims(2, 2), g.type())], k=g.pick(None, -2, -1, 1, 3),
                dtype=None if to is None else ONNX_TYPES[to])


@op("Trilu")
def trilu(g):
    k = ints(g.int(-4, 4)).reshape([]) if g.maybe() else None
    return Case([g.values(g.dims(2), g.type()), k], upper=g.pick(None, 0, 1), fixed=g.pick((), (1,)))


@op("DepthToSpace", "SpaceToDepth")
def depth(g):
    b = g.int(1, 3)
    n, c, h, w = g.size(), g.int(1, 3), g.int(1, 3), g.int(1, 3)
    dims = [n, c * b * b, h, w] if g.op == "DepthToSpace" else [n, c, h * b, w * b]
    return Case([g.values(dims, g.type())], blocksize=b, mode=g.pick(None, "DCR", "CRD"))


@op("ReverseSequence")
def reverse_sequence(g):
    dims = g.dims(2, zero=False)
    time = g.pick(None, 0, 1)
    batch = 1 if time in (None, 0) else 0
    attrs = {} if time is None else {"time_axis": time, "batch_axis": batch}
    t = 0 if time is None else time
    if time is None:
        batch = 1
    lengths = ints(*[g.int(1, dims[t]) for _ in range(dims[batch])])
    return Case([g.values(dims, g.type()), lengths], **attrs)


@op("Gather")
def gather(g):
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims))
    n = dims[axis]
    index = g.values(g.dims(0, 3), g.type(1), -n if g.version >= 11 else 0, n - 1)
    return Case([g.values(dims, g.type()), index], fixed=g.pick((), (1,)),
                axis=axis if g.maybe(0.8) or axis % len(dims) == 0 else axis)


@op("GatherElements")
def gather_elements(g):
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims))
    own = [g.int(1, d) for d in dims]
    own[axis] = g.size()
    n = dims[axis]
    return Case([g.values(dims, g.type()), g.values(own, g.type(1), -n, n - 1)], axis=axis)


@op("GatherND")
def gather_nd(g):
    dims = g.dims(1, zero=False)
    batch = g.int(0, min(len(dims) - 1, 2)) if g.version >= 12 else 0
    k = g.int(1, len(dims) - batch)
    outer = dims[:batch] + g.dims(0 if batch else 1, 2)
    columns = [g.values(outer, np.int64, -dims[batch + j] if g.version >= 12 else 0, dims[batch + j] - 1) for j in range(k)]
    return Case([g.values(dims, g.type()), np.stack(columns, -1)], batch_dims=batch)


@op("ScatterElements")
def scatter_elements(g):
    g.tame = True
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims))
    own = [g.int(1, d) for d in dims]
    reduction = g.pick(None, "none", "add", "mul", *(["max", "min"] if g.version >= 18 else []))
    if g.version < 16:
        reduction = None
    n, t = dims[axis], g.type()
    if reduction in (None, "none"):
        order = np.argsort(g.rng.random(own[:axis % len(dims)] + [n] + own[axis % len(dims) + 1:]), axis % len(dims))
        index = np.take(order, range(own[axis]), axis % len(dims)).astype(g.type(1))
    else:
        index = g.values(own, g.type(1), -n, n - 1)
    if t == np.bool_:
        reduction = None
    return Case([g.values(dims, t), index, g.values(own, t)], axis=axis, reduction=reduction)


@op("ScatterND")
def scatter_nd(g):
    g.tame = True
    dims = g.dims(1, zero=False)
    k, t = g.int(1, len(dims)), g.type()
    reduction = g.pick(None, "add", "mul", *(["max", "min"] if g.version >= 18 else []))
    if g.version < 16 or t == np.bool_:
        reduction = None
    total = int(np.prod(dims[:k]))
    outer = [g.int(1, min(3, total))]
    flat = (g.rng.permutation(total)[: outer[0]] if reduction is None
            else g.rng.integers(0, total, outer[0]))
    index = np.stack(np.unravel_index(flat, dims[:k]), -1).astype(np.int64)
    return Case([g.values(dims, t), index, g.values(outer + dims[k:], t)], reduction=reduction)


@op("OneHot")
def one_hot(g):
    g.tame = True
    index = g.values(g.dims(0, 3), g.type(0), -3, 5)
    depth = np.asarray(g.int(1, 5), g.type(1))
    if np.dtype(index.dtype).kind == "f":
        index = np.round(index).astype(index.dtype)
    if g.maybe(0.5):
        depth = depth.reshape([1])
    axis = g.int(-index.ndim - 1, index.ndim) if g.maybe() else None
    return Case([index, depth, g.values([2], g.type(2))], axis=axis, fixed=g.pick((), (1,)))


@op("TopK")
def top_k(g):
    g.tame = True
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims)) if g.version >= 11 else g.int(0, len(dims) - 1)
    x = g.values(dims, g.type(), *g.pick((), (), (0, 2)))
    k = g.int(1, dims[axis])
    if g.version < 10:
        return Case([x], outputs=2, axis=axis, k=k)
    return Case([x, ints(k)], outputs=2, axis=axis, largest=g.pick(None, 0, 1), sorted=g.pick(None, 1),
                fixed=g.pick((), (1,)))


@op("NonZero")
def non_zero(g):
    return Case([g.values(g.dims(1), g.type(), 0, 2)])


@op("Compress")
def compress(g):
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims)) if g.maybe(0.7) else None
    if g.version < 11 and axis is not None:
        axis %= len(dims)
    n = int(np.prod(dims)) if axis is None else dims[axis]
    return Case([g.values(dims, g.type()), g.values([g.int(1, n)], np.bool_)], axis=axis)


@op("Unique")
def unique(g):
    g.tame = True
    dims = g.dims(1, zero=False)
    axis = g.axis(len(dims)) if g.maybe() else None
    return Case([g.values(dims, g.type(), 0, 2)], outputs=4, axis=axis, sorted=g.pick(None, 0, 1))
