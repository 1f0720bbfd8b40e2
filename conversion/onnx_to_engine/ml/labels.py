"""
Class labels: from the position of a class to the label that stands for it.

Labels that are strings cannot lie in memory that the plan knows: looking them up is a reference
operation behind everything numeric.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ....dialects.onnx import op_class
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.reference import emit_reference
from ...to_engine.vocabulary.post_transforms import integer_labels

TEXT_REASON = "labels are strings, which have no native form"


def class_labels(
    lo: Lowering, positions: SSAValue, result: str, integers_name: str = "classlabels_int64s"
) -> SSAValue:
    """
    The labels at i64 positions, of `classlabels_strings` or the integers of `integers_name`.

    `result` is the schema's name of the operation's result that has them; it gives the type of
    strings.

    Raises:
        NoNativeForm: when the operation has no labels.
    """
    integers, texts = lo.integers(integers_name), lo.texts(TEXTS)
    if integers:
        return integer_labels(lo, positions, integers)
    if texts:
        return text_labels(lo, positions, texts, result)
    raise NoNativeForm(f"has neither {integers_name} nor {TEXTS}")


def text_labels(lo: Lowering, positions: SSAValue, texts: list[str], result: str) -> SSAValue:
    """The strings at i64 positions, looked up by a reference operation."""
    slot, lookup = lo.op.result_named(result), op_class("LabelEncoder", "ai.onnx.ml")
    assert slot is not None
    assert lookup is not None
    encoder = lookup.make(
        [positions],
        [slot.type],
        {"keys_int64s": list(range(len(texts))), "values_strings": texts},
    )
    return emit_reference(lo, encoder, TEXT_REASON)[0]


TEXTS = "classlabels_strings"
