"""Runs a batch of HLO modules on XLA:CPU, for `npm run cross:xla`.

usage: xla-runner.py MANIFEST START [XLA_FLAGS]

MANIFEST is a JSON list of {hlo, inputs, types, outputs}: files of HLO text, of safetensors with the
parameters in order, their element types (f4 comes and goes as f16), and of where to write the results. One JSON line a module goes to stdout,
before it is run ({"started": k}) and after ({"done": k, "error": text or null}), so that the parent
knows which module took the process down.
"""

import json
import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = sys.argv[3] if len(sys.argv) > 3 else ""

import jax  # noqa: E402
import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
from jax._src.lib import xla_client  # noqa: E402
from jaxlib import _hlo  # noqa: E402

jax.config.update("jax_enable_x64", True)

# HLO type: its safetensors dtype (or that of a wider carrier), the carrier's numpy type, its own.
TYPES = {
    "pred": ("BOOL", np.bool_, np.bool_),
    "s4": ("I8", np.int8, ml_dtypes.int4),
    "u4": ("U8", np.uint8, ml_dtypes.uint4),
    "s8": ("I8", np.int8, np.int8),
    "s16": ("I16", np.int16, np.int16),
    "s32": ("I32", np.int32, np.int32),
    "s64": ("I64", np.int64, np.int64),
    "u8": ("U8", np.uint8, np.uint8),
    "u16": ("U16", np.uint16, np.uint16),
    "u32": ("U32", np.uint32, np.uint32),
    "u64": ("U64", np.uint64, np.uint64),
    "f8e5m2": ("F8_E5M2", ml_dtypes.float8_e5m2, ml_dtypes.float8_e5m2),
    "f8e4m3fn": ("F8_E4M3", ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e4m3fn),
    "s2": ("I8", np.int8, ml_dtypes.int2),
    "u2": ("U8", np.uint8, ml_dtypes.uint2),
    "f8e3m4": ("F16", np.float16, ml_dtypes.float8_e3m4),
    "f8e4m3": ("F16", np.float16, ml_dtypes.float8_e4m3),
    "f8e4m3b11fnuz": ("F16", np.float16, ml_dtypes.float8_e4m3b11fnuz),
    "f8e4m3fnuz": ("F8_E4M3FNUZ", ml_dtypes.float8_e4m3fnuz, ml_dtypes.float8_e4m3fnuz),
    "f8e5m2fnuz": ("F8_E5M2FNUZ", ml_dtypes.float8_e5m2fnuz, ml_dtypes.float8_e5m2fnuz),
    "f8e8m0fnu": ("F8_E8M0", ml_dtypes.float8_e8m0fnu, ml_dtypes.float8_e8m0fnu),
    "f4e2m1fn": ("F16", np.float16, ml_dtypes.float4_e2m1fn),
    "f16": ("F16", np.float16, np.float16),
    "bf16": ("BF16", ml_dtypes.bfloat16, ml_dtypes.bfloat16),
    "f32": ("F32", np.float32, np.float32),
    "f64": ("F64", np.float64, np.float64),
    "c64": ("C64", np.complex64, np.complex64),
    "c128": ("F64", np.complex128, np.complex128),
}
BY_NUMPY = {np.dtype(own): name for name, (_, _, own) in TYPES.items()}


def read_tensors(path):
    with open(path, "rb") as f:
        data = f.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    notes = header.pop("__metadata__", {})
    by_dtype = {t[0]: name for name, t in TYPES.items() if t[1] is t[2]}
    by_dtype["F64"] = "f64"
    arrays = []
    for name, entry in header.items():
        hlo = notes.get("hlo_type:" + name, by_dtype[entry["dtype"]])
        _, carrier, own = TYPES[hlo]
        begin, end = entry["data_offsets"]
        dims = entry["shape"][:-1] if hlo == "c128" else entry["shape"]
        raw = np.frombuffer(data[start + begin : start + end], dtype=carrier)
        arrays.append(raw.reshape(dims).astype(own))
    return arrays


def write_tensors(path, arrays):
    header, notes, parts, offset = {}, {}, [], 0
    for k, array in enumerate(arrays):
        hlo = BY_NUMPY[array.dtype]
        dtype, carrier, own = TYPES[hlo]
        if hlo != "f4e2m1fn" and (carrier is not own or hlo == "c128"):
            notes[f"hlo_type:{k}"] = hlo
        part = np.ascontiguousarray(array.astype(carrier)).tobytes()
        dims = list(array.shape) + ([2] if hlo == "c128" else [])
        header[str(k)] = {
            "dtype": dtype,
            "shape": dims,
            "data_offsets": [offset, offset + len(part)],
        }
        parts.append(part)
        offset += len(part)
    if notes:
        header["__metadata__"] = notes
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + b"".join(parts))


def run(entry, client, device):
    with open(entry["hlo"], encoding="utf-8") as f:
        module = _hlo.hlo_module_from_text(f.read())
    computation = _hlo.XlaComputation(module.as_serialized_hlo_module_proto())
    text = xla_client._xla.mlir.xla_computation_to_mlir_module(computation)
    executable = client.compile_and_load(
        text, [device], xla_client.CompileOptions()
    )
    arrays = zip(read_tensors(entry["inputs"]), entry["types"])
    arguments = [jax.device_put(a.astype(TYPES[t][2]), device) for a, t in arrays]
    results = executable.execute(arguments)
    write_tensors(entry["outputs"], [np.asarray(r) for r in results])


def say(**record):
    print(json.dumps(record), flush=True)


def main(manifest, start):
    with open(manifest, encoding="utf-8") as f:
        entries = json.load(f)
    device = jax.devices()[0]
    for k in range(start, len(entries)):
        say(started=k)
        error = None
        try:
            run(entries[k], device.client, device)
        except Exception as e:  # whatever XLA throws is a recorded refusal
            error = f"{type(e).__name__}: {e}"
        say(done=k, error=error)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
