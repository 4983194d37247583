"""Random pieces of ONNX nodes: types, sizes, values, attributes, for `npm run cross:onnx`.

A generator of onnx_ops.py draws a Case from a Gen: the inputs of one node (None where an optional
one is left out) and its attributes. What the schema of the op set does not know is left out again. Ops of
other domains than the standard one are named with them: "com.microsoft:Gelu".
"""

import zlib

import numpy as np
from onnx import TensorProto, defs, helper, numpy_helper

TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int8)": np.int8,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64,
    "tensor(bool)": np.bool_,
}
FLOATS = (np.float32, np.float64, np.float16)
OPSETS = (7, defs.onnx_opset_version())
# Of the standard domain in models of ONNX Runtime's own ops, whose schemas ONNX does not hold.
OWN_OPSET = 17


class Gen:
    """Draws for one node of an op at one op set; the same for the same seed, op and index."""

    def __init__(self, op, seed, index):
        self.domain, _, self.op = op.rpartition(":")
        self.rng = np.random.default_rng([seed, zlib.crc32(op.encode()), index])
        self.bound = {}
        if self.domain:
            self.opset, self.schema = OWN_OPSET, None
            return
        first = min(s.since_version for s in defs.get_all_schemas_with_history()
                    if s.name == op and s.domain == "")
        self.opset = self.int(max(first, OPSETS[0]), OPSETS[1])
        self.schema = defs.get_schema(op, self.opset, "")
        self.version = self.schema.since_version

    def int(self, low, high):
        """An integer of a closed range."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, *choices):
        return choices[self.int(0, len(choices) - 1)]

    def maybe(self, chance=0.5):
        return bool(self.rng.random() < chance)

    def type(self, k=0, among=None):
        """A type that input k may have; inputs of one type variable have one type."""
        inputs = self.schema.inputs
        var = inputs[min(k, len(inputs) - 1)].type_str
        if var not in self.bound:
            allowed = [var] if var in TYPES else next(
                c.allowed_type_strs for c in self.schema.type_constraints
                if c.type_param_str == var)
            found = [TYPES[t] for t in TYPES if t in allowed]
            wanted = [t for t in found if among is None or t in among]
            if np.float32 in wanted and self.maybe(0.5):
                self.bound[var] = np.float32
            else:
                self.bound[var] = self.pick(*wanted)
        return self.bound[var]

    def size(self, zero=True):
        return self.pick(1, 1, 2, 2, 3, 3, 4, 5, 7, 0 if zero and self.maybe(0.2) else 6)

    def dims(self, low=0, high=4, zero=True):
        return [self.size(zero) for _ in range(self.int(low, high))]

    def broadcast(self, dims):
        """Sizes that spread to these."""
        own = [1 if self.maybe(0.25) else d for d in dims]
        return own[self.int(0, len(own)) if self.maybe(0.3) else 0:]

    def axis(self, rank):
        """A dimension number, perhaps from the end."""
        at = self.int(0, rank - 1)
        negative = rank and self.maybe(0.4)
        return at - rank if negative else at

    def values(self, dims, dtype=np.float32, low=None, high=None):
        """Values of a type; floats are normal with a few special ones unless a range is given."""
        dtype = np.dtype(dtype)
        shape = tuple(dims)
        if dtype == np.bool_:
            return np.asarray(self.rng.random(shape) < 0.5)
        if dtype.kind == "f":
            if low is not None:
                return np.asarray(self.rng.uniform(low, high, shape)).astype(dtype)
            scale = self.pick(0.1, 1, 1, 1, 3, 20)
            x = np.asarray(self.rng.normal(size=shape) * scale)
            if self.maybe(0.15):
                special = self.rng.choice([0.0, -0.0, 0.5, 1.5, -2.5, 1.0, -1.0], shape)
                x = np.where(self.rng.random(shape) < 0.3, special, x)
            if self.maybe(0.1) and not self.tame:
                special = self.rng.choice([np.inf, -np.inf, np.nan], shape)
                x = np.where(self.rng.random(shape) < 0.1, special, x)
            return np.asarray(x).astype(dtype)
        info = np.iinfo(dtype)
        if low is None:
            whole = self.maybe(0.2) and not self.tame
            low, high = (info.min, info.max) if whole else (-9, 9)
        low, high = max(low, info.min), min(high, info.max)
        return np.asarray(self.rng.integers(low, high, shape, dtype=dtype, endpoint=True))

    tame = False


def ints(*numbers):
    return np.asarray(numbers, dtype=np.int64)


class Case:
    """One node: inputs by place, attributes, how many outputs are asked for."""

    def __init__(self, inputs, outputs=1, fixed=(), **attrs):
        self.inputs = inputs
        self.outputs = outputs
        self.attrs = {k: v for k, v in attrs.items() if v is not None}
        self.fixed = fixed


def model_of(g, case):
    """The model of a case and its graph inputs by name; inputs named in `fixed` are initialisers."""
    attrs = {k: v for k, v in case.attrs.items()
             if g.schema is None or k in g.schema.attributes}
    names = ["" if x is None else f"x{k}" for k, x in enumerate(case.inputs)]
    while names and names[-1] == "":
        names.pop()
    outputs = [f"y{k}" if wanted else "" for k, wanted in enumerate(
        case.outputs if isinstance(case.outputs, list) else [True] * case.outputs)]
    node = helper.make_node(g.op, names, outputs, name=g.op.lower(), domain=g.domain, **attrs)
    given = {n: x for n, x in zip(names, case.inputs) if n}
    free = {n: x for n, x in given.items() if int(n[1:]) not in case.fixed}
    graph = helper.make_graph(
        [node], "g",
        [info(n, x) for n, x in free.items()],
        [helper.make_empty_tensor_value_info(n) for n in outputs if n],
        [numpy_helper.from_array(x, n) for n, x in given.items() if n not in free],
    )
    opset = [helper.make_opsetid("", g.opset)]
    if g.domain not in ("", "ai.onnx"):
        opset.append(helper.make_opsetid(g.domain, 1))
    return helper.make_model(graph, opset_imports=opset, ir_version=8), free


def info(name, x):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)


ONNX_TYPES = {
    np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE,
    np.float16: TensorProto.FLOAT16, np.int8: TensorProto.INT8, np.int16: TensorProto.INT16,
    np.int32: TensorProto.INT32, np.int64: TensorProto.INT64, np.uint8: TensorProto.UINT8,
    np.uint16: TensorProto.UINT16, np.uint32: TensorProto.UINT32, np.uint64: TensorProto.UINT64,
    np.bool_: TensorProto.BOOL,
}
