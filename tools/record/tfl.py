"""
Records what operators of TensorFlow Lite compute, in `test/conversion/tfl_import/recorded/`.

    python -m stepwell.tools.record.tfl [--seed=N] [--to=FILE]

needs the package `ai-edge-litert`, whose default interpreter computes. Each case is a model of one
operator or of a few; a model with state is run several times. Without a seed the numbers are those
that are recorded; `--to` writes them elsewhere.

The file is LZMA of one line of JSON, a list of `[name, number of inputs, number of steps, arrays]`
with `[dtype, shape]` of each array, and the bytes of all arrays after it: for each case the model,
then for each step its inputs and outputs.
"""

from __future__ import annotations

import json
import lzma
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pickle import dumps, loads
from typing import Any

import numpy as np

from .tfl_case import Case
from .tfl_cases import cases
from .tfl_models import model_of

RECORDED = Path(__file__).parents[2] / "test" / "conversion" / "tfl_import" / "recorded"

AS_FILES = frozenset(
    (
        *("ADD int8 RELU", "BATCH_MATMUL int8", "BUCKETIZE", "CAST int32 float32", "CONV_2D 1"),
        *("CONCATENATION int8", "CONV_2D int8 2", "CUMSUM True False", "DEQUANTIZE float16"),
        *("DEPTHWISE_CONV_2D uint8 0", "FULLY_CONNECTED int8 RELU", "GATHER batch", "IF True"),
        *("MEAN int8 21", "MIRROR_PAD REFLECT", "ONE_HOT", "RESHAPE", "RESIZE_BILINEAR int8"),
        *("SPLIT_V", "STRIDED_SLICE 4", "SVDF int8", "TFLite_Detection_PostProcess False"),
        *("TOPK_V2", "TRANSPOSE_CONV bias 0", "UNIDIRECTIONAL_SEQUENCE_LSTM True True", "WHILE"),
        *("variables", "NON_MAX_SUPPRESSION_V5 0.5", "AVERAGE_POOL_2D int8 1", "SOFTMAX int8"),
        *("sparse weights", "open sizes", "signatures", "int4 weights hybrid"),
    )
)
"""Cases whose models are files, too, from which spoilt ones are made."""

Interpreter: Any = import_module("ai_edge_litert.interpreter").Interpreter


def run(case: Case) -> tuple[bytes, list[tuple[list[Any], list[Any]]]]:
    """The model of a case with the shapes of its results, and the arrays of each step."""
    first = model_of(case.graphs, None, case.entries)
    model = model_of(case.graphs, _run_model(first, case)[1], case.entries)
    return model, _run_model(model, case)[0]


def _run_model(
    model: bytes, case: Case
) -> tuple[list[tuple[list[Any], list[Any]]], dict[str, Any]]:
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    steps: list[tuple[list[Any], list[Any]]] = []
    details = interpreter.get_input_details()
    outputs = interpreter.get_output_details()
    for number in range(case.steps):
        given = [case.input(name, number) for name in case.graphs[0].inputs]
        for detail, array in zip(details, given, strict=True):
            interpreter.set_tensor(detail["index"], array)
        interpreter.invoke()
        steps.append((given, [interpreter.get_tensor(o["index"]) for o in outputs]))
    shapes = {o["name"]: steps[0][1][at].shape for at, o in enumerate(outputs)}
    return steps, shapes


def _apart(case: Case) -> Any:
    """`run` in a process of its own: some models end it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            try:
                pipe.write(dumps(run(case)))
            except Exception as error:
                pipe.write(dumps(f"{type(error).__name__}: {error}"))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return loads(data) if data else "the process ended"


def recorded(found: Sequence[Case]) -> list[tuple[str, bytes, list[tuple[list[Any], list[Any]]]]]:
    """What each case computes; those that the interpreter refuses are said and left out."""
    results: list[tuple[str, bytes, list[tuple[list[Any], list[Any]]]]] = []
    for case in found:
        result = _apart(case)
        if isinstance(result, str):
            print(f"{case.name}: {result}", file=sys.stderr)
        else:
            results.append((case.name, *result))
    return results


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    results = recorded(cases(options.seed))
    index: list[Any] = []
    data: list[bytes] = []
    for name, model, steps in results:
        arrays = [
            np.frombuffer(model, np.uint8),
            *(a for step in steps for part in step for a in part),
        ]
        index.append(
            [name, len(steps[0][0]), len(steps), [[str(a.dtype), list(a.shape)] for a in arrays]]
        )
        data.extend(np.ascontiguousarray(a).tobytes() for a in arrays)
    whole = json.dumps(index).encode() + b"\n" + b"".join(data)
    path: Path = options.to or RECORDED / "operators.xz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(lzma.compress(whole, preset=9 | lzma.PRESET_EXTREME))
    for name, model, _ in results:
        if name in AS_FILES and options.to is None:
            (RECORDED / f"{name.replace(' ', '_')}.tflite").write_bytes(model)
    print(f"{len(results)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
