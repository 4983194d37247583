"""Records small cases of ONNX Runtime's own operators for test/importers/onnx/runtime-ops.json.

usage: record.py > FILE

Of each op the two draws with the fewest numbers that onnxruntime runs and that differ in their attributes:
inputs, attributes and what the version named at the top made of them.
"""

import json
import sys

import numpy as np
import onnxruntime
from onnx import helper

import onnx_ops_runtime  # noqa: F401
import onnx_ops_runtime_quantized  # noqa: F401
from importlib import import_module
from onnx_gen import Gen, model_of
from onnx_ops import OPS

on_onnxruntime = import_module("runner").on_onnxruntime

# Where this version is wrong, so that a record of it would be too.
FAULTY = {"QLinearSoftmax": lambda case: case.inputs[0].shape[case.attrs["axis"]] == 1}
DRAWS = 40
SEED = 11


def tensor(x):
    values = [float(f"{v:.9g}") for v in x.ravel()] if x.dtype.kind == "f" else x.ravel().astype(int).tolist()
    return {"type": helper.np_dtype_to_tensor_dtype(x.dtype), "dims": list(x.shape), "values": values}


def attribute(v):
    return v.decode() if isinstance(v, bytes) else v


def cases(name):
    for index in range(DRAWS):
        g = Gen(name, SEED, index)
        with np.errstate(all="ignore"):
            case = g.pick(*OPS[name])(g)
            if FAULTY.get(g.op, lambda _: False)(case):
                continue
            model, free = model_of(g, case)
            try:
                outputs = on_onnxruntime(model, free)
            except Exception:
                continue
        yield recorded(model, case, outputs)


def recorded(model, case, outputs):
    node = model.graph.node[0]
    attributes = {a.name: [a.type, attribute(helper.get_attribute_value(a))] for a in node.attribute}
    inputs = [None if x is None else tensor(np.asarray(x)) for x in case.inputs]
    return {"domain": node.domain, "op": node.op_type, "attributes": attributes, "inputs": inputs,
            "outputs": [bool(n) for n in node.output], "fixed": list(case.fixed),
            "expected": [tensor(y) for y in outputs]}


def size(case):
    given = [*case["inputs"], *case["expected"]]
    return sum(len(t["values"]) for t in given if t)


def smallest(name):
    ordered = sorted(cases(name), key=size)
    ordered = [c for c in ordered if size(c) <= 3000]
    first = ordered[:1]
    return first + [c for c in ordered if c["attributes"] != first[0]["attributes"]][:1]


if __name__ == "__main__":
    rows = [case for name in OPS if ":" in name for case in smallest(name)]
    json.dump({"onnxruntime": onnxruntime.__version__, "cases": rows}, sys.stdout)
