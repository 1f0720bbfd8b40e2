"""Branches and the reference fallback: `if`, `reference`. Loops are in `loop.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import ArrayAttr, MemRefType, i1
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import name_of, same
from .base import SHAPED, DestinationEffects, YieldOp, element_of, extents_of
from .opaque import is_opaque
from .size_facts import BroadcastRelationAttr, RelationAttr


def fixed_around(op: Operation) -> dict[str, int]:
    """The names that are numbers where an operation is, as the branches around it say."""
    found: dict[str, int] = {}
    region, around = op.parent_region(), op.parent_op()
    while around is not None and region is not None:
        if isinstance(around, IfOp):
            found.update(around.fixes(region))
        region, around = around.parent_region(), around.parent_op()
    return found


THEN_RELATIONS, ELSE_RELATIONS = "then_relations", "else_relations"
"""Attributes of `engine.if`: what must hold of the sizes of a call that takes the region."""


def yielded_types(op: Operation, region: Region) -> list[Attribute]:
    """The types of what a region of `op` yields."""
    last = region.block.last_op
    if not isinstance(last, YieldOp):
        raise VerifyException(f"'{op.name}' region must end in engine.yield")
    return [v.type for v in last.values]


def check_types(op: Operation, what: str, found: list[Attribute], wanted: list[Attribute]) -> None:
    """
    Compare lists of types.

    Raises:
        VerifyException: saying what gives which types instead of which.
    """
    if found != wanted:
        raise VerifyException(
            f"'{op.name}' {what} gives ({', '.join(map(str, found))}),"
            f" expected ({', '.join(map(str, wanted))})"
        )


def is_one(value: SSAValue, element: Attribute) -> bool:
    """Whether a value is a single element of a type."""
    return extents_of(value) in ((), (1,)) and element_of(value) == element


@irdl_op_definition
class IfOp(IRDLOperation):
    """
    Run one of two regions. Regions may use values from outside.

    Once planned it has no results but `outs`: what a region yields lies there already.

    ```mlir
    %y = engine.if %c : tensor<i1> -> tensor<4xf32> {
      engine.yield %a : tensor<4xf32>
    } else {
      engine.yield %b : tensor<4xf32>
    }
    ```

    What a region needs of the sizes of a call is asked of those calls alone that take it. It stands
    in `then_relations` and `else_relations`, arrays like the `relations` of a function; where it
    does not hold, the program ends with an error before the region begins. A name that is a number
    there may be in the sizes of what the operation gives: `S + U * P` with `U` of 1 in one region
    and of 0 in the other is as large as what either yields.

    ```mlir
    %y = engine.if %c {then_relations = [#engine.relation<"N", "M", "/Add">]} : tensor<i1> -> tensor<?xf32, #engine.sizes<"N">> {
      %sum = engine.map ins(%a, %b : tensor<?xf32, #engine.sizes<"N">>, tensor<?xf32, #engine.sizes<"M">>) -> tensor<?xf32, #engine.sizes<"N">> {
      ^bb0(%p: f32, %q: f32):
        %s = arith.addf %p, %q : f32
        engine.yield %s : f32
      }
      engine.yield %sum : tensor<?xf32, #engine.sizes<"N">>
    } else {
      engine.yield %a : tensor<?xf32, #engine.sizes<"N">>
    }
    ```
    """

    name = "engine.if"
    condition = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def()
    then_region = region_def("single_block")
    else_region = region_def("single_block")
    traits = traits_def(RecursiveMemoryEffect())
    assembly_format = (
        "$condition (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict"
        " `:` type($condition) (`->` type($res)^)? $then_region `else` $else_region"
    )

    def __init__(
        self,
        condition: SSAValue,
        result_types: Sequence[Attribute],
        then_region: Region,
        else_region: Region,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        super().__init__(
            operands=[condition, outs],
            result_types=[result_types],
            regions=[then_region, else_region],
        )

    def needs(self, region: Region) -> tuple[RelationAttr | BroadcastRelationAttr, ...]:
        """What must hold of the sizes of a call that takes this region."""
        key = THEN_RELATIONS if region is self.then_region else ELSE_RELATIONS
        found = self.attributes.get(key)
        entries = found if isinstance(found, ArrayAttr) else ()
        return tuple(e for e in entries if isinstance(e, RelationAttr | BroadcastRelationAttr))

    def fixes(self, region: Region) -> dict[str, int]:
        """The names that are numbers in this region, as what it needs of sizes says."""
        found: dict[str, int] = {}
        for relation in self.needs(region):
            for one, other in (relation.sides, relation.sides[::-1]):
                name = name_of(one)
                if isinstance(relation, RelationAttr) and name and isinstance(other, int):
                    found[name] = other
        return found

    def is_possible(self, region: Region) -> bool:
        """Whether a region can run: by numbers in place of names, what it needs may be false."""
        return not any(
            isinstance(relation, RelationAttr) and same(*relation.sides) is False
            for relation in self.needs(region)
        )

    def verify_(self) -> None:
        if not is_one(self.condition, i1):
            raise VerifyException(f"'{self.name}' condition must be one i1")
        if self.outs and self.res:
            raise VerifyException(f"'{self.name}': an op with outs has no results")
        wanted = [v.type for v in self.outs or self.res]
        for what, region in (("then", self.then_region), ("else", self.else_region)):
            yielded = yielded_types(self, region)
            if not self.is_possible(region):
                continue
            if fixed := self.fixes(region):
                # It knows the types of frameworks too, whose package imports this one.
                from .bound_sizes import BoundSizes

                bound = BoundSizes(fixed)
                check_types(self, what, [*map(bound, yielded)], [*map(bound, wanted)])
            else:
                check_types(self, what, yielded, wanted)


@irdl_op_definition
class ReferenceOp(IRDLOperation):
    """
    An operation that runs by its reference semantics because no native kernel exists.

    The region holds the operation (of the framework's dialect, or of `engine`) on row-major
    tensors. Reference operations are counted in every report.

    It alone takes and gives *opaque* values: tensors whose sizes only the data decides, strings,
    sequences, optionals, maps. They have no buffer, and stay operands and results also once the
    operation is planned: of the yielded values, those with a buffer are then written to `outs`,
    and the others are the results, both in the order of the yield.

    ```mlir
    %y = engine.reference(%x) : (tensor<3xf32>) -> tensor<3xf32> {
    ^bb0(%a: tensor<3xf32>):
      %0 = engine.softmax %a {axis = 0 : i64} : tensor<3xf32> -> tensor<3xf32>
      engine.yield %0 : tensor<3xf32>
    }
    ```
    """

    name = "engine.reference"
    READS_ROW_MAJOR: ClassVar[bool] = True
    inputs = var_operand_def()
    outs = var_operand_def(MemRefType)
    res = var_result_def()
    body = region_def("single_block")
    traits = traits_def(DestinationEffects())
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    assembly_format = (
        "`(` $inputs `)` (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict"
        " `:` `(` type($inputs) `)` (`->` type($res)^)? $body"
    )

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        result_types: Sequence[Attribute],
        body: Region,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        super().__init__(
            operands=[inputs, outs],
            result_types=[
                [t for t in result_types if is_opaque(t)] if outs else result_types,
            ],
            regions=[body],
        )

    @property
    def destinations(self) -> Sequence[SSAValue]:
        return self.outs

    @property
    def targets(self) -> list[SSAValue]:
        """Where each yielded value goes: a result, or one of `outs`."""
        if not self.outs:
            return list(self.res)
        outs, results = iter(self.outs), iter(self.res)
        yielded = yielded_types(self, self.body)
        return [next(results) if is_opaque(type_) else next(outs) for type_ in yielded]

    def verify_(self) -> None:
        if len(self.body.block.args) != len(self.inputs):
            raise VerifyException(
                f"'{self.name}' region takes {len(self.body.block.args)} values,"
                f" the op has {len(self.inputs)} inputs"
            )
        self._verify_isolated()
        yielded = yielded_types(self, self.body)
        count = len(self.outs) + len(self.res)
        if len(yielded) != count:
            raise VerifyException(
                f"'{self.name}' region yields {len(yielded)} values, the op has {count}"
            )
        objects = [is_opaque(type_) for type_ in yielded]
        if self.outs and sum(objects) != len(self.res):
            raise VerifyException(
                f"'{self.name}' region yields {sum(objects)} values without a buffer,"
                f" the op has {len(self.res)} results"
            )
        if not self.outs and objects != [is_opaque(r) for r in self.res]:
            raise VerifyException(
                f"'{self.name}' region yields ({', '.join(map(str, yielded))}),"
                f" the op gives ({', '.join(str(r.type) for r in self.res)})"
            )

    def _verify_isolated(self) -> None:
        """The region stands alone at run time."""
        inside: set[SSAValue] = set(self.body.block.args)
        for op in self.body.walk():
            inside.update(op.results)
            for region in op.regions:
                inside.update(argument for block in region.blocks for argument in block.args)
        if any(operand not in inside for op in self.body.walk() for operand in op.operands):
            raise VerifyException(f"'{self.name}' region uses a value from outside of it")
