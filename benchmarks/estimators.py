"""
Pipelines of scikit-learn as skl2onnx writes them, side by side with onnxruntime.

    python benchmarks/estimators.py [--rounds N] [--only SUBSTRING]

Each call is one on one thread, and its cost is the processor time of the calling thread: other
work on the machine disturbs that least. Rounds of both sides take turns; the table has the
cheapest round of each, how much cheaper ours is, and how far the results of both are from
scikit-learn's, in parts of the largest.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt

import stepwell

# None of these has types for all that it says.
onnxruntime: Any = import_module("onnxruntime")
skl2onnx: Any = import_module("skl2onnx")
kinds: Any = import_module("skl2onnx.common.data_types")
compose: Any = import_module("sklearn.compose")
datasets: Any = import_module("sklearn.datasets")
ensemble: Any = import_module("sklearn.ensemble")
impute: Any = import_module("sklearn.impute")
linear_model: Any = import_module("sklearn.linear_model")
neighbors: Any = import_module("sklearn.neighbors")
neural_network: Any = import_module("sklearn.neural_network")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")
svm: Any = import_module("sklearn.svm")

Array = npt.NDArray[Any]

ROWS, FEATURES, CLASSES = 600, 12, 3
CALLS = {1: 200, 100: 20}
"""Calls of each side in a round, by the rows of a batch."""
CATEGORIES = 4
"""The last features of the mixed table are small integers."""


@dataclass(frozen=True)
class Case:
    """A fitted estimator, its model, what to ask and what scikit-learn answers."""

    what: str
    model: Any
    inputs: Mapping[str, Array]
    expected: Array

    def batch(self, rows: int) -> dict[str, Array]:
        """The first rows of every input."""
        return {name: array[:rows] for name, array in self.inputs.items()}


def _data(regression: bool) -> tuple[Array, Array]:
    options = {"n_informative": 8, "random_state": 0}
    if regression:
        x, y = datasets.make_regression(ROWS, FEATURES, noise=5, **options)
    else:
        x, y = datasets.make_classification(ROWS, FEATURES, n_classes=CLASSES, **options)
    return x.astype(np.float32), y


def _case(what: str, *steps: Any, regression: bool = False, maps: bool = False) -> Case:
    """A pipeline of one matrix; `maps`: probabilities as a map for each row."""
    x, y = _data(regression)
    estimator = pipeline.make_pipeline(*steps).fit(x, y)
    options = None if regression or maps else {id(estimator): {"zipmap": False}}
    given = [("x", kinds.FloatTensorType([None, FEATURES]))]
    expected = estimator.predict(x) if regression else estimator.predict_proba(x)
    model = _written(estimator, given, options)
    return Case(what, model, {"x": x}, expected.reshape(ROWS, -1))


def _written(estimator: Any, given: Any, options: Any) -> Any:
    version = {"": 18, "ai.onnx.ml": 3}
    return skl2onnx.to_onnx(estimator, initial_types=given, options=options, target_opset=version)


def _mixed_table() -> Case:
    """Numbers with holes, and categories, into a forest."""
    x, y = _data(regression=False)
    numbers, rest = x[:, :-CATEGORIES].copy(), np.abs(x[:, -CATEGORIES:]).astype(np.int64) % 5
    numbers[::7, 1] = np.nan
    width = numbers.shape[1]
    scaled = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    hot = preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = list(range(width))
    estimator = pipeline.make_pipeline(
        compose.ColumnTransformer(
            [("numbers", scaled, columns), ("rest", hot, list(range(width, FEATURES)))]
        ),
        ensemble.RandomForestClassifier(100, max_depth=8, random_state=0),
    ).fit(np.concatenate([numbers, rest], 1), y)
    given = [
        ("numbers", kinds.FloatTensorType([None, width])),
        ("rest", kinds.Int64TensorType([None, CATEGORIES])),
    ]
    model = _written(estimator, given, {id(estimator): {"zipmap": False}})
    expected = estimator.predict_proba(np.concatenate([numbers, rest], 1))
    what = "ColumnTransformer + RandomForestClassifier, 100 trees"
    return Case(what, model, {"numbers": numbers, "rest": rest}, expected)


def _scaler() -> Any:
    return preprocessing.StandardScaler()


CASES: tuple[Callable[[], Case], ...] = (
    lambda: _case(
        "StandardScaler + LogisticRegression", _scaler(), linear_model.LogisticRegression()
    ),
    lambda: _case(
        "the same, a map for each row", _scaler(), linear_model.LogisticRegression(), maps=True
    ),
    _mixed_table,
    lambda: _case(
        "StandardScaler + SVC, probabilities",
        _scaler(),
        svm.SVC(probability=True, random_state=0),
    ),
    lambda: _case("StandardScaler + SVR", _scaler(), svm.SVR(), regression=True),
    lambda: _case(
        "PolynomialFeatures + StandardScaler + Ridge",
        preprocessing.PolynomialFeatures(2),
        _scaler(),
        linear_model.Ridge(),
        regression=True,
    ),
    lambda: _case("KNeighborsClassifier", neighbors.KNeighborsClassifier()),
    lambda: _case(
        "StandardScaler + MLPClassifier, 2 x 64",
        _scaler(),
        neural_network.MLPClassifier((64, 64), max_iter=30, random_state=0),
    ),
)

HEAD = """\
| | rows | Stepwell | ONNX Runtime | cheaper | error | its error |
| --- | --- | --- | --- | --- | --- | --- |"""


def measure(case: Case, rows: int, rounds: int) -> str:
    """One line of the table."""
    feeds, wanted = case.batch(rows), case.expected[:rows]
    shapes = {name: array.shape for name, array in feeds.items()}
    engine = stepwell.compile(case.model, shapes=shapes, threads=1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(case.model.SerializeToString(), options)
    sides: list[Callable[[], list[Any]]] = [
        lambda: list(engine.run(feeds).values()),
        lambda: session.run(None, feeds),
    ]
    errors = [_error(side()[-1], wanted) for side in sides]
    costs: list[list[float]] = [[], []]
    for _ in range(rounds):
        for side, found in zip(sides, costs, strict=True):
            found.append(_cost(side, CALLS[rows]))
    ours, theirs = (min(found) for found in costs)
    times = f"{ours * 1e6:.1f} us | {theirs * 1e6:.1f} us | {theirs / ours:.2f}×"
    return f"| {case.what} | {rows} | {times} | {errors[0]:.0e} | {errors[1]:.0e} |"


def _cost(side: Callable[[], object], calls: int) -> float:
    """Processor seconds of one call."""
    start = time.thread_time()
    for _ in range(calls):
        side()
    return (time.thread_time() - start) / calls


def _error(found: Any, wanted: Array) -> float:
    if isinstance(found, list):
        found = np.array([list(row.values()) for row in cast("list[dict[Any, float]]", found)])
    difference = np.abs(np.asarray(found, np.float64).reshape(wanted.shape) - wanted)
    return float(difference.max()) / float(np.abs(wanted).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    print(f"One-minute load before the run: {os.getloadavg()[0]:.1f}.\n")
    print(HEAD, flush=True)
    for make in CASES:
        case = make()
        if arguments.only in case.what:
            for rows in CALLS:
                print(measure(case, rows, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
