"""
What operations of the `onnx` dialect mean: what `onnx.reference` says, with corrections.
"""

from __future__ import annotations

from functools import partial

import onnx

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import FrameworkOp
from ...dialects.framework.constant_array import constant_array
from ...dialects.onnx import OnnxOp
from ...dialects.onnx.protos import attribute_protos
from ..framework_calls import Compute, RunRegion, Semantics, Values
from .corrections import CORRECTIONS
from .forests import FORESTS
from .ml_features import label_encoder, zip_map
from .reference import run_operator
from .subgraphs import SUBGRAPHS

_PREPARED = {"onnx.ml.LabelEncoder": label_encoder, "onnx.ml.ZipMap": zip_map}
"""`(op, read) -> (inputs -> results)` of operators at the end of pipelines, where what the
attributes say takes longer to work out than the results of a few rows."""


def semantics(store: WeightStore) -> Semantics:
    """The meaning of operations whose constants are in `store`."""
    return Semantics(partial(_results, store), partial(_prepared, store))


def _prepared(store: WeightStore, op: FrameworkOp) -> Compute | None:
    prepare = _PREPARED.get(op.name)
    assert isinstance(op, OnnxOp)
    return None if prepare is None else prepare(op, store.array)


def _results(store: WeightStore, op: FrameworkOp, inputs: Values, run: RunRegion | None) -> Values:
    """The results of one operation by position; the interpreter runs its subgraphs."""
    assert isinstance(op, OnnxOp)
    if op.name == "onnx.Constant" and "value" in op.properties:
        return [constant_array(op.properties["value"], store.array)]
    subgraphs = SUBGRAPHS.get(op.name)
    if subgraphs is not None:
        assert run is not None
        return subgraphs(op, inputs, run)
    forest = FORESTS.get(op.name)
    if forest is not None:
        return forest(op, inputs, store.array)
    correction = CORRECTIONS.get(op.name)
    corrected = None if correction is None else correction(op, inputs)
    if corrected is not None:
        return corrected
    schema = op.schema
    attributes = [*attribute_protos(op, store.array), *_graphs(store, op)]
    wanted = [slot is not None for slot in op.result_slots]
    return run_operator(schema.name, schema.domain, attributes, inputs, wanted)


def _graphs(store: WeightStore, op: OnnxOp) -> list[onnx.AttributeProto]:
    """Subgraphs of operators whose meaning is a function in the schema."""
    if not op.regions:
        return []
    from ...dialects.onnx.graph_writer import GraphWriter

    return GraphWriter(store, inline=True).graph_attributes(op)
