"""Cases with a state, and of subgraphs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .tfl_case import Case, Options, const, integers, normal, out, q, single
from .tfl_models import Call, Graph, Value


def recurrent() -> Iterator[Case]:
    """Layers with a state, several times."""
    how: Options
    given: Options
    for first in (False, True):
        for peepholes in (False, True):
            shape = (4, 2, 3) if first else (2, 4, 3)
            given = {"input": normal(*shape)}
            given |= {f"w{g}": const(normal(5, 3, scale=0.5)) for g in "ifco"}
            given |= {f"r{g}": const(normal(5, 5, scale=0.5)) for g in "ifco"}
            given |= {f"p{g}": const(normal(5)) if peepholes else None for g in "ifo"}
            given |= {f"b{g}": const(normal(5)) for g in "ifco"}
            given |= {"pw": None, "pb": None}
            given |= {f"{n}": Value(np.zeros((2, 5), np.float32), variable=True) for n in "hc"}
            how = {"fused_activation_function": "TANH", "time_major": first}
            graphs = single("UNIDIRECTIONAL_SEQUENCE_LSTM", given, **how)
            yield Case(f"UNIDIRECTIONAL_SEQUENCE_LSTM {first} {peepholes}", graphs, 3)
    given = {"input": normal(2, 4, 3)}
    given |= {f"w{g}": const(normal(5, 3, scale=0.5)) if g != "i" else None for g in "ifco"}
    given |= {f"r{g}": const(normal(5, 4, scale=0.5)) if g != "i" else None for g in "ifco"}
    given |= dict.fromkeys(("pi", "pf", "po"))
    given |= {f"b{g}": const(normal(5)) if g != "i" else None for g in "ifco"}
    given |= {"pw": const(normal(4, 5)), "pb": const(normal(4))}
    given |= {"h": Value(np.zeros((2, 4), np.float32), variable=True)}
    given |= {"c": Value(np.zeros((2, 5), np.float32), variable=True)}
    for clip in (0.0, 1.5):
        how = {"fused_activation_function": "TANH", "cell_clip": 0.8, "proj_clip": clip}
        yield Case(
            f"UNIDIRECTIONAL_SEQUENCE_LSTM projection{' clipped' * (clip > 0)}",
            single("UNIDIRECTIONAL_SEQUENCE_LSTM", given, **how),
            3,
        )
    given |= {f"r{g}": const(normal(5, 5, scale=0.5)) if g != "i" else None for g in "ifco"}
    given |= {"pw": None, "pb": None, "pf": const(normal(5)), "po": const(normal(5))}
    given |= {"h": Value(np.zeros((2, 5), np.float32), variable=True)}
    how = {"fused_activation_function": "TANH", "cell_clip": 0.4}
    yield Case(
        "UNIDIRECTIONAL_SEQUENCE_LSTM coupled",
        single("UNIDIRECTIONAL_SEQUENCE_LSTM", given, **how),
        3,
    )
    state = Value(np.zeros((2, 5), np.float32), variable=True)
    weights = {
        "w": const(normal(5, 3, scale=0.5)),
        "r": const(normal(5, 5, scale=0.5)),
        "b": const(normal(5)),
        "h": state,
    }
    how = {"fused_activation_function": "TANH"}
    yield Case("RNN", single("RNN", {"input": normal(2, 3), **weights}, **how), 3)
    yield Case(
        "UNIDIRECTIONAL_SEQUENCE_RNN",
        single("UNIDIRECTIONAL_SEQUENCE_RNN", {"input": normal(2, 4, 3), **weights}, **how),
        3,
    )
    both = {
        "fw": const(normal(5, 3)),
        "fr": const(normal(5, 5, scale=0.5)),
        "fb": const(normal(5)),
        "fh": state,
        "bw": const(normal(4, 3)),
        "br": const(normal(4, 4, scale=0.5)),
        "bb": const(normal(4)),
        "bh": Value(np.zeros((2, 4), np.float32), variable=True),
        "aux": None,
        "fa": None,
        "ba": None,
    }
    for merge in (False, True):
        results = [out("float32")] * (1 if merge else 2)
        graphs = single(
            "BIDIRECTIONAL_SEQUENCE_RNN",
            {"input": normal(2, 4, 3), **both},
            results,
            merge_outputs=merge,
            time_major=False,
            **how,
        )
        yield Case(f"BIDIRECTIONAL_SEQUENCE_RNN {merge}", graphs, 3)
    directions: dict[str, Any] = {"input": normal(2, 4, 3)}
    for d in "fb":
        directions |= {f"{d}w{g}": const(normal(5, 3, scale=0.5)) for g in "ifco"}
        directions |= {f"{d}r{g}": const(normal(5, 5, scale=0.5)) for g in "ifco"}
        directions |= dict.fromkeys((f"{d}pi", f"{d}pf", f"{d}po"))
        directions |= {f"{d}b{g}": const(normal(5)) for g in "ifco"}
        directions |= dict.fromkeys((f"{d}pw", f"{d}pb"))
    for name in ("fh", "fc", "bh", "bc"):
        directions[name] = Value(np.zeros((2, 5), np.float32), variable=True)
    directions |= dict.fromkeys(f"a{n}" for n in range(9))
    yield from _bidirectional_lstm(directions, how)
    for bias in (False, True):
        given = {
            "input": normal(2, 3),
            "feature": const(normal(8, 3)),
            "time": const(normal(8, 5)),
            "bias": const(normal(4)) if bias else None,
            "state": Value(np.zeros((2, 40), np.float32), variable=True),
        }
        yield Case(
            f"SVDF {bias}",
            single("SVDF", given, rank=2, fused_activation_function="RELU" if bias else "NONE"),
            7,
        )
    given = {
        "input": q(integers(-128, 127, 2, 3), 0.05, 3),
        "feature": const(integers(-127, 127, 8, 3), scale=0.01),
        "time": const(integers(-900, 900, 8, 5, dtype="int16"), scale=0.0001),
        "bias": const(integers(-900, 900, 4, dtype="int32"), scale=0.0001 * 0.0008),
        "state": Value(np.zeros((2, 40), np.int16), variable=True, scale=0.0008),
    }
    yield Case(
        "SVDF int8",
        single(
            "SVDF",
            given,
            [out("int8", 0.03, -4)],
            rank=2,
            fused_activation_function="RELU",
            version=3,
        ),
        7,
    )


def _bidirectional_lstm(directions: dict[str, Any], how: Options) -> Iterator[Case]:
    """Both forms of the results, by batch and by time.

    Merged results by batch are those of one batch alone: for all but the first, LiteRT gives other
    numbers from process to process (`test/oracles/test_tfl_operators.py`).
    """
    for merge in (False, True):
        for first in (False, True):
            given = directions
            if first:
                given = {**directions, "input": normal(4, 2, 3)}
            elif merge:
                given = {**directions, "input": normal(1, 4, 3)}
                for name in ("fh", "fc", "bh", "bc"):
                    given[name] = Value(np.zeros((1, 5), np.float32), variable=True)
            results = [out("float32")] * (1 if merge else 2)
            options: Options = {**how, "time_major": first, "merge_outputs": merge}
            graphs = single("BIDIRECTIONAL_SEQUENCE_LSTM", given, results, **options)
            yield Case(f"BIDIRECTIONAL_SEQUENCE_LSTM {merge} {first}", graphs, 3)


def control() -> Iterator[Case]:
    """Subgraphs that are called, and variables."""
    body = {"a": Value(normal(2, 3)), "b": Value(normal(3)), "output": Value()}
    plus = Graph(body, [Call("ADD", ["a", "b"], ["output"])], ["a", "b"], ["output"])
    minus = Graph(body, [Call("SUB", ["a", "b"], ["output"])], ["a", "b"], ["output"])
    choice = {"then_subgraph_index": 1, "else_subgraph_index": 2}
    for name, options in (
        (
            "STABLEHLO_COMPOSITE",
            {"name": "plus", "decomposition_subgraph_index": 1, "composite_attributes": [0, 4, 1]},
        ),
    ):
        values = {"a": Value(normal(2, 3)), "b": Value(normal(3)), "output": Value()}
        call = Call(name, ["a", "b"], ["output"], options)
        yield Case(name, [Graph(values, [call], ["a", "b"], ["output"]), plus])
    for taken in (True, False):
        values = {
            "cond": Value(np.array([taken])),
            "a": Value(normal(2, 3)),
            "b": Value(normal(3)),
            "output": Value(),
        }
        main = Graph(
            values,
            [Call("IF", ["cond", "a", "b"], ["output"], choice)],
            ["cond", "a", "b"],
            ["output"],
        )
        yield Case(f"IF {taken}", [main, plus, minus])
    carried = {
        "n": Value(np.array(0, np.int32)),
        "x": Value(normal(3)),
        "limit": const(np.int32(4)),
        "less": Value(dtype="bool", shape=()),
    }
    cond = Graph(carried, [Call("LESS", ["n", "limit"], ["less"])], ["n", "x"], ["less"])
    step = {
        "n": Value(np.array(0, np.int32)),
        "x": Value(normal(3)),
        "one": const(np.int32(1)),
        "half": const(np.float32(1.5)),
        "m": Value(dtype="int32", shape=()),
        "y": Value(shape=(3,)),
    }
    calls = [Call("ADD", ["n", "one"], ["m"]), Call("MUL", ["x", "half"], ["y"])]
    loop = Graph(step, calls, ["n", "x"], ["m", "y"])
    values = {
        "n": Value(np.array(1, np.int32)),
        "x": Value(normal(3)),
        "trips": Value(dtype="int32"),
        "output": Value(),
    }
    numbers = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    call = Call("WHILE", ["n", "x"], ["trips", "output"], numbers)
    main = Graph(values, [call], ["n", "x"], ["trips", "output"])
    yield Case("WHILE", [main, cond, loop])
    handle = {"container": "", "shared_name": "sum"}
    resource = Value(dtype="resource")
    first = Graph(
        {"h": resource, "zero": const(np.array([1, 2, 3], np.float32))},
        [Call("VAR_HANDLE", [], ["h"], handle), Call("ASSIGN_VARIABLE", ["h", "zero"], [])],
        [],
        [],
    )
    calls = [
        Call("CALL_ONCE", [], [], {"init_subgraph_index": 1}),
        Call("VAR_HANDLE", [], ["h"], handle),
        Call("READ_VARIABLE", ["h"], ["before"]),
        Call("ADD", ["before", "x"], ["output"]),
        Call("ASSIGN_VARIABLE", ["h", "output"], []),
    ]
    values = {"x": Value(normal(3)), "h": resource, "before": Value(shape=(3,)), "output": Value()}
    yield Case("variables", [Graph(values, calls, ["x"], ["output"]), first], 4)
