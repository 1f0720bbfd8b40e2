"""Control flow of `KernelBuilder`: loops, branches and parallel chunks of `scf`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager

from typing_extensions import Generator
from xdsl.dialects import scf
from xdsl.dialects.builtin import DenseArrayBase, i32
from xdsl.ir import Attribute, Block, Region, SSAValue

from .core import Index
from .memory import BuilderMemory
from .types import INDEX

Values = Sequence[SSAValue]
LoopBody = Callable[[Index, tuple[SSAValue, ...]], Values | None]


class Loop:
    """
    A loop being built: `index`, the `carried` values of this iteration, and, once the `with`
    is left, `results`. Call `yield_` at the end of the body when values are carried.
    """

    index: Index
    carried: tuple[SSAValue, ...]
    results: tuple[SSAValue, ...]

    def __init__(self, index: Index, carried: Values):
        self.index = index
        self.carried = tuple(carried)
        self.results = ()
        self.yielded: tuple[SSAValue, ...] | None = None

    def yield_(self, *values: SSAValue) -> None:
        """Give the carried values of the next iteration."""
        assert len(values) == len(self.carried), "a loop yields what it carries"
        self.yielded = values


class BuilderControl(BuilderMemory):
    """`scf.for`, `scf.if`, `scf.while`, `scf.parallel`."""

    @contextmanager
    def loop(
        self, lower: Index, upper: Index, step: Index = 1, carried: Values = ()
    ) -> Generator[Loop]:
        """
        `for index in range(lower, upper, step)`; a loop of exactly one trip leaves no loop.

            with b.loop(0, n, 16, [zero]) as loop:
                loop.yield_(b.addf(loop.carried[0], b.vload(x, [loop.index])))
            total = b.reduce("add", loop.results[0])
        """
        first, last, stride = self.number(lower), self.number(upper), self.number(step)
        single = (
            first is not None
            and last is not None
            and stride is not None
            and first < last <= first + stride
        )
        if single:
            loop = Loop(lower, carried)
            yield loop
        else:
            bounds = (self.index(lower), self.index(upper), self.index(step))
            types = [value.type for value in carried]
            body = Block(arg_types=(INDEX, *types))
            loop = Loop(body.args[0], body.args[1:])
            with self.block(body):
                yield loop
                assert loop.yielded is not None or not carried, (
                    "a loop with carried values must yield"
                )
                self.add_op(scf.YieldOp.create(operands=loop.yielded or ()))
            op = scf.ForOp.create(
                operands=(*bounds, *carried), result_types=types, regions=[Region(body)]
            )
            loop.yielded = self.add_op(op)
        loop.results = loop.yielded if loop.yielded is not None else tuple(carried)

    def for_each(
        self,
        lower: Index,
        upper: Index,
        step: Index,
        body: LoopBody,
        carried: Values = (),
    ) -> tuple[SSAValue, ...]:
        """`loop` with a function for the body; loops of no trip at all leave nothing."""
        first, last = self.number(lower), self.number(upper)
        if first is not None and last is not None and first >= last:
            return tuple(carried)
        with self.loop(lower, upper, step, carried) as loop:
            loop.yield_(*(body(loop.index, loop.carried) or ()))
        return loop.results

    def for_vectors(
        self,
        extent: Index,
        lanes: int,
        body: Callable[[Index, SSAValue | None, tuple[SSAValue, ...]], Values | None],
        carried: Values = (),
    ) -> tuple[SSAValue, ...]:
        """
        Steps of `lanes` over `extent` elements: full vectors, then at most one masked rest.

        `body(index, mask, carried)` is called for both; `mask` is None for full vectors.
        """
        full = self.round_down(extent, lanes)
        values = self.for_each(0, full, lanes, lambda i, c: body(i, None, c), carried)
        rest = self.sub(extent, full)
        if self.number(rest) == 0:
            return values
        if self.number(rest) is not None:
            mask = self.mask(rest, lanes)
            return tuple(body(full, mask, values) or ())
        return self.if_else(
            self.cmpi("sgt", rest, 0),
            lambda: body(full, self.mask(rest, lanes), values),
            lambda: values,
            [value.type for value in values],
        )

    @contextmanager
    def if_(self, condition: SSAValue) -> Generator[None]:
        """`if condition:` without results."""
        body = Block()
        with self.block(body):
            yield
            self.add_op(scf.YieldOp.create())
        self.add_op(scf.IfOp.create(operands=(condition,), regions=[Region(body), Region()]))

    def if_else(
        self,
        condition: SSAValue,
        then: Callable[[], Values | None],
        otherwise: Callable[[], Values | None],
        results: Sequence[Attribute] = (),
    ) -> tuple[SSAValue, ...]:
        """`scf.if` whose branches give the values of `results`."""
        regions: list[Region] = []
        for branch in (then, otherwise):
            block = Block()
            with self.block(block):
                values = branch() or ()
                self.add_op(scf.YieldOp.create(operands=tuple(values)))
            regions.append(Region(block))
        op = scf.IfOp.create(operands=(condition,), result_types=results, regions=regions)
        return self.add_op(op)

    def while_(
        self,
        initial: Values,
        condition: Callable[[tuple[SSAValue, ...]], SSAValue],
        body: Callable[[tuple[SSAValue, ...]], Values],
    ) -> tuple[SSAValue, ...]:
        """`while condition(values): values = body(values)`."""
        types = [value.type for value in initial]
        before, after = Block(arg_types=types), Block(arg_types=types)
        with self.block(before):
            holds = condition(tuple(before.args))
            self.add_op(scf.ConditionOp.create(operands=(holds, *before.args)))
        with self.block(after):
            self.add_op(scf.YieldOp.create(operands=tuple(body(tuple(after.args)))))
        op = scf.WhileOp.create(
            operands=tuple(initial), result_types=types, regions=[Region(before), Region(after)]
        )
        return self.add_op(op)

    @contextmanager
    def parallel(self, count: Index) -> Generator[SSAValue]:
        """`scf.parallel (%i) = (0) to (count) step (1)`: chunks that any thread may run."""
        body = Block(arg_types=(INDEX,))
        bounds = (self.index(0), self.index(count), self.index(1))
        with self.block(body):
            yield body.args[0]
            self.add_op(scf.ReduceOp.create())
        op = scf.ParallelOp.create(
            operands=bounds,
            regions=[Region(body)],
            properties={"operandSegmentSizes": DenseArrayBase.from_list(i32, (1, 1, 1, 0))},
        )
        self.add_op(op)
