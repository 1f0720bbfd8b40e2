"""
A failing case made smaller.

    python -m stepwell.test.fuzz.reduce_case KIND CASE [--output FILE]

`CASE` is a seed or a file; what is left of it is printed, or written where `found/` may keep it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from stepwell.test.fuzz.case_feeds import model_bytes, model_text
from stepwell.test.fuzz.case_worker import case_of
from stepwell.test.fuzz.isolation import Isolated, outcome_alone
from stepwell.test.fuzz.kind import KINDS, kind_named
from stepwell.test.fuzz.outcome import Outcome
from stepwell.test.fuzz.smaller_models import smaller_models

SECONDS = 120.0


def smaller_texts(data: bytes) -> Iterator[bytes]:
    """Texts without some of the lines, many lines first."""
    lines = data.split(b"\n")
    size = max(1, len(lines) // 2)
    while True:
        for at in range(len(lines) - size, -size, -size):
            yield b"\n".join(lines[: max(at, 0)] + lines[max(at, 0) + size :])
        if size == 1:
            return
        size //= 2


def reduced(kind: str, data: bytes, seconds: float = SECONDS) -> tuple[bytes, Outcome]:
    """The smallest case found in a time that fails as `data` does, and its outcome."""
    made = kind_named(kind)
    if made.suffix == ".well":  # a file with lines left out is damaged
        return data, outcome_alone(kind, data, made.suffix)
    is_model = made.suffix == ".onnx"
    data = model_bytes(data) if is_model else data
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, Isolated(kind) as isolated:
        path = Path(folder) / f"case{made.suffix}"

        def outcome_of(candidate: bytes) -> Outcome:
            path.write_bytes(candidate)
            return isolated.outcome(str(path))

        first = best = outcome_of(data)
        if first.fine:
            return data, first
        found = True
        while found:
            found = False
            for candidate in smaller_models(data) if is_model else smaller_texts(data):
                if time.monotonic() > end:
                    return data, best
                if len(candidate) >= len(data) and _nodes(candidate) >= _nodes(data):
                    continue
                outcome = outcome_of(candidate)
                if not outcome.fine and outcome.same_as(first):
                    data, best, found = candidate, outcome, True
                    break
        return data, best


def _nodes(data: bytes) -> int:
    from stepwell.test.fuzz.case_feeds import parsed

    model = parsed(data)
    return len(model.graph.node) if model is not None else 0


def as_text(kind: str, data: bytes) -> str | None:
    """A case as `found/` keeps it where it can be read; None for bytes."""
    if kind_named(kind).suffix == ".onnx":
        return model_text(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("case")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    args = parser.parse_args()
    data = case_of(kind_named(args.kind), args.case)
    data, outcome = reduced(args.kind, data, args.seconds)
    print(f"{outcome.kind}: {outcome.word}", file=sys.stderr)
    text = as_text(args.kind, data)
    if args.output is not None:
        args.output.write_bytes(data if text is None else text.encode("utf-8"))
    else:
        print(repr(data) if text is None else text)


if __name__ == "__main__":
    main()
