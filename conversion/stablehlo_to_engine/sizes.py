"""What is known late of an operation: the sizes of its results, and sizes that it computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.engine.opaque import is_opaque
from ...dialects.framework import FrameworkOp, dims_of, element_of, tensor_type
from ...dialects.stablehlo import HloOp
from ...runtime.size import Size
from ..shape_arithmetic import Elements, as_dims, elements_of
from ..size_relations import Relations
from ..stablehlo_import.dim_rules import Sizes
from ..stablehlo_import.result_dims import rule_of
from ..stablehlo_import.size_elements import MOST, constant_elements, followed_elements


def late_types(op: FrameworkOp, store: WeightStore) -> Sequence[Attribute | None]:
    """The types of the results, as they were where nothing more is known."""
    before: list[Attribute | None] = [result.type for result in op.results]
    rule = rule_of(op) if isinstance(op, HloOp) else None
    if rule is None or not isinstance(op, HloOp):
        return before
    try:
        found = rule(Sizes(op, lambda v: _vector(v, store), lambda _: None, Relations()))
    except VerifyException:
        return before
    for at, dims in enumerate(found):
        element = element_of(op.results[at].type)
        if dims is not None and element is not None:
            before[at] = tensor_type(element, dims)
    return before


def _vector(value: SSAValue, store: WeightStore) -> tuple[int, ...] | None:
    constant = constant_of(value)
    if constant is None:
        return None
    array = store.array(constant)
    return tuple(int(n) for n in array.reshape(-1)) if array.ndim < 2 else None


def size_elements(
    op: FrameworkOp, store: WeightStore, sizes: Mapping[SSAValue, Elements]
) -> Elements | None:
    """
    The elements of the first result where all of them are numbers or sizes by name.

    `sizes` holds those of values of which some are by name. None where nothing by name goes in.
    """
    if not isinstance(op, HloOp) or op.regions:
        return None
    if op.name == "stablehlo.get_dimension_size":
        dims, axis = dims_of(op.operands[0].type), op.attribute("dimension")
        if dims is None or not isinstance(axis, int) or not isinstance(dims[axis], Size):
            return None
        return elements_of([dims[axis]], ())
    if not any(v in sizes for v in op.operands):
        return None

    def of(value: SSAValue) -> Elements | None:
        found = sizes.get(value)
        if found is not None:
            return found
        constant = constant_of(value)
        if constant is None or is_opaque(value):
            return constant_elements(value)
        array = store.array(constant)
        if array.dtype.kind not in "iub" or array.size > MOST:
            return None
        return elements_of([int(n) for n in array.reshape(-1)], array.shape)

    found = followed_elements(op, of, Relations())
    dims = None if found is None else as_dims(found.reshape(-1))
    return None if dims is None or None in dims else found
