"""Generators of ONNX nodes that sample images: resizing, grids, regions."""

import numpy as np

from onnx_gen import Case, ints
from onnx_ops import op


@op("Resize")
def resize(g):
    g.tame = True
    rank = g.pick(1, 2, 4)
    dims = ([1, g.int(1, 2)] if rank == 4 else []) + [g.int(1, 5) for _ in range(2 if rank == 4 else rank)]
    keep = 2 if rank == 4 else 0
    sizes = dims[:keep] + [g.int(1, 9) for _ in dims[keep:]]
    scales = [1.0] * keep + [float(g.pick(0.5, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0)) for _ in dims[keep:]]
    scales = [max(s, 1 / d) for s, d in zip(scales, dims)]
    x = g.values(dims, g.type())
    mode = g.pick(None, "nearest", "linear", *(["cubic"] if rank in (2, 4) and g.version >= 11 else []))
    if g.version < 11:
        return Case([x, np.asarray(scales, np.float32)], mode=mode, fixed=g.pick((), (1,)))
    modes = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    modes += ["half_pixel_symmetric"] if g.version >= 19 else []
    by_size = g.maybe()
    absent = None if g.version >= 13 else np.zeros([0], np.float32)
    return Case([x, absent, absent if by_size else np.asarray(scales, np.float32),
                 ints(*sizes) if by_size else None], mode=mode, fixed=g.pick((2, 3), (1, 2, 3)),
                coordinate_transformation_mode=g.pick(None, *modes),
                nearest_mode=g.pick(None, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"),
                cubic_coeff_a=g.pick(None, -0.5), exclude_outside=g.pick(None, 0, 1) if mode == "cubic" else None,
                antialias=g.pick(None, 0, 1) if mode in ("linear", "cubic") else None)


@op("GridSample")
def grid_sample(g):
    g.tame = True
    t = np.float32
    n, c = g.int(1, 2), g.int(1, 2)
    old = g.version < 20
    return Case([g.values([n, c, g.int(1, 4), g.int(1, 4)], t), g.values([n, g.int(1, 3), g.int(1, 3), 2], t, -1.3, 1.3)],
                mode=g.pick(None, *(["bilinear", "nearest", "bicubic"] if old else ["linear", "nearest", "cubic"])),
                padding_mode=g.pick(None, "zeros", "border", "reflection"), align_corners=g.pick(None, 0, 1))


@op("AffineGrid")
def affine_grid(g):
    g.tame = True
    flat = g.maybe()
    n = g.int(1, 2)
    size = ints(n, 2, *[g.int(1, 4) for _ in range(2 if flat else 3)])
    return Case([g.values([n, 2, 3] if flat else [n, 3, 4], g.type()), size], align_corners=g.pick(None, 0, 1), fixed=g.pick((), (1,)))


@op("RoiAlign")
def roi_align(g):
    g.tame = True
    n, rois, t = g.int(1, 2), g.int(1, 3), np.float32
    corner = g.values([rois, 2], t, 0, 3)
    boxes = np.concatenate([corner, corner + g.values([rois, 2], t, 0.5, 3)], 1)
    return Case([g.values([n, 2, 6, 6], t), boxes, g.values([rois], np.int64, 0, n - 1)],
                mode=g.pick(None, "avg", "max"), output_height=g.pick(None, 2), output_width=g.pick(None, 2),
                sampling_ratio=g.pick(None, 1, 2), spatial_scale=g.pick(None, 0.5),
                coordinate_transformation_mode=g.pick(None, "half_pixel", "output_half_pixel"))
