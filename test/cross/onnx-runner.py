"""Random single-node ONNX models through onnxruntime, for `npm run cross:onnx`.

usage: onnx-runner.py list
       onnx-runner.py FOLDER SEED COUNT OPS START

`list` prints the ops there are generators for, as JSON. Else model k of len(OPS)·COUNT is written to
FOLDER/k as ONNX's own backend tests are: model.onnx, test_data_set_0/input_K.pb and output_K.pb. One
JSON line a model goes to stdout before it is run ({"started": k}) and after ({"done": k, "error": text
or null}), so that the parent knows which model took the process down.
"""

import json
import os
import sys
import warnings

import numpy as np
import onnxruntime
from onnx import numpy_helper

import onnx_ops_nn  # noqa: F401
from onnx_gen import Gen, info, model_of
from onnx_ops import OPS


def run(folder, op, seed, index):
    g = Gen(op, seed, index)
    with np.errstate(all="ignore"):
        model, free = model_of(g, OPS[op](g))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results = [np.asarray(y) for y in session.run(None, dict(free))]
    names = [o.name for o in model.graph.output]
    model.graph.ClearField("output")
    model.graph.output.extend(info(n, y) for n, y in zip(names, results))
    os.makedirs(os.path.join(folder, "test_data_set_0"))
    with open(os.path.join(folder, "model.onnx"), "wb") as f:
        f.write(model.SerializeToString())
    write(folder, "input", free.values())
    write(folder, "output", results)


def write(folder, kind, arrays):
    for k, x in enumerate(arrays):
        path = os.path.join(folder, "test_data_set_0", f"{kind}_{k}.pb")
        with open(path, "wb") as f:
            f.write(numpy_helper.from_array(x).SerializeToString())


def say(**record):
    print(json.dumps(record), flush=True)


def main(folder, seed, count, ops, start):
    for k in range(start, len(ops) * count):
        say(started=k)
        error = None
        try:
            run(os.path.join(folder, str(k)), ops[k // count], seed, k % count)
        except Exception as e:  # whatever onnxruntime throws is a recorded refusal
            error = f"{type(e).__name__}: {e}"
        say(done=k, error=error)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "list":
        print(json.dumps(list(OPS)))
    else:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(","), int(sys.argv[5]))
