"""`stepwell bisect`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ...compiler.questions.bisect import Found, bisect
from ...conversion.model_files import files_of
from ...runtime.array_files import read_arrays
from ...runtime.output_file import destination
from ..inputs.call_sizes import OpenInputs
from ..inputs.shape_option import GivenSizes
from .question_input import QuestionInput


def bisect_model(
    asked: QuestionInput,
    inputs: Sequence[str],
    output: Path | None,
    *,
    tolerance: float,
    as_json: bool,
) -> bool:
    """
    Print where a model goes wrong, and write the operations that show it; gives whether it is
    right.

    Raises:
        StepwellError: for a model that cannot be compiled, wrong inputs, and an output that cannot
            be written.
    """
    keep = files_of(asked.model, asked.parts.weights)
    case = output or Path(f"{asked.model.stem}.bisect.mlir")
    destination(case, keep)  # refused before the work
    shapes = {
        name: tuple(n for n in shape if isinstance(n, int)) for name, shape in asked.shapes.items()
    }
    open_ = OpenInputs.of(
        asked.model, inputs, shapes, GivenSizes(dims=asked.sizes), asked.values, asked.parts
    )
    point = open_.points(inputs, 0, 1)[0]
    arrays = read_arrays(inputs, open_.names) if inputs else None
    options = asked.options
    if point.shapes:
        options["shapes"] = {**(options.get("shapes") or {}), **point.shapes}
        options["sizes"] = None
    found = bisect(str(asked.model), arrays, tolerance=tolerance, **options)
    command = found.save(case, keep)
    if as_json:
        json.dump({**found.answer, "command": command}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _print(found, command)
    return found.answer["agrees"]


def _print(found: Found, command: str) -> None:
    answer = found.answer
    for name, difference in answer["outputs"].items():
        verdict = "ok" if difference <= 1 else "WRONG"
        print(f"{verdict:<6} {name}: {difference:.2g} times what is allowed")
    if answer["agrees"]:
        print("the compiled model computes what the model says")
        return
    fault = answer["fault"]
    if fault is None:
        print(
            f"no step changes what operations mean alone; the model as a whole is wrong since the "
            f"stage '{answer['stage']}'"
        )
        return
    rule = f", rule {fault['rule']}" if fault["rule"] else ""
    print(f"first fault: pass {fault['pass_name']}{rule}")
    print(f"  on {', '.join(fault['nodes']) or 'an operation without a node'}")
    name = fault["rule"] or fault["pass_name"]
    if answer["confirmed"]:
        print(f"  confirmed: right with --disable {name}")
    else:
        print("  not confirmed: the model is not right without it alone")
    for other in answer["others"]:
        print(f"  suspect too: {other['pass_name']} {other['rule']}".rstrip())
    print(f"shown by: {command}")
