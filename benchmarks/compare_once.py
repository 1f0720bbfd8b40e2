"""One model against its peers, in this process: the child of `compare.py`.

python benchmarks/compare_once.py MODEL OUT.json --threads N --vs a,b --rounds N [--inputs NPZ]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from models import model_feeds, model_path

from stepwell.errors import StepwellError
from stepwell.tools.measure.bench import compare
from stepwell.tools.measure.peers import peer


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare Stepwell with others on one model.")
    parser.add_argument("model", help="a name, or the path of a file")
    parser.add_argument("output", type=Path, help="where the figures go")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--vs", required=True, help="peers, the first is the reference")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--inputs", type=Path, help=".npz with the inputs of a model given by path")
    options = parser.parse_args()
    try:
        path, feeds = _model(options.model, options.inputs)
        peers = [peer(name) for name in options.vs.split(",") if name]
        comparison = compare(path, feeds, peers, options.threads, options.rounds)
    except StepwellError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    options.output.write_text(json.dumps(comparison))
    return 0


def _model(model: str, inputs: Path | None) -> tuple[Path, dict[str, npt.NDArray[Any]]]:
    if not model.endswith((".onnx", ".well")):
        return model_path(model), model_feeds(model)
    if inputs is None:
        raise StepwellError(f"{model}: give its inputs with --inputs FILE.npz")
    try:
        with np.load(inputs) as arrays:
            return Path(model), dict(arrays)
    except (OSError, ValueError) as error:
        raise StepwellError(f"{inputs}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
