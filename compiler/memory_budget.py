"""
Programs that are to take no more than so much memory.

What makes a program smaller is done, one thing after the other, until weights, arena, inputs and
outputs fit: images in bands of rows, which costs least time, then what makes it larger for speed is
left out. Where nothing is left the model is refused, with the least that it takes and the values
that make it. What was done is recorded in the artifact, as if `enable` and `disable` had named it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, TensorType

from ..dialects.engine.base import byte_extent_of
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.size_facts import facts_of
from ..errors import NotEnoughMemoryError
from ..runtime.abi import MAIN
from ..runtime.value_text import size_text
from ..targets.target import Target
from .compilation import Compilation
from .estimate import operation_seconds
from .options import Options
from .questions.memory import MemoryAnswer, memory_answer

SMALLER_FOR_TIME = ("late-concats", "band-rows")
"""Passes that take time for memory, in the order in which they are added: copies cost least."""

LARGER_FOR_SPEED = ("use-winograd", "expand-transposed-conv")
"""Passes that take memory for speed, in the order in which they are left out."""

NAMED = 3
"""How many values a refusal names."""


@dataclass(frozen=True)
class _Plan:
    """A way to compile: what it takes, and how long a call takes about."""

    options: Options
    answer: MemoryAnswer
    arguments: int
    seconds: float

    @property
    def bytes(self) -> int:
        """All that it takes while a call runs."""
        parts = self.answer["weights"]["bytes"], self.answer["arena"]["bytes"], self.arguments
        return sum(parts)


def keep_to_limit(compilation: Compilation, name: str) -> None:
    """
    Change the options of a compilation at level 1 so that the program keeps to its limit.

    Sizes that stay open count as those that are planned for. What is left out, and what a call then
    takes in parts of the time it would take, is told as a step.

    Raises:
        NotEnoughMemoryError: where no way of compiling does, with the least and what makes it.
    """
    limit = compilation.options.memory_limit
    if limit is None:
        return
    start = time.perf_counter()
    first = best = _plan(compilation, compilation.options)
    done: list[str] = []
    # What gains nothing where something else is at the peak may gain once that is smaller.
    for change, options_of in [*_changes(), *_changes()]:
        if best.bytes <= limit:
            break
        options = options_of(best.options)
        if options is None:
            continue
        smaller = _plan(compilation, options)
        if smaller.bytes < best.bytes:
            best = smaller
            done.append(change)
    if best.bytes > limit:
        raise NotEnoughMemoryError(_refusal(best, limit, name))
    for pass_ in reversed(SMALLER_FOR_TIME):
        # What came last may have been enough without what came before.
        if f"with {pass_}" in done[:-1]:
            enable = tuple(e for e in best.options.enable if e != pass_)
            faster = _plan(compilation, replace(best.options, enable=enable))
            if faster.bytes <= limit:
                best = faster
                done.remove(f"with {pass_}")
    if done:
        compilation.options = best.options
        slower = best.seconds / first.seconds if first.seconds else 1.0
        compilation.report(
            f"{', '.join(done)}: {size_text(best.bytes)} instead of {size_text(first.bytes)},"
            f" about {slower:.2f} times the time,",
            start,
        )


def _changes() -> Iterator[tuple[str, Callable[[Options], Options | None]]]:
    """What makes a program smaller, in words, and options with it; None where it is so already."""
    for pass_ in SMALLER_FOR_TIME:
        yield f"with {pass_}", partial(_with, pass_)
    for pass_ in LARGER_FOR_SPEED:
        yield f"without {pass_}", partial(_without, pass_)


def _with(pass_: str, options: Options) -> Options | None:
    if options.choice.takes_pass(pass_) or not options.choice.allows(pass_):
        return None
    return replace(options, enable=(*options.enable, pass_))


def _without(pass_: str, options: Options) -> Options | None:
    if not options.choice.takes_pass(pass_):
        return None
    enabled = tuple(e for e in options.enable if e != pass_)
    return replace(options, enable=enabled, disable=(*options.disable, pass_))


def _plan(compilation: Compilation, options: Options) -> _Plan:
    tried = replace(
        compilation,
        module=compilation.module.clone(),
        options=options,
        progress=None,
        observer=None,
    )
    answer = memory_answer(tried, "")
    return _Plan(options, answer, _argument_bytes(tried.module), _seconds(tried.module, options))


def _argument_bytes(module: ModuleOp) -> int:
    """The bytes of inputs and outputs."""
    total = 0
    for function in module.ops:
        if isinstance(function, func.FuncOp) and function.sym_name.data == MAIN:
            facts, last = facts_of(function), function.body.block.last_op
            values = [*function.body.block.args, *(last.operands if last is not None else ())]
            total += sum(
                facts.evaluated_at_hints(byte_extent_of(value))
                for value in values
                if isinstance(value.type, TensorType) and not is_opaque(value)
            )
    return total


def _seconds(module: ModuleOp, options: Options) -> float:
    """About how long the operations of level 3 take, as templates estimate it."""
    return sum(seconds for _, seconds in operation_seconds(module, Target.parse(options.target)))


def _refusal(best: _Plan, limit: int, name: str) -> str:
    answer = best.answer
    values = ", ".join(
        f"'{', '.join(v['nodes']) or v['value']}' {size_text(v['bytes'])}"
        for v in answer["at_peak"][:NAMED]
    )
    return (
        f"{name or 'the model'} does not keep to the memory limit of {size_text(limit)}: the least"
        f" it takes is {size_text(best.bytes)} ({size_text(answer['weights']['bytes'])} for"
        " weights,"
        f" {size_text(answer['arena']['bytes'])} for intermediate values, of these {values};"
        f" {size_text(best.arguments)} for inputs and outputs); give it a larger limit or smaller"
        " inputs"
    )
