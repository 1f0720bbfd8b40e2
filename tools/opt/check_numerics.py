"""`--check-numerics`: no pass may move a result further than its exactness class allows.

Every function with results, and `@main`, runs through the reference interpreters on the same
random inputs before and after each pass. When a result moves too far, the values that exist
under the same name on both sides are compared too: the first that differs is where the pass went
wrong. A pass says its class in a field or class variable `exactness`; without one it may round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import DiagnosticException

from ...errors import StepwellError
from ...ir.diagnostics import warning
from ...ir.verify_ir import quiet_diagnostics
from ...runtime.abi import MAIN, OUTPUT_NAMES
from ...runtime.named_arrays import named_arrays
from ..inputs.function_inputs import function_inputs, function_named, output_names
from ..measure.deviation import TOLERANCES, mismatch

Array = npt.NDArray[Any]

DEFAULT_EXACTNESS = "rounding"


@dataclass
class _State:
    """A function before the pass: the module then, its inputs, its results."""

    module: ModuleOp
    inputs: list[Any]
    results: list[Any]


class CheckNumerics:
    """The instrument behind `--check-numerics`."""

    def __init__(self, ctx: Context, seed: int, inputs: Sequence[str] = ()):
        """`inputs` are files for `@main`, as `--inputs` names them; the rest is random."""
        self._ctx = ctx
        self._seed = seed
        self._inputs = inputs
        self._states: dict[str, _State] | None = None

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        if self._states is not None:
            return
        self._states = {}
        snapshot = module.clone()
        for function in _functions(module):
            name = function.sym_name.data
            given = self._inputs if name == MAIN else ()
            inputs = function_inputs(function, given, self._seed)
            try:
                results = run_function(self._ctx, snapshot, name, inputs)
            except StepwellError as error:
                warning(f"@{name} is not checked, as it cannot run: {error}", function)
                continue
            self._states[name] = _State(snapshot, inputs, results)

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        snapshot = module.clone()
        names = {function.sym_name.data for function in _functions(module)}
        for name, state in list((self._states or {}).items()):
            if name not in names:
                continue
            try:
                results = run_function(self._ctx, snapshot, name, state.inputs)
            except StepwellError as error:
                raise StepwellError(
                    f"after pass '{pass_.name}': @{name} ran before, but no longer does: {error}"
                ) from error
            self._compare(pass_, name, state, snapshot, results)
            state.module, state.results = snapshot, results

    def _compare(
        self, pass_: ModulePass, name: str, state: _State, after: ModuleOp, results: list[Any]
    ) -> None:
        exactness = exactness_of(pass_)
        function = function_named(after, name)
        if len(results) != len(state.results):
            raise StepwellError(
                f"pass '{pass_.name}': @{name} had {len(state.results)} results, "
                f"now it has {len(results)}"
            )
        names = output_names(function, len(results))
        for output, before, now in zip(names, state.results, results, strict=True):
            if (reason := _moved(before, now, exactness)) is None:
                continue
            culprit = self._first_moved(name, state, after, exactness)
            raise StepwellError(
                f"pass '{pass_.name}' moved result '{output}' of @{name} further than its "
                f"class '{exactness}' allows: {reason}{culprit}"
            )

    def _first_moved(self, name: str, state: _State, after: ModuleOp, exactness: str) -> str:
        """The first value with the same name and type on both sides that moved."""
        old_values = _named_values(function_named(state.module, name))
        new_values = _named_values(function_named(after, name))
        common = [n for n in new_values if n in old_values]
        common = [n for n in common if old_values[n].type == new_values[n].type]
        if not common:
            return ""
        try:
            old = run_function(self._ctx, state.module, name, state.inputs, probes=common)
            new = run_function(self._ctx, after, name, state.inputs, probes=common)
        except StepwellError:
            return ""
        for value, before, now in zip(common, old, new, strict=True):
            if (reason := _moved(before, now, exactness)) is not None:
                op = new_values[value].owner
                return (
                    f"\n  first moved: %{value}, defined by '{getattr(op, 'name', '')}': {reason}"
                )
        return ""


def _moved(before: Any, now: Any, exactness: str) -> str | None:
    """Why a value is no longer what it was; None if it is, within an exactness class."""
    old, new = named_arrays("", before), named_arrays("", now)
    if old.keys() != new.keys():
        return f"{len(old)} parts became {len(new)}"
    reasons = ((part, mismatch(old[part], new[part], exactness)) for part in old)
    return next(
        (f"{part}: {reason}" if part else reason for part, reason in reasons if reason), None
    )


def exactness_of(pass_: ModulePass) -> str:
    """The exactness class that a pass declares."""
    declared = getattr(pass_, "exactness", DEFAULT_EXACTNESS)
    return declared if declared in TOLERANCES else DEFAULT_EXACTNESS


def run_function(
    ctx: Context,
    module: ModuleOp,
    name: str,
    inputs: list[Any],
    *,
    probes: list[str] | None = None,
) -> list[Any]:
    """Interpret `@name` of a module, and give its results, or instead the values named `probes`.

    Raises:
        StepwellError: if it cannot be interpreted.
    """
    from ...interpreters import run

    if name != MAIN or probes is not None:
        module = _with_main(module, name, probes)
    with quiet_diagnostics():
        try:
            return list(run(ctx, module, inputs))
        except (DiagnosticException, NotImplementedError) as error:
            raise StepwellError(str(error)) from error


def _with_main(module: ModuleOp, name: str, probes: list[str] | None) -> ModuleOp:
    """A copy of the module in which `@name` is `@main` and returns the values named `probes`."""
    module = module.clone()
    function = function_named(module, name)
    if name != MAIN:
        for op in list(module.ops):
            if isinstance(op, FuncOp) and op.sym_name.data == MAIN:
                op.sym_name = StringAttr("not_main")
        function.sym_name = StringAttr(MAIN)
    if probes is not None:
        values = _named_values(function)
        last = function.body.block.last_op
        assert isinstance(last, ReturnOp)
        function.body.block.erase_op(last)
        function.body.block.add_op(ReturnOp(*(values[probe] for probe in probes)))
        function.update_function_type()
        function.attributes.pop(OUTPUT_NAMES, None)
    return module


def _functions(module: ModuleOp) -> list[FuncOp]:
    return [
        op
        for op in module.ops
        if isinstance(op, FuncOp)
        and not op.is_declaration
        and (op.function_type.outputs or op.sym_name.data == MAIN)
    ]


def _named_values(function: FuncOp) -> dict[str, SSAValue]:
    """The named tensors of a function's body by name, in the order of their definition."""
    if len(function.body.blocks) != 1 or not isinstance(function.body.block.last_op, ReturnOp):
        return {}
    return {
        result.name_hint: result
        for op in function.body.block.ops
        for result in op.results
        if result.name_hint is not None and isinstance(result.type, TensorType)
    }
