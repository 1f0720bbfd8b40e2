"""The signatures of torch's operators, and what operations are made of them."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import DenseArrayBase, FloatAttr, IntegerAttr, f32, f64, i1, i64
from xdsl.dialects.test import TestOp
from xdsl.ir import Attribute, SSAValue

from stepwell.dialects.framework import tensor_type
from stepwell.dialects.torch import OPEN, Given, make, op_classes, operators, signature_of
from stepwell.dialects.torch.operator_signature import parse_signature
from stepwell.dialects.torch.schemas import schema_of

IMAGE = tensor_type(f32, [1, 3, 8, 8])
NUMBER = tensor_type(i64, [])


def values(*types: Attribute) -> list[SSAValue]:
    """Values of some types."""
    return list(TestOp(result_types=list(types)).results)


def test_every_signature_reads() -> None:
    for operator in operators():
        signature = signature_of(operator)
        assert signature is not None
        names = [argument.name for argument in signature.arguments]
        assert len(set(names)) == len(names)
        schema = schema_of(operator)
        assert schema is not None
        assert schema.name == f"torch.{operator}"
    assert len(op_classes()) > len(operators()) > 700


def test_what_a_signature_says() -> None:
    signature = parse_signature(
        "(Tensor input, Tensor?[] at, SymInt[2] stride=1, float? scale=None, *, "
        'str mode="a, b", bool[3] mask, ScalarType? dtype=long) -> (Tensor values, Tensor)'
    )
    found = {a.name: (a.kind, a.optional, a.default) for a in signature.arguments}
    assert found == {
        "input": ("Tensor", False, None),
        "at": ("Tensor?[]", False, None),
        "stride": ("SymInt[]", False, [1, 1]),
        "scale": ("float", True, None),
        "mode": ("str", False, "a, b"),
        "mask": ("bool[]", False, None),
        "dtype": ("ScalarType", True, "long"),
    }
    assert [a.name for a in signature.arguments if a.keyword_only] == ["mode", "mask", "dtype"]
    assert signature.results == (("values", "Tensor"), ("", "Tensor"))


def test_text_that_is_no_signature() -> None:
    with pytest.raises(ValueError, match="is no signature"):
        parse_signature("Tensor input")


def test_defaults_are_left_out() -> None:
    x, w = values(IMAGE, tensor_type(f32, [4, 3, 3, 3]))
    given = {"input": x, "weight": w, "bias": None, "stride": [1, 1], "padding": [1, 1]}
    op = make("aten.conv2d.default", given, [tensor_type(f32, [1, 4, 8, 8])], ["conv"])
    op.verify()
    assert op.properties.keys() == {"padding", "operandSegmentSizes"}
    assert (op.attribute("dilation"), op.attribute("groups"), op.nodes) == ([1, 1], 1, ["conv"])


def test_numbers_that_only_a_run_knows() -> None:
    x, n, m = values(IMAGE, NUMBER, NUMBER)
    op = make("aten.view.default", {"self": x, "size": [n, 3, m]}, [IMAGE])
    assert op.attribute("size") == [OPEN, 3, OPEN]
    assert op.operand_group("numbers") == (n, m)


def test_kinds_of_numbers() -> None:
    [x] = values(IMAGE)
    for number, attribute in (
        (True, IntegerAttr.from_bool(True)),
        (2, IntegerAttr(2, i64)),
        (0.1, FloatAttr(0.1, f64)),
    ):
        op = make("aten.mul.Scalar", {"self": x, "other": number}, [IMAGE])
        assert op.properties["other"] == attribute
    op = make("aten.upsample_bilinear2d.vec", _upsampling(x), [IMAGE])
    assert isinstance(op.properties["scale_factors"], DenseArrayBase)


def _upsampling(x: SSAValue) -> dict[str, Given]:
    return {"input": x, "output_size": None, "align_corners": False, "scale_factors": [0.1, 2.0]}


def test_absent_indices() -> None:
    x, i, j = values(IMAGE, tensor_type(i64, [2]), tensor_type(i1, [8]))
    op = make("aten.index.Tensor", {"self": x, "indices": [None, i, None, j]}, [IMAGE])
    assert op.attribute("indices_at") == [1, 3]
    assert op.operand_group("indices") == (i, j)
    op = make("aten.index.Tensor", {"self": x, "indices": [i, j]}, [IMAGE])
    assert op.attribute("indices_at") is None


@pytest.mark.parametrize(
    ("operator", "arguments", "message"),
    [
        ("aten.no_such.default", {}, "there is no operator 'aten.no_such.default'"),
        ("aten.relu.default", {"input": None}, "has no argument 'input'"),
        ("aten.relu.default", {}, "needs 'self'"),
        ("aten.mul.Scalar", {"self": 0}, r"'self' is 0, expected Tensor"),
        ("aten.relu.default", {"self": [None]}, r"'self' is \[None\], expected Tensor"),
        ("aten.arange.default", {"end": "a"}, "'end' is 'a', expected Scalar"),
        ("aten.ones.default", {"size": [2.5]}, r"'size' is \[2.5\], expected SymInt\[\]"),
        ("aten.ones.default", {"size": [2], "layout": "sparse_coo"}, "only strided"),
    ],
)
def test_wrong_arguments(operator: str, arguments: dict[str, Given], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make(operator, arguments, [IMAGE])
