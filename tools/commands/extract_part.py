"""`stepwell extract`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ...compiler.function_inputs import (
    function_named,
    input_names,
    input_types,
    output_names,
    output_types,
)
from ...compiler.questions.extract import extract
from ...conversion.model_files import files_of
from ...runtime.abi import MAIN
from ...runtime.output_file import destination
from .question_input import QuestionInput
from .quiet import is_quiet

SCHEMA, VERSION = "stepwell.extract", 1


def extract_part(
    asked: QuestionInput, to: Sequence[str], from_: Sequence[str], output: Path, *, as_json: bool
) -> None:
    """
    Write a part of a model, and print its inputs and outputs.

    Raises:
        StepwellError: for a model that cannot be read, names that there are not, or an output that
            cannot be written.
    """
    keep = files_of(asked.model, asked.parts.weights)
    destination(output, keep)  # refused before the work
    part = extract(str(asked.model), to, from_=from_, **asked.options)
    part.save(output, keep)
    main = function_named(part.module, MAIN)
    results = output_types(main)
    inputs = dict(zip(input_names(main), map(str, input_types(main)), strict=True))
    outputs = dict(zip(output_names(main, len(results)), map(str, results), strict=True))
    count = sum(1 for _ in main.body.block.ops) - 1
    if as_json:
        answer = {
            "schema": SCHEMA,
            "version": VERSION,
            "model": asked.model.name,
            "output": str(output),
            "operations": count,
            "inputs": inputs,
            "outputs": outputs,
        }
        json.dump(answer, sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif not is_quiet():
        print(f"{output}: {count} operations, constants included")
        for kind, values in (("input", inputs), ("output", outputs)):
            for name, type_ in values.items():
                print(f"  {kind} {name}: {type_}")
