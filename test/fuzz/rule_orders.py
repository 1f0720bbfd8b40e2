"""
A random graph of all operators, and rules of `optimize` applied to it in a random order.

The order in which rules are tried, and which take part, must not decide what a program computes:
whatever is left out or comes first, each application keeps the meaning.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.test.fuzz.case_feeds import kept_feeds
from stepwell.test.fuzz.judge_model import difference
from stepwell.test.fuzz.random_graphs import random_model
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import EXACTNESS, Rewrite, apply_rewrites

LIKELY = (1.0, 1.0, 0.5, 0.1)
"""With which likelihood a rule takes part; one of these is drawn for each graph."""


class NotTriedError(Exception):
    """A graph that cannot be compared: it is refused, or its results hang by a hair."""


def drawn_rules(rng: random.Random) -> list[Rewrite]:
    """Some of the rules up to `rounding`, in any order."""
    allowed = EXACTNESS.index("rounding")
    rules = [rule for rule in REWRITES if EXACTNESS.index(rule.exactness) <= allowed]
    likely = rng.choice(LIKELY)
    chosen = [rule for rule in rules if rng.random() < likely]
    rng.shuffle(chosen)
    return chosen


def fault_of(seed: int, rules: Sequence[Rewrite] | None = None) -> str | None:
    """
    What rules in a random order do wrong with the graph of a seed; None for nothing.

    Raises:
        NotTriedError: for a graph that says nothing.
    """
    rng = random.Random(seed)
    model = random_model(seed)
    feeds = kept_feeds(model)
    if feeds is None:
        raise NotTriedError
    try:
        compilation = Compilation.of(model, Options())
        ConvertToEnginePass().apply(compilation.ctx, compilation.module)
        module = compilation.module
        inputs = [np.asarray(array) for array in feeds.values()]
        before = _results(compilation, module.clone(), inputs)
        nudged = _results(compilation, module.clone(), [_nudged(array, seed) for array in inputs])
    except (StepwellError, ValueError, ArithmeticError) as error:
        raise NotTriedError from error
    if not _are_near(before, nudged):
        raise NotTriedError  # rounding alone may move it as far
    text = str(module)
    chosen = drawn_rules(rng) if rules is None else rules
    report = apply_rewrites(compilation.ctx, module, chosen)
    shown = f"{text}\nwith {', '.join(report.fired)}\nbecame\n{module}"
    if report.left_out:
        return f"seed {seed}: {report.left_out}\n{shown}"
    module.verify()
    after = _results(compilation, module, inputs)
    for old, new in zip(before, after, strict=True):
        wrong = difference(new, old)
        if wrong is not None:
            return f"seed {seed}: {wrong}\n{shown}"
    return None


def _results(compilation: Compilation, module: ModuleOp, inputs: Sequence[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        return list(run(compilation.ctx, module, inputs))


def _nudged(array: Any, seed: int) -> Any:
    """Floats moved by a few units in the last place."""
    if array.dtype.kind != "f":
        return array
    noise = np.random.default_rng(seed).uniform(-4, 4, array.shape)
    return (array * (1 + noise * float(np.finfo(array.dtype).eps))).astype(array.dtype)


def _are_near(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(difference(a, b) is None for a, b in zip(one, other, strict=True))
