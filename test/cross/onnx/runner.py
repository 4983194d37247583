"""Random single-node ONNX models through onnxruntime, for `npm run cross:onnx`.

usage: runner.py list
       runner.py FOLDER SEED COUNT OPS START

`list` prints the ops there are generators for, as JSON. Else model k of len(OPS)*COUNT is written to
FOLDER/k as ONNX's own backend tests are: model.onnx, test_data_set_0/input_K.pb and output_K.pb, and
in test_data_set_1 what ONNX's own reference gives, as a witness where the two disagree. One JSON line
a model goes to stdout before it is run ({"started": k}) and after ({"done": k, "error": text or null}),
so that the parent knows which model took the process down.
"""

import json
import os
import sys
import warnings

import numpy as np
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

import onnx_ops_image  # noqa: F401
import onnx_ops_move  # noqa: F401
import onnx_ops_new  # noqa: F401
import onnx_ops_nn  # noqa: F401
import onnx_ops_runtime  # noqa: F401
import onnx_ops_runtime_quantized  # noqa: F401
from onnx_gen import Gen, info, model_of
from onnx_ops import OPS


# Where ONNX's own reference does not do what the specification says.
UNTRUSTED = {
    "GlobalMaxPool": "keeps dimensions that it should reduce",
    "AffineGrid": "always gives f32",
    "ReduceSumSquare": "gives numpy's wider integers",
    "ReduceLogSumExp": "cuts integers off before it adds them",
    "RMSNormalization": "gives the type of X, and not that of the scale",
    "LpNormalization": "takes no absolute values for p = 1",
    "LRN": "ends the neighbourhood at the size of the batch",
    "LpPool": "is an average times the size of the kernel, which a window at the end does not fill",
    "NegativeLogLikelihoodLoss": "takes the mean over ignored labels too where the ignored one is -1",
    "Unique": "takes from the first dimension, whatever the axis",
    "RNN": "ignores sequence_lens",
    "GRU": "ignores sequence_lens",
    "LSTM": "ignores sequence_lens",
}


def run(folder, op, seed, index):
    """Writes the model and what was made of it: a data set for each program that ran it."""
    g = Gen(op, seed, index)
    with np.errstate(all="ignore"):
        model, free = model_of(g, g.pick(*OPS[op])(g))
        runs = evaluate(model, dict(free))
    names = [o.name for o in model.graph.output]
    model.graph.ClearField("output")
    model.graph.output.extend(info(n, y) for n, y in zip(names, runs[0]))
    os.makedirs(folder)
    with open(os.path.join(folder, "model.onnx"), "wb") as f:
        f.write(model.SerializeToString())
    for k, results in enumerate(runs):
        data = os.path.join(folder, f"test_data_set_{k}")
        os.makedirs(data)
        write(data, "input", free.values())
        write(data, "output", results)


def evaluate(model, free):
    """Results of onnxruntime, if it has a kernel, and of ONNX's own reference, if it has the op."""
    runs, refusal = [], None
    try:
        runs.append(on_onnxruntime(model, free))
    except Exception as e:
        refusal = e
        if not any(word in str(e) for word in ("NOT_IMPLEMENTED", "ValidateOpset", "umpy")):
            raise
    try:
        if model.graph.node[0].op_type in UNTRUSTED:
            raise NotImplementedError(UNTRUSTED[model.graph.node[0].op_type])
        if model.opset_import[0].version < 13:
            raise NotImplementedError("many ops follow op set 13 whatever the model says")
        results = ReferenceEvaluator(model).run(None, free)
        runs.append([np.asarray(y) for y in results])
    except Exception:
        if not runs:
            raise refusal from None
    return runs


def on_onnxruntime(model, free):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [np.asarray(y) for y in session.run(None, free)]


def write(folder, kind, arrays):
    for k, x in enumerate(arrays):
        path = os.path.join(folder, f"{kind}_{k}.pb")
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
