"""
The test cases that the `onnx` package ships.

Cases of kind `node` are made by Python code, one operator each, and again with the operator's
function body in its place (`..._expanded`). The others are models with inputs and outputs in
files; those of kind `light` are well-known networks with constant weights. Cases of kind `type` are
ours (`type_cases.py`).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
from onnx import numpy_helper

from .case import Case, DataSet
from .type_cases import type_cases

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "light", "type")


@cache
def all_cases(kinds: Sequence[str] = KINDS) -> tuple[Case, ...]:
    """The cases of some kinds, in the order of their names. Making node cases takes 10 s."""
    found: list[Case] = []
    for kind in kinds:
        if kind == "type":
            found += type_cases(all_cases(("node",)))
            continue
        read = {"node": _node_cases, "light": _light_cases}.get(kind)
        found += sorted(_folder_cases(kind) if read is None else read(), key=lambda c: c.name)
    return tuple(found)


def _node_cases() -> list[Case]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        collected: list[Any] = collect_testcases(cast(Any, None))
    return [
        Case("node", c.name, c.rtol, c.atol, partial(_of_node, c), _operator_of(c.model))
        for c in collected
    ]


def _operator_of(model: onnx.ModelProto) -> tuple[str, str] | None:
    """The one operator of a model, None when there are several."""
    keys = {("" if n.domain == "ai.onnx" else n.domain, n.op_type) for n in model.graph.node}
    return keys.pop() if len(keys) == 1 and len(model.graph.node) == 1 else None


def _of_node(case: Any) -> tuple[onnx.ModelProto, list[DataSet]]:
    model: onnx.ModelProto = case.model
    return model, [
        (list(map(message_value, inputs)), list(map(message_value, outputs)))
        for inputs, outputs in case.data_sets
    ]


def message_value(value: Any) -> Any:
    """A value of a case: some are messages, because numpy cannot say their type."""
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, np.generic) else value


def _data() -> Path:
    return Path(onnx.__file__).parent / "backend" / "test" / "data"


def _folder_cases(kind: str) -> list[Case]:
    cases: list[Case] = []
    for model in (_data() / kind).glob("*/model.onnx"):
        folder = model.parent
        rtol, atol = _tolerances(folder)
        cases.append(Case(kind, folder.name, rtol, atol, partial(_of_folder, folder)))
    return cases


def _tolerances(folder: Path) -> tuple[float, float]:
    about = folder / "data.json"
    said: dict[str, Any] = json.loads(about.read_text()) if about.exists() else {}
    return said.get("rtol", 1e-3), said.get("atol", 1e-7)


def _of_folder(folder: Path) -> tuple[onnx.ModelProto, list[DataSet]]:
    model = onnx.ModelProto.FromString((folder / "model.onnx").read_bytes())
    sets: list[DataSet] = []
    for data in sorted(folder.glob("test_data_set*")):
        inputs = _values(data, "input", model.graph.input)
        sets.append((inputs, _values(data, "output", model.graph.output)))
    return model, sets


def _values(folder: Path, which: str, infos: Sequence[onnx.ValueInfoProto]) -> list[Any]:
    count = len(list(folder.glob(f"{which}_*.pb")))
    return [
        _read(folder / f"{which}_{at}.pb", infos[at].type.WhichOneof("value"))
        for at in range(count)
    ]


def _read(path: Path, kind: str | None) -> Any:
    data = path.read_bytes()
    if kind == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if kind == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return numpy_helper.to_array(onnx.TensorProto.FromString(data))


def _light_cases() -> list[Case]:
    """Listed among the downloads (`real`), but lying in the package."""
    cases: list[Case] = []
    for about in (_data() / "real").glob("*/data.json"):
        said = json.loads(about.read_text())
        model = _data() / "light" / Path(said["url"]).name
        if model.exists():
            load = partial(_of_light, model)
            cases.append(Case("light", about.parent.name, said["rtol"], said["atol"], load))
    return cases


def _of_light(path: Path) -> tuple[onnx.ModelProto, list[DataSet]]:
    """The input is what `onnx.backend.test.runner` makes: a ramp from 0 to 1."""
    model = onnx.ModelProto.FromString(path.read_bytes())
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs: list[Any] = []
    for info in model.graph.input:
        if info.name not in constants:
            shape = [d.dim_value or 1 for d in info.type.tensor_type.shape.dim]
            count = int(np.prod(shape))
            inputs.append((np.arange(count).reshape(shape) / count).astype(np.float32))
    outputs = [
        _read(path.with_name(f"{path.stem}_output_{at}.pb"), "tensor_type")
        for at in range(len(model.graph.output))
    ]
    return model, [(inputs, outputs)]
