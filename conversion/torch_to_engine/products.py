"""
Matrix products and attention.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from xdsl.dialects.builtin import i1, i32
from xdsl.ir import SSAValue

from ...dialects.engine import AttentionOp
from ...dialects.engine.attention import fits_attention
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary import activations as words
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.dense import dense, matmul
from ..to_engine.vocabulary.einsum import einsum
from ..to_engine.vocabulary.reduce import reduce
from .arguments import dim, flag, number, require_unused, result_element, tensors
from .norms import norm
from .overloads import named


def product(lo: Lowering, a: SSAValue, b: SSAValue) -> SSAValue:
    """numpy's matmul; two vectors give a number."""
    if rank_of(a) == 1 and rank_of(b) == 1:
        return lo.reshape(matmul(lo, lo.reshape(a, (1, *extents_of(a))), b), ())
    return matmul(lo, a, b)


def _matmul(first: str, second: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        element = result_element(lo)
        a, b = (cast(lo, lo.operand(name), element) for name in (first, second))
        return product(lo, a, b)

    return convert


def rows_of(lo: Lowering, x: SSAValue) -> SSAValue:
    """All leading dimensions as one."""
    shape = extents_of(x)
    return lo.reshape(x, (product_of(shape[:-1]), shape[-1]))


def _linear(lo: Lowering) -> SSAValue:
    """`x . weight' + bias`"""
    x, weight, bias = lo.operand("input"), lo.operand("weight"), lo.optional("bias")
    if rank_of(weight) == 1:
        found = product(lo, x, weight)
        n = Numbers(element_of(found))
        return found if bias is None else lo.map([found, bias], n.add)
    found = dense(lo, rows_of(lo, x), weight, bias, trans_rhs=True)
    return lo.reshape(found, (*extents_of(x)[:-1], extents_of(weight)[0]))


def _addmm_of(lo: Lowering, first: str, second: str) -> SSAValue:
    a, b, bias = (lo.operand(name) for name in (first, second, "self"))
    beta, alpha = number(lo, "beta"), number(lo, "alpha")
    return added_product(lo, bias, a, b, float(beta), float(alpha))


def _addmm(first: str, second: str) -> Conversion:
    """`beta * self + alpha * a . b`"""
    return lambda lo: _addmm_of(lo, first, second)


def added_product(
    lo: Lowering, bias: SSAValue, a: SSAValue, b: SSAValue, beta: float, alpha: float
) -> SSAValue:
    """`beta * bias + alpha * a . b`, the bias in the epilogue where both are matrices."""
    n = Numbers(element_of(a))
    if rank_of(a) == 2 and rank_of(b) == 2 and n.floating:
        return dense(lo, a, b, bias, alpha=alpha, beta=beta)
    found = product(lo, a, b)
    if not n.floating and (alpha != int(alpha) or beta != int(beta)):
        raise NoNativeForm("of integers by factors that are none")
    if alpha != 1:
        found = lo.map([found], lambda x: n.mul(x, n.number(alpha)))
    if beta == 0:
        return found

    def build(x: SSAValue, c: SSAValue) -> SSAValue:
        return n.add(x, c if beta == 1 else n.mul(c, n.number(beta)))

    return lo.map([found, bias], build)


def _addmm_activation(lo: Lowering) -> SSAValue:
    found = _addmm_of(lo, "mat1", "mat2")
    n = Numbers(element_of(found))
    if flag(lo, "use_gelu"):
        return lo.map([found], lambda x: words.gelu(n, x))
    return lo.map([found], lambda x: words.relu(n, x))


def _addbmm(lo: Lowering) -> SSAValue:
    n = Numbers(result_element(lo))
    beta, alpha = float(number(lo, "beta")), float(number(lo, "alpha"))
    products = matmul(lo, lo.operand("batch1"), lo.operand("batch2"))
    found = reduce(lo, "sum", products, [0], keep=False)

    def build(x: SSAValue, c: SSAValue) -> SSAValue:
        return n.add(n.mul(x, n.number(alpha)), n.mul(c, n.number(beta)))

    return lo.map([found, lo.operand("self")], build)


def _outer_of(lo: Lowering, a: SSAValue, b: SSAValue) -> SSAValue:
    n = Numbers(result_element(lo))
    a, b = (cast(lo, v, n.element) for v in (a, b))
    return lo.map([lo.reshape(a, (*extents_of(a), 1)), b], n.mul)


def _outer(lo: Lowering) -> SSAValue:
    return _outer_of(lo, lo.operand("self"), lo.operand("vec2"))


def _addr(lo: Lowering) -> SSAValue:
    n = Numbers(result_element(lo))
    beta, alpha = float(number(lo, "beta")), float(number(lo, "alpha"))
    outer = _outer_of(lo, lo.operand("vec1"), lo.operand("vec2"))

    def build(x: SSAValue, c: SSAValue) -> SSAValue:
        return n.add(n.mul(x, n.number(alpha)), n.mul(c, n.number(beta)))

    return lo.map([outer, lo.operand("self")], build)


def _inner(lo: Lowering) -> SSAValue:
    a, b = lo.operand("self"), lo.operand("other")
    if rank_of(a) == 0 or rank_of(b) == 0:
        raise NoNativeForm("of scalars")
    found = dense(lo, rows_of(lo, a), rows_of(lo, b), trans_rhs=True)
    return lo.reshape(found, (*extents_of(a)[:-1], *extents_of(b)[:-1]))


def _vecdot(lo: Lowering) -> SSAValue:
    n = Numbers(result_element(lo))
    products = lo.map([lo.operand("x"), lo.operand("y")], n.mul)
    axis = dim(lo.integer("dim", -1), rank_of(products))
    return reduce(lo, "sum", products, [axis], keep=False)


def _chain(name: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        first, *rest = tensors(lo, name)
        for v in rest:
            first = product(lo, first, v)
        return first

    return convert


def _matrix_power(lo: Lowering) -> SSAValue:
    x, count = lo.operand("self"), lo.integer("n")
    if count < 1:
        raise NoNativeForm(f"to the power {count}")
    found = x
    for _ in range(count - 1):
        found = matmul(lo, found, x)
    return found


def _int_mm(lo: Lowering) -> SSAValue:
    return matmul(lo, cast(lo, lo.operand("self"), i32), cast(lo, lo.operand("mat2"), i32))


def _bilinear(lo: Lowering) -> SSAValue:
    """`sum_ij a_i w_oij b_j + bias_o`"""
    a, b, weight = (lo.operand(name) for name in ("input1", "input2", "weight"))
    found = einsum(lo, "...i,oij,...j->...o", [a, weight, b])
    bias, n = lo.optional("bias"), Numbers(element_of(found))
    return found if bias is None else lo.map([found, bias], n.add)


def _einsum(lo: Lowering) -> SSAValue:
    return einsum(lo, lo.text("equation"), tensors(lo, "tensors"))


def _tensordot(lo: Lowering) -> SSAValue:
    a, b = lo.operand("self"), lo.operand("other")
    left, right = lo.integers("dims_self") or [], lo.integers("dims_other") or []
    left, right = [dim(d, rank_of(a)) for d in left], [dim(d, rank_of(b)) for d in right]
    rows = [d for d in range(rank_of(a)) if d not in left]
    columns = [d for d in range(rank_of(b)) if d not in right]
    shapes = extents_of(a), extents_of(b)
    inner = product_of([shapes[0][d] for d in left])
    first = lo.reshape(
        lo.transpose(a, [*rows, *left]), (product_of([shapes[0][d] for d in rows]), inner)
    )
    second = lo.reshape(
        lo.transpose(b, [*right, *columns]), (inner, product_of([shapes[1][d] for d in columns]))
    )
    target = [*(shapes[0][d] for d in rows), *(shapes[1][d] for d in columns)]
    return lo.reshape(matmul(lo, first, second), target)


def _kron(lo: Lowering) -> SSAValue:
    """Every element of the first by the whole of the second."""
    a, b = lo.operand("self"), lo.operand("other")
    rank, n = max(rank_of(a), rank_of(b)), Numbers(result_element(lo))
    shapes = [(*[1] * (rank - rank_of(v)), *extents_of(v)) for v in (a, b)]
    first = lo.reshape(a, [part for size in shapes[0] for part in (size, 1)])
    second = lo.reshape(b, [part for size in shapes[1] for part in (1, size)])
    whole = lo.map([first, second], n.mul)
    return lo.reshape(whole, [x * y for x, y in zip(*shapes, strict=True)])


def _cross(lo: Lowering) -> SSAValue:
    """Along a dimension of extent 3."""
    n = Numbers(result_element(lo))
    a, b = (cast(lo, lo.operand(name), n.element) for name in ("self", "other"))
    shape = lo.broadcast_extents(extents_of(a), extents_of(b))
    a, b = lo.broadcast(a, shape), lo.broadcast(b, shape)
    if lo.op.attribute("dim") is None:
        axis = next(d for d, size in enumerate(shape) if size == 3)
    else:
        axis = dim(lo.integer("dim"), len(shape))
    parts = [[lo.slice_axis(v, axis, at, 1) for at in range(3)] for v in (a, b)]
    rows: list[SSAValue] = []
    for at in range(3):
        i, j = (at + 1) % 3, (at + 2) % 3
        given = [parts[0][i], parts[1][j], parts[0][j], parts[1][i]]
        rows.append(lo.map(given, lambda p, q, r, s: n.sub(n.mul(p, q), n.mul(r, s))))
    from .movement import joined

    return joined(lo, rows, axis)


def _cdist(lo: Lowering) -> SSAValue:
    a, b, p = lo.operand("x1"), lo.operand("x2"), lo.number("p")
    n = Numbers(result_element(lo))
    left, right = extents_of(a), extents_of(b)
    first = lo.reshape(a, (*left[:-1], 1, left[-1]))
    second = lo.reshape(b, (*right[:-2], 1, *right[-2:]))
    difference = lo.map([first, second], n.sub)
    return norm(lo, difference, [rank_of(difference) - 1], p, keep=False)


def _batched(lo: Lowering, x: SSAValue, lead: Sequence[Extent]) -> SSAValue:
    """`[..., length, size]` as `[batch, heads, length, size]`."""
    shape = extents_of(x)
    whole = lo.broadcast(x, (*lead, *shape[-2:])) if len(shape) - 2 != len(lead) else x
    ranks = (*[1] * (2 - len(lead)), *lead)
    folded = ranks if len(ranks) == 2 else (product_of(ranks[:-1]), ranks[-1])
    return lo.reshape(whole, (*folded, *shape[-2:]))


def _mask(lo: Lowering, n: Numbers, lead: Sequence[Extent]) -> SSAValue | None:
    """Numbers to add: 0 where a boolean mask keeps, -infinity elsewhere."""
    given = lo.optional("attn_mask")
    if given is None:
        return None
    if element_of(given) == i1:

        def build(kept: SSAValue) -> SSAValue:
            return select(kept, n.number(0), n.number(-float("inf")))

        mask = lo.map([given], build, n.element)
    else:
        mask = cast(lo, given, n.element)
    shape = extents_of(mask)
    if len(shape) > 4:
        whole = lo.broadcast(mask, (*lead, *shape[-2:]))
        return _batched(lo, whole, lead)
    return lo.reshape(mask, (*[1] * (4 - len(shape)), *shape))


def _causal_mask(lo: Lowering, n: Numbers, queries: Extent, keys: Extent) -> SSAValue:
    """-infinity above the diagonal from the top left."""
    row, column = along(lo, queries, 0, 2), along(lo, keys, 1, 2)

    def build(i: SSAValue, j: SSAValue) -> SSAValue:
        seen = WHOLE.compare("le", j, i)
        return select(seen, n.number(0), n.number(-float("inf")))

    return lo.map([row, column], build, n.element)


def _repeats_keys(lo: Lowering, lead: Sequence[Extent], heads: Sequence[Sequence[Extent]]) -> bool:
    """Whether several heads of queries have one of keys; the form after decomposition says so by
    its shapes alone."""
    if "enable_gqa" in lo.op.SIGNATURE.attributes:
        return flag(lo, "enable_gqa")
    return bool(lead) and any(head[-1] != lead[-1] for head in heads)


def attention(lo: Lowering) -> SSAValue:
    """
    Scaled dot-product attention of `[..., heads, length, size]`.

    `is_causal` counts from the top left, the engine's from the bottom right: where there are as
    many keys as queries they are the same.
    """
    if lo.number("dropout_p") != 0:
        raise NoNativeForm("with dropout")
    q, k, v = (lo.operand(name) for name in ("query", "key", "value"))
    n = Numbers(element_of(q))
    lead = extents_of(q)[:-2]
    heads = [extents_of(x)[:-2] for x in (k, v)]
    if not _repeats_keys(lo, lead, heads):
        lead = lo.broadcast_extents(lead, *heads)
        heads = [lead, lead]
    given = (q, k, v)
    whole = [_batched(lo, x, part) for x, part in zip(given, (lead, *heads), strict=True)]
    q, k, v = whole
    if not fits_attention(extents_of(q), extents_of(k), extents_of(v)):
        raise NoNativeForm("with heads or sizes of heads that are no numbers")
    queries, keys, size = extents_of(q)[-2], extents_of(k)[-2], extents_of(q)[-1]
    if not isinstance(size, int):
        raise NoNativeForm("with heads whose size is no number")
    mask = _mask(lo, n, lead)
    causal = flag(lo, "is_causal")
    if causal and (queries != keys or mask is not None):
        hidden = _causal_mask(lo, n, queries, keys)
        mask = hidden if mask is None else lo.map([mask, hidden], n.add)
        causal = False
    if mask is not None and rank_of(mask) < 4:
        mask = lo.reshape(mask, (*[1] * (4 - rank_of(mask)), *extents_of(mask)))
    scale = 1 / sqrt(size) if lo.op.attribute("scale") is None else lo.number("scale")
    found = lo.emit(AttentionOp(q, k, v, scale, mask=mask, causal=causal, guarded=True))
    return lo.reshape(found, (*lead, queries, extents_of(v)[-1]))


def _flash(lo: Lowering) -> list[SSAValue | None]:
    require_unused(lo, (1,), "the logarithms of the sums of its weights")
    return [attention(lo), None]


OPERATORS: dict[str, Conversion] = {
    **named("matmul linalg_matmul", _matmul("self", "other")),
    **named("mm bmm", _matmul("self", "mat2")),
    "mv": _matmul("self", "vec"),
    "dot": _matmul("self", "tensor"),
    "vdot": _matmul("self", "other"),
    "linear": _linear,
    "addmm": _addmm("mat1", "mat2"),
    "addmv": _addmm("mat", "vec"),
    "baddbmm": _addmm("batch1", "batch2"),
    "_addmm_activation": _addmm_activation,
    "addbmm": _addbmm,
    "addr": _addr,
    **named("outer ger", _outer),
    "inner": _inner,
    "linalg_vecdot": _vecdot,
    "chain_matmul": _chain("matrices"),
    "linalg_multi_dot": _chain("tensors"),
    "matrix_power": _matrix_power,
    "_int_mm": _int_mm,
    "bilinear": _bilinear,
    "einsum": _einsum,
    "tensordot": _tensordot,
    "kron": _kron,
    **named("cross linalg_cross", _cross),
    **named("cdist _cdist_forward", _cdist),
    "scaled_dot_product_attention": attention,
    "_scaled_dot_product_flash_attention_for_cpu": _flash,
}
"""Conversions by the operator and its overload, without one for the default."""
