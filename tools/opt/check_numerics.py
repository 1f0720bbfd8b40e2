"""`--check-numerics`: no pass may move a result further than its exactness class allows.

Every function with results, and `@main`, runs through the reference interpreters on the same
random inputs before and after each pass. One that leaves sizes open runs twice, with what it is
planned for and with small odd sizes; a name that a `bind-sizes` of the pipeline gives a number has
that from the start. When a result moves too far, the values that exist
under the same name on both sides are compared too: the first that differs is where the pass went
wrong. A pass says its class in a field or class variable `exactness`; without one it may round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import DiagnosticException

from ...compiler.function_inputs import function_inputs, function_named, output_names
from ...errors import StepwellError
from ...interpreters.deviation import TOLERANCES, mismatch
from ...ir.bind_sizes import bind_sizes
from ...ir.diagnostics import warning
from ...ir.verify_ir import quiet_diagnostics
from ...runtime.abi import MAIN, OUTPUT_NAMES
from ...runtime.named_arrays import named_arrays
from ...runtime.size_solving import shown_name, shown_values
from ...runtime.value_text import sizes_by_name_text
from ...transforms.bind_sizes import BindSizesPass
from ...transforms.optimize import OptimizePass
from ..inputs.call_sizes import OpenInputs
from ..inputs.shape_option import GivenSizes

Array = npt.NDArray[Any]

DEFAULT_EXACTNESS = "rounding"


@dataclass
class _Run:
    """A function on some inputs, and what it gave before the pass."""

    sizes: str
    """` at N = 1, S = 3`, where sizes are open."""
    inputs: list[Any]
    results: list[Any]


@dataclass
class _State:
    """A function before the pass: the module then, and how it ran."""

    module: ModuleOp
    runs: list[_Run]


class CheckNumerics:
    """The instrument behind `--check-numerics`."""

    def __init__(
        self,
        ctx: Context,
        seed: int,
        inputs: Sequence[str] = (),
        passes: Sequence[ModulePass] = (),
    ):
        """
        `inputs` are files for `@main`, as `--inputs` names them; the rest is random. `passes` are
        those of the pipeline, of which some bind sizes.
        """
        self._ctx = ctx
        self._seed = seed
        self._inputs = inputs
        self._bound: dict[str, int] = {}
        for pass_ in passes:
            if isinstance(pass_, BindSizesPass):
                self._bound.update(pass_.numbers)
        self._states: dict[str, _State] | None = None

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        if self._states is not None:
            return
        self._states = {}
        snapshot = module.clone()
        for function in _functions(module):
            name = function.sym_name.data
            try:
                runs = list(self._runs(snapshot, function))
            except StepwellError as error:
                warning(f"@{name} is not checked, as it cannot run: {error}", function)
                continue
            self._states[name] = _State(snapshot, runs)

    def _runs(self, module: ModuleOp, function: FuncOp) -> Iterator[_Run]:
        """
        The runs of a function: at the sizes it is planned for, and at odd ones if it takes them.

        Raises:
            StepwellError: when it cannot run at the former.
        """
        name = function.sym_name.data
        if self._inputs and name == MAIN:
            inputs = function_inputs(function, self._inputs, self._seed)
            yield _Run("", inputs, run_function(self._ctx, module, name, inputs))
            return
        for number, values in enumerate(self._sizes(function)):
            bound = module.clone()
            try:
                bind_sizes(bound, values)
                inputs = function_inputs(function_named(bound, name), (), self._seed)
                results = run_function(self._ctx, module, name, inputs)
            except StepwellError:
                if number == 0:
                    raise
                return
            text = sizes_by_name_text(shown_values(values))
            yield _Run(f" at {text}" if text else "", inputs, results)

    def _sizes(self, function: FuncOp) -> Iterator[Mapping[str, int]]:
        """Values of the names in the inputs of a function."""
        open_ = OpenInputs.of_function(function, {}, GivenSizes())
        known = set(map(shown_name, open_.solving.names))
        at = {n: (v,) for n, v in shown_values(self._bound).items() if n in known}
        open_ = replace(open_, given=GivenSizes(at))
        yield open_.points((), self._seed)[0].values
        odd = open_.odd_point()
        if odd is not None:
            yield odd.values

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        snapshot = module.clone()
        names = {function.sym_name.data for function in _functions(module)}
        for name, state in list((self._states or {}).items()):
            if name not in names:
                continue
            found: list[list[Any]] = []
            for run in state.runs:
                try:
                    results = run_function(self._ctx, snapshot, name, run.inputs)
                except StepwellError as error:
                    raise StepwellError(
                        f"after pass '{pass_.name}': @{name} ran before{run.sizes}, but no longer "
                        f"does: {error}"
                    ) from error
                self._compare(pass_, name, state.module, run, snapshot, results)
                found.append(results)
            state.module = snapshot
            for run, results in zip(state.runs, found, strict=True):
                run.results = results

    def _compare(
        self,
        pass_: ModulePass,
        name: str,
        was: ModuleOp,
        run: _Run,
        after: ModuleOp,
        results: list[Any],
    ) -> None:
        exactness = exactness_of(pass_)
        function = function_named(after, name)
        if len(results) != len(run.results):
            raise StepwellError(
                f"pass '{pass_.name}': @{name} had {len(run.results)} results, "
                f"now it has {len(results)}"
            )
        names = output_names(function, len(results))
        for output, before, now in zip(names, run.results, results, strict=True):
            if (reason := _moved(before, now, exactness)) is None:
                continue
            culprit = self._first_moved(name, was, run, after, exactness)
            raise StepwellError(
                f"pass '{pass_.name}' moved result '{output}' of @{name}{run.sizes} further than "
                f"its class '{exactness}' allows: {reason}{culprit}"
            )

    def _first_moved(
        self, name: str, was: ModuleOp, run: _Run, after: ModuleOp, exactness: str
    ) -> str:
        """The first value with the same name and type on both sides that moved."""
        old_values = _named_values(function_named(was, name))
        new_values = _named_values(function_named(after, name))
        common = [n for n in new_values if n in old_values]
        common = [n for n in common if old_values[n].type == new_values[n].type]
        if not common:
            return ""
        try:
            old = run_function(self._ctx, was, name, run.inputs, probes=common)
            new = run_function(self._ctx, after, name, run.inputs, probes=common)
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
    if isinstance(pass_, OptimizePass):
        return pass_.choice.exactness
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
