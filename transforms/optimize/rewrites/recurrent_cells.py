"""
Recurrent cells one after another, as models have them that write their steps out.

A cell is a product of the state before, maps over parts of its columns, and what comes in from
outside. Nothing here knows an LSTM or a GRU: of steps that are alike, part by part, the maps are
the cell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue

from ....dialects.engine import (
    ConcatOp,
    ConstantOp,
    MapOp,
    MatmulOp,
    RecurrenceOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
    YieldOp,
)
from ....dialects.engine.base import element_of, extents_of, scalar_type, sized
from ....dialects.engine.constant import constant_of
from ....runtime.size import Extent, is_one
from ..rewriting.common_subexpressions import region_key
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import clone_with

MOST_MAPS = 16
"""Of a cell: an LSTM has two, where everything has been fused."""

MOST_LOOKED_AT = 64
"""Operations behind a state that are looked at before a product of the state before is found."""


@dataclass
class _Step:
    """One step: its product, its maps in order, and where each of their operands comes from."""

    product: MatmulOp
    maps: list[MapOp] = field(default_factory=list[MapOp])
    leaves: list[SSAValue] = field(default_factory=list[SSAValue])
    """Values from outside of the step, those of the product's epilogue first."""
    shape: list[Hashable] = field(default_factory=list[Hashable])
    """What two steps that are alike have in common: code, and what the operands of it are."""

    @property
    def last(self) -> int:
        """The number of what gives the first state: of the last map, or of the product, -1."""
        return len(self.maps) - 1

    def value(self, number: int) -> SSAValue:
        """What a map gives, or the product, whose number is -1."""
        return self.product.results[0] if number == -1 else self.maps[number].results[0]


@rewrite(
    MatmulOp,
    exactness="rounding",
    group="recognise",
    source="OpenVINO SequenceFusion",
    rows=("OpenVINO/SequenceFusion",),
)
def recurrence_of_cells(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    h[t] = cell(h[t-1] @ r, x[t], c[t-1]), t = 1..n => recurrence(x, r, h[0], c[0])  if r is a
    constant, n is two or more, the steps are alike, and nothing reads a state before the last one
    is there, nor anything else of a step.
    """
    m.require(constant_of(op.rhs) is not None, "the right side is a constant")
    rank_two = len(extents_of(op.rhs)) == len(extents_of(op.lhs)) == 2
    m.require(rank_two and op.trans_lhs is None and op.accumulator is None, "a plain product")
    m.require(element_of(op.lhs) == f32 == element_of(op.results[0]), "of numbers of 32 bits")
    batch, hidden = extents_of(op.lhs)
    columns = extents_of(op.results[0])[1]
    known = isinstance(hidden, int) and isinstance(columns, int) and sized((batch,))
    m.require(known and columns % max(hidden, 1) == 0, "its columns are several of its depth")
    assert isinstance(hidden, int)
    assert isinstance(columns, int)
    products = _products(op)
    m.require(len(products) > 1, "several products have the right side")
    chain = _chain(products, op)
    m.require(len(chain) > 1, "it is of the state that another one gives")
    later = any(_product_behind(p.lhs, set(products)) is op for p in products if p is not op)
    m.require(not later, "it is the last one")
    key = _epilogue_key(op)
    m.require(all(_epilogue_key(p) == key for p in chain), "the steps are alike")
    steps = _steps(chain, hidden)
    m.require(len(steps) > 1, "the steps are alike")
    roles = _Roles.of(steps, columns // hidden, m)
    reads = _reads_of_states(steps, roles, m)
    for value in reads.values:
        m.may_move(value)
    ys, finals = _build(steps, roles, m, reads.point)
    for value, (t, number) in reads.values.items():
        final = finals[number] if t == len(steps) - 1 else None
        row = _state_at(ys, t, value, m, reads.point) if number == 0 else None
        _redirect(value, final, row, reads, m)
    return op.results


def _products(op: MatmulOp) -> list[MatmulOp]:
    """The products of the same block with the right side of `op`, of left sides as large."""
    return [
        user
        for use in op.rhs.uses
        if isinstance(user := use.operation, MatmulOp)
        and use.index == 1
        and user.parent is op.parent
        and user.trans_rhs == op.trans_rhs
        and user.trans_lhs is None
        and user.results[0].type == op.results[0].type
    ]


def _epilogue_key(op: MatmulOp) -> Hashable:
    return None if op.epilogue is None else region_key(op.epilogue)


def _chain(products: Sequence[MatmulOp], last: MatmulOp) -> list[MatmulOp]:
    """Those of the products that `last` is computed from, each of the state of the one before."""
    family = set(products)
    chain, seen = [last], {last}
    while (before := _product_behind(chain[-1].lhs, family)) is not None and before not in seen:
        chain.append(before)
        seen.add(before)
    return chain[::-1]


def _product_behind(value: SSAValue, family: set[MatmulOp]) -> MatmulOp | None:
    """The nearest of some products behind a value, through maps and slices."""
    ahead, seen = [value], {value}
    for value in ahead:
        if not isinstance(value, OpResult):
            continue
        if isinstance(value.op, MatmulOp) and value.op in family:
            return value.op
        if isinstance(value.op, MapOp | SliceOp) and len(ahead) < MOST_LOOKED_AT:
            for operand in value.op.operands:
                if operand not in seen:
                    seen.add(operand)
                    ahead.append(operand)
    return None


def _steps(chain: Sequence[MatmulOp], hidden: int) -> list[_Step]:
    """
    The steps of the chain that are alike; without the first where that one is another, as when it
    begins with a state of zeros. None where another one differs.
    """
    owned: set[SSAValue] = set()
    steps: list[_Step] = []
    for product, following in pairwise(chain):
        step = _step_to(product, following.lhs, hidden, owned)
        if step is None:
            return []
        steps.append(step)
        owned.update(step.value(number) for number in range(-1, len(step.maps)))
    last = _step_like(steps[-1], chain[-1], hidden)
    if last is None:
        return []
    steps.append(last)
    if len(steps) > 2 and steps[0].shape != steps[1].shape:
        steps = steps[1:]
    return steps if all(step.shape == steps[0].shape for step in steps) else []


def _step_to(product: MatmulOp, state: SSAValue, hidden: int, owned: set[SSAValue]) -> _Step | None:
    """The step whose product and state these are; values of steps before are `owned`."""
    if state is product.results[0]:
        return _described(product, [], hidden)
    order: list[MapOp] = []
    inside: dict[SSAValue, bool] = {}
    ahead = [state]
    looked_at = 0
    while ahead:
        value = ahead[-1]
        if value in inside:
            ahead.pop()
            continue
        map_ = None if value in owned else producer_of(value, MapOp)
        if map_ is None or looked_at >= MOST_LOOKED_AT:
            inside[value] = _gate(value, product, hidden) is not None
            continue
        waiting = [v for v in map_.inputs if v not in inside]
        if waiting:
            looked_at += 1
            ahead.extend(waiting)
            continue
        inside[value] = any(inside[v] for v in map_.inputs)
        if inside[value]:
            order.append(map_)
    if not inside[state] or len(order) > MOST_MAPS or order[-1:] != [state.owner]:
        return None
    return _described(product, order, hidden)


def _step_like(step: _Step, product: MatmulOp, hidden: int) -> _Step | None:
    """The step of another product with maps as those of `step`, found from what reads them."""
    found: list[MapOp] = []
    for map_ in step.maps:
        key, match = region_key(map_.body), None
        for number, operand in enumerate(map_.inputs):
            gate = _gate(operand, step.product, hidden)
            inner = producer_of(operand, MapOp)
            sources: Sequence[SSAValue] = ()
            if gate is not None:
                sources = [v for v in _slices_of(product) if _gate(v, product, hidden) == gate]
            elif inner is not None and inner in step.maps:
                sources = found[step.maps.index(inner)].results
            users = {use.operation for v in sources for use in v.uses if use.index == number}
            alike = [u for u in users if isinstance(u, MapOp) and region_key(u.body) == key]
            if len(alike) == 1:
                match = alike[0]
                break
        if match is None or match in found:
            return None
        found.append(match)
    return _described(product, found, hidden)


def _slices_of(product: MatmulOp) -> list[SSAValue]:
    result = product.results[0]
    parts = [use.operation for use in result.uses if isinstance(use.operation, SliceOp)]
    return [result, *(part.results[0] for part in parts)]


def _gate(value: SSAValue, product: MatmulOp, hidden: int) -> int | None:
    """Which of the gates of a product a value is: all rows, and as many columns as states."""
    result = product.results[0]
    if value is result:
        return 0 if extents_of(result)[1] == hidden else None
    part = producer_of(value, SliceOp)
    if part is None or part.input is not result:
        return None
    return _column(part, hidden)


def _column(part: SliceOp, hidden: int) -> int | None:
    """Which columns of a matrix are taken, in units of `hidden`."""
    rows, columns = part.extent_ranges()
    if rows != (0, extents_of(part.input)[0], 1) or columns[1:] != (hidden, 1):
        return None
    start = columns[0]
    return start // hidden if isinstance(start, int) and start % hidden == 0 else None


def _described(product: MatmulOp, maps: Sequence[MapOp], hidden: int) -> _Step | None:
    """A step with what its operands are."""
    step = _Step(product, list(maps), list(product.epilogue_operands))
    made: dict[SSAValue, int] = {map_.results[0]: at for at, map_ in enumerate(maps)}
    state = product.lhs.type
    for map_ in maps:
        if map_.results[0].type != state:
            return None
        operands: list[Hashable] = []
        for value in map_.inputs:
            gate = _gate(value, product, hidden)
            if gate is not None:
                operands.append(("gate", gate))
            elif value in made:
                operands.append(("map", made[value]))
            else:
                if value not in step.leaves[len(product.epilogue_operands) :]:
                    step.leaves.append(value)
                at = step.leaves.index(value, len(product.epilogue_operands))
                operands.append(("leaf", at))
        step.shape.append((region_key(map_.body), tuple(operands)))
    return step


@dataclass
class _Roles:
    """What the values from outside are to all steps, by their number among the leaves."""

    gates: int
    states: dict[int, int] = field(default_factory=dict[int, int])
    """The map whose result of the step before it is; the last one's is the first state."""
    extras: list[int] = field(default_factory=list[int])
    inputs: dict[int, int] = field(default_factory=dict[int, int])
    """The gate in whose place each value is that comes in from outside in each step."""
    columns: bool = False
    """Whether these are the columns of one value, in any order."""
    whole: bool = False
    """Whether the only input is that of all gates, an operand of the product's epilogue."""

    @staticmethod
    def of(steps: Sequence[_Step], gates: int, m: Match) -> _Roles:
        found = _Roles(gates)
        first = steps[0]
        last = first.last
        epilogue = len(first.product.epilogue_operands)
        state = first.product.lhs.type
        for at, value in enumerate(first.leaves):
            values = [step.leaves[at] for step in steps]
            before = _map_before(steps, at)
            if all(v is value for v in values):
                wide = extents_of(first.product.results[0])[1:]
                fits = (wide, (1, *wide)) if at < epilogue else None
                m.require(
                    extents_of(value) in fits if fits else _broadcasts(value, state),
                    "what all steps read is a row, or a state",
                )
                found.extras.append(at)
            elif all(v is s.product.lhs for v, s in zip(values, steps, strict=True)):
                found.states[at] = last
            elif before is not None:
                m.require(value.type == state, "a state is as large as the first one")
                found.states[at] = before
            else:
                wanted = first.product.results[0].type if at < epilogue else state
                same = all(v.type == wanted for v in values)
                m.require(same, "what comes in is as large as the gates")
                found.inputs[at] = len(found.inputs)
        inner = [at for at in found.inputs if at >= epilogue]
        found.whole = len(inner) < len(found.inputs)
        m.require(found.inputs, "something comes in")
        fits = len(found.inputs) == 1 if found.whole else len(inner) <= gates
        m.require(fits, "no more comes in than there are gates")
        if not found.whole:
            columns = [_columns_of_one(step, inner, gates) for step in steps]
            if columns[0] is not None and all(order == columns[0] for order in columns):
                found.inputs = dict(zip(inner, columns[0], strict=True))
                found.columns = True
        return found

    def carried(self, step: _Step) -> list[int]:
        """The numbers of what gives the states, the first one's first."""
        return list(dict.fromkeys((step.last, *self.states.values())))


def _columns_of_one(step: _Step, inputs: Sequence[int], gates: int) -> list[int] | None:
    """Which columns of one value, as large as the gates, the inputs of a step are."""
    hidden = extents_of(step.product.lhs)[1]
    parts = [producer_of(step.leaves[at], SliceOp) for at in inputs]
    first = parts[0]
    if first is None or first.input.type != step.product.results[0].type or len(parts) > gates:
        return None
    found: list[int] = []
    for part in parts:
        column = None
        if part is not None and part.input is first.input and isinstance(hidden, int):
            column = _column(part, hidden)
        if column is None or column in found:
            return None
        found.append(column)
    return found


def _map_before(steps: Sequence[_Step], at: int) -> int | None:
    """The map of which a leaf is the result, in the step before each but the first."""
    for number in range(-1, len(steps[0].maps)):
        if all(s.value(number) is t.leaves[at] for s, t in pairwise(steps)):
            return number
    return None


def _broadcasts(value: SSAValue, state: object) -> bool:
    """Whether each row of a state reads the same of a value, or each row its own."""
    shape = extents_of(value)
    return value.type == state or all(map(is_one, shape[:-1]))


@dataclass
class _Reads:
    """What reads states from outside of the steps, and where a recurrence has to stand for it."""

    point: Operation
    """The operation in front of which new ones come."""
    values: dict[SSAValue, tuple[int, int]]
    """The states that are read: of which step, and which of the carried ones."""
    views: dict[SSAValue, list[ReshapeOp]]
    """Views of a state that stand before the last step, and what reads them does not."""
    inside: set[Operation]


def _reads_of_states(steps: Sequence[_Step], roles: _Roles, m: Match) -> _Reads:
    block = steps[0].product.parent
    assert block is not None
    order = {op: at for at, op in enumerate(block.ops)}
    carried = roles.carried(steps[0])
    inside: set[Operation] = {step.product for step in steps}
    inside.update(map_ for step in steps for map_ in step.maps)
    for step in steps:
        inside.update(
            use.operation
            for use in step.product.results[0].uses
            if isinstance(use.operation, SliceOp)
        )
    end = max(order[op] for op in inside)
    point = next(op for op, at in order.items() if at > end)
    reads = _Reads(point, {}, {}, inside)
    for t, step in enumerate(steps):
        parts = _slices_of(step.product)[1:]
        others = [step.value(n) for n in range(-1, len(step.maps)) if n not in carried]
        for value in (*parts, *others):
            read = all(use.operation in inside for use in value.uses)
            m.require(read, "nothing else reads a part of a step")
        for number, at in enumerate(carried):
            value = step.value(at)
            for user in {use.operation for use in value.uses} - inside:
                reads.values[value] = t, number
                if _position(user, block, order) > end:
                    continue
                view = isinstance(user, ReshapeOp) and all(
                    _position(use.operation, block, order) > end for use in user.results[0].uses
                )
                m.require(view, "nothing reads a state before the last step")
                assert isinstance(user, ReshapeOp)
                reads.views.setdefault(value, []).append(user)
    m.require(reads.values, "something reads a state")
    early = [n for t, n in reads.values.values() if n and t < len(steps) - 1]
    m.require(not early, "of states but the first only the last is read")
    return reads


def _position(op: Operation, block: Block, order: dict[Operation, int]) -> int:
    """Where an operation, or what it is in, stands in a block."""
    at: Operation | None = op
    while at is not None and at.parent is not block:
        at = at.parent_op()
    return -1 if at is None else order[at]


def _build(
    steps: Sequence[_Step], roles: _Roles, m: Match, point: Operation
) -> tuple[SSAValue, Sequence[SSAValue]]:
    """The recurrence: the first state of all steps, and the last ones."""
    first = steps[0]
    for step in steps:
        for op in (step.product, *step.maps):
            m.consumed(op)
    weight = first.product.rhs
    if first.product.trans_rhs is not None:
        weight = _put(TransposeOp(weight, [1, 0]), m, point)
    carried = roles.carried(first)
    initial = [first.product.lhs]
    for number in carried[1:]:
        leaf = next(at for at, map_ in roles.states.items() if map_ == number)
        initial.append(first.leaves[leaf])
    cell = _Cell(first, roles, carried, m, point)
    region = cell.region()
    gates = _gates(steps, roles, m, point)
    op = RecurrenceOp(gates, weight, initial, region, extras=cell.extras)
    ys, *finals = m.insert(op, before=point).results
    return ys, finals


@dataclass
class _Cell:
    """The region of the recurrence."""

    step: _Step
    roles: _Roles
    carried: list[int]
    m: Match
    point: Operation
    extras: list[SSAValue] = field(default_factory=list[SSAValue])

    def region(self) -> Region:
        step, roles, gates = self.step, self.roles, self.roles.gates
        scalar = scalar_type(element_of(step.product.lhs))
        block = Block(arg_types=[scalar] * (2 * gates + len(self.carried)))
        inputs, recurrent = block.args[:gates], block.args[gates : 2 * gates]
        states = dict(zip(self.carried, block.args[2 * gates :], strict=True))
        self.block, self.scalar = block, scalar
        shared: dict[int, SSAValue] = {}
        epilogue = len(step.product.epilogue_operands)
        gate_values: dict[int, SSAValue] = {}

        def leaf(at: int) -> SSAValue:
            if at in roles.states:
                return states[roles.states[at]]
            if at in roles.extras:
                if at not in shared:
                    shared[at] = self._extra(step.leaves[at])
                return shared[at]
            return inputs[roles.inputs[at]]

        def gate(number: int) -> SSAValue:
            if number not in gate_values:
                operands: list[SSAValue] = [recurrent[number]]
                for at in range(epilogue):
                    if at in roles.inputs:
                        operands.append(inputs[number])
                    elif at in roles.states:  # the state itself, where there is one gate
                        operands.append(leaf(at))
                    else:
                        operands.append(self._extra(self._columns(step.leaves[at], number)))
                code = step.product.epilogue
                inlined = recurrent[number] if code is None else self._inlined(code, operands)
                gate_values[number] = inlined
            return gate_values[number]

        made: list[SSAValue] = []
        for map_, (_, operands) in zip(step.maps, self._descriptions(), strict=True):
            values = [
                gate(at) if kind == "gate" else made[at] if kind == "map" else leaf(at)
                for kind, at in operands
            ]
            made.append(self._inlined(map_.body, values))
        results = (gate(0) if number == -1 else made[number] for number in self.carried)
        block.add_op(YieldOp(*results))
        return Region(block)

    def _descriptions(self) -> Iterator[tuple[Hashable, tuple[tuple[str, int], ...]]]:
        for entry in self.step.shape:
            assert isinstance(entry, tuple)
            yield entry

    def _inlined(self, code: Region, operands: Sequence[SSAValue]) -> SSAValue:
        values: dict[SSAValue, SSAValue] = dict(zip(code.block.args, operands, strict=True))
        for op in code.block.ops:
            if isinstance(op, YieldOp):
                [result] = op.values
                return values.get(result, result)
            clone = clone_with(op, values)
            self.block.add_op(clone)
            values.update(zip(op.results, clone.results, strict=True))
        raise AssertionError("a region ends in a yield")

    def _extra(self, value: SSAValue) -> SSAValue:
        self.extras.append(value)
        return self.block.insert_arg(self.scalar, len(self.block.args))

    def _columns(self, value: SSAValue, number: int) -> SSAValue:
        """The part of a row that belongs to a gate."""
        shape, gates = extents_of(value), self.roles.gates
        if gates == 1:
            return value
        hidden = extents_of(self.step.product.lhs)[1]
        starts = [0] * (len(shape) - 1) + [number * hidden]
        part = SliceOp(value, starts, [*shape[:-1], hidden], [1] * len(shape))
        return _put(part, self.m, self.point)


def _gates(steps: Sequence[_Step], roles: _Roles, m: Match, point: Operation) -> SSAValue:
    """What comes in of all steps, `[T, B, G * H]`."""
    rows = [_gates_of(step, roles, m, point) for step in steps]
    products = [producer_of(row, MatmulOp) for row in rows]
    first = products[0]
    if first is not None and all(p is not None and _same_weights(p, first) for p in products):
        lefts = [p.lhs for p in products if p is not None]
        for product in products:
            assert product is not None
            m.consumed(product)
        code = None if first.epilogue is None else first.epilogue.clone()
        op = MatmulOp(
            _stacked(lefts, m, point),
            first.rhs,
            trans_rhs=first.trans_rhs is not None,
            epilogue_operands=list(first.epilogue_operands),
            epilogue=code,
        )
        return _put(op, m, point)
    return _stacked(rows, m, point)


def _gates_of(step: _Step, roles: _Roles, m: Match, point: Operation) -> SSAValue:
    """What comes in of one step, `[B, G * H]`."""
    values = [step.leaves[at] for at in roles.inputs]
    if roles.whole:
        return values[0]
    if roles.columns and (part := producer_of(values[0], SliceOp)) is not None:
        return part.input
    if len(values) == roles.gates == 1:
        return values[0]
    spare = [values[0]] * (roles.gates - len(values))
    return _put(ConcatOp([*values, *spare], 1), m, point)


def _same_weights(one: MatmulOp, other: MatmulOp) -> bool:
    """Whether two products differ in their left side alone, and add rows at most."""
    rows = all(prod(extents_of(v)[:-1], start=1) == 1 for v in one.epilogue_operands
               if sized(extents_of(v)))  # fmt: skip
    return (
        rows
        and one.rhs is other.rhs
        and one.trans_rhs == other.trans_rhs
        and one.trans_lhs is None
        and other.trans_lhs is None
        and one.lhs.type == other.lhs.type
        and len(extents_of(one.lhs)) == 2
        and len(extents_of(one.rhs)) == 2
        and all(isinstance(v.owner, ConstantOp) for v in one.epilogue_operands)
        and tuple(one.epilogue_operands) == tuple(other.epilogue_operands)
        and _epilogue_key(one) == _epilogue_key(other)
    )


def _stacked(values: Sequence[SSAValue], m: Match, point: Operation) -> SSAValue:
    rows = [_put(ReshapeOp(v, (1, *extents_of(v))), m, point) for v in values]
    return _put(ConcatOp(rows, 0), m, point)


def _state_at(ys: SSAValue, t: int, value: SSAValue, m: Match, point: Operation) -> SSAValue:
    """The state of a step, of those of all."""
    shape = extents_of(value)
    row = _put(SliceOp(ys, [t, 0, 0], [1, *shape], [1, 1, 1]), m, point)
    return _put(ReshapeOp(row, shape), m, point)


def _redirect(
    value: SSAValue, final: SSAValue | None, row: SSAValue | None, reads: _Reads, m: Match
) -> None:
    """
    Have what reads a state from outside read what has become of it: the `row` of all states, which
    what joins them again reads, or the `final` one.
    """
    views = reads.views.get(value, [])
    for use in list(value.uses):
        if use.operation not in reads.inside and use.operation not in views:
            joined = isinstance(use.operation, ReshapeOp)
            new = row if final is None or (joined and row is not None) else final
            assert new is not None
            m.redirect(use.operation, use.index, new)
    for view in views:
        new = final if row is None else row
        assert new is not None
        shape: tuple[Extent, ...] = extents_of(view.results[0])
        copy = _put(ReshapeOp(new, shape), m, reads.point)
        for use in list(view.results[0].uses):
            m.redirect(use.operation, use.index, copy)


def _put(op: Operation, m: Match, point: Operation) -> SSAValue:
    return m.insert(op, before=point).results[0]


RULES = (recurrence_of_cells,)
