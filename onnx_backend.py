"""
Stepwell as a backend of the ONNX standard: `onnx.backend.base.Backend`.

```python
import stepwell.onnx_backend as backend

rep = backend.prepare(model, device="CPU", threads=2)
[y] = rep.run([x])  # a named tuple, in the order of the model's outputs
rep.engine          # the stepwell.Engine behind it
```

Harnesses that run on any backend run on this module, above all the test cases of the standard:

```python
from onnx.backend.test.runner import Runner

globals().update(Runner(stepwell.onnx_backend, __name__).test_cases)
```

Values are numpy arrays, lists for sequences, dictionaries for maps, None for absent optionals; the
messages of `onnx.proto` (`TensorProto`, `SequenceProto`, ...) are read as well.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import onnx
from onnx import helper
from onnx.backend.base import Backend, BackendRep, namedtupledict
from onnx.backend.test.runner import BackendIsNotSupposedToImplementIt

from .compiler.compile import compile
from .errors import InputError, StepwellError, UsageError
from .tools.inputs.onnx_values import read_value, type_of

if TYPE_CHECKING:
    from .runtime.engine import Engine

__all__ = [
    "RefusedModelError",
    "StepwellBackend",
    "StepwellRep",
    "is_compatible",
    "prepare",
    "run_model",
    "run_node",
    "supports_device",
]


class RefusedModelError(StepwellError, BackendIsNotSupposedToImplementIt):
    """A model that Stepwell refuses to compile; what it says is what `stepwell.compile` said.

    Harnesses built on `onnx.backend.test.runner` count a case that raises it as not implemented.
    """


@contextmanager
def _refusing() -> Generator[None]:
    """Around compiling: what is wrong with the model, and not with what is given, is a refusal."""
    try:
        yield
    except (InputError, UsageError):
        raise
    except StepwellError as error:
        raise RefusedModelError(str(error)) from error


class StepwellRep(BackendRep):
    """A prepared model.

    Where it leaves sizes of inputs open, the inputs of a run decide them.
    """

    def __init__(self, model: onnx.ModelProto, options: Mapping[str, Any]):
        defaults = {tensor.name for tensor in model.graph.initializer}
        defaults |= {tensor.values.name for tensor in model.graph.sparse_initializer}
        self._inputs = [info for info in model.graph.input if info.name not in defaults]
        self._outputs = [info.name for info in model.graph.output]
        self._result_type: Any = namedtupledict("Outputs", self._outputs)
        with _refusing():
            self.engine: Engine = compile(model, **options)

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """The outputs for `inputs`: a sequence in the order of the model's inputs, a dict by name,
        or, for a model of one input, its array.

        Raises:
            RefusedModelError: for sizes with which the model cannot be compiled.
            InputError: for inputs that the model does not take, with the reason.
        """
        feeds = self._feeds(inputs)
        with _refusing():
            results = self.engine.run(feeds)
        return self._result_type(*(results[name] for name in self._outputs))

    def _feeds(self, inputs: Any) -> dict[str, Any]:
        """The inputs by name, messages read."""
        types = {info.name: info.type for info in self._inputs}
        if isinstance(inputs, Mapping):
            given = dict(cast("Mapping[str, Any]", inputs))
        else:
            if isinstance(inputs, np.ndarray | onnx.TensorProto) and len(types) == 1:
                inputs = [inputs]
            values = list(cast("Sequence[Any]", inputs))
            if len(values) > len(types):
                names = ", ".join(types)
                raise InputError(
                    f"{len(values)} inputs given, the model takes {len(types)}: {names}"
                )
            given = dict(zip(types, values, strict=False))
        return {
            name: read_value(value, types.get(name) or onnx.TypeProto())
            for name, value in given.items()
        }


class StepwellBackend(Backend):
    """Stepwell behind the standard's interface. Options of `stepwell.compile` are keywords."""

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> bool:
        """Whether `prepare` takes the model: tries it."""
        try:
            cls.prepare(model, device, **kwargs)
        except StepwellError:
            return False
        return True

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> StepwellRep:
        """Compile a model.

        `threads`, `target`, `shapes`, `optimization`, `exactness`, `enable` and `disable` mean what
        they mean to `stepwell.compile`; other keywords are for other backends and ignored.

        Raises:
            RefusedModelError: for a model that cannot be compiled, with everything wrong with it.
            UsageError: for a device other than the CPU or an unknown option value.
        """
        if not cls.supports_device(device):
            raise UsageError(f"device is '{device}', expected CPU")
        choice = ("optimization", "exactness", "enable", "disable")
        known = ("threads", "target", "shapes", *choice)
        return StepwellRep(model, {name: kwargs[name] for name in known if name in kwargs})

    @classmethod
    def run_model(
        cls, model: onnx.ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any
    ) -> tuple[Any, ...]:
        """`prepare(model).run(inputs)`."""
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(
        cls,
        node: onnx.NodeProto,
        inputs: Any,
        device: str = "CPU",
        outputs_info: Sequence[tuple[Any, tuple[int, ...]]] | None = None,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """The outputs of one node.

        `inputs` are those the node has, in its order, or a dict by name. `outputs_info` may say
        element type and shape of each output, `opset_version` the version of the node's domain
        (the newest by default).

        Raises as `prepare` and `StepwellRep.run` do.
        """
        model = node_model(node, inputs, outputs_info, kwargs.pop("opset_version", None))
        return cls.run_model(model, inputs, device, **kwargs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Whether programs run on a device: `CPU` or `CPU:0`."""
        return device in ("CPU", "CPU:0")


def node_model(
    node: onnx.NodeProto,
    inputs: Any,
    outputs_info: Sequence[tuple[Any, tuple[int, ...]]] | None = None,
    opset_version: int | None = None,
) -> onnx.ModelProto:
    """A model of one node whose inputs have the types and sizes of the values given.

    Raises `InputError` for values that do not say what type they are.
    """
    names = list(dict.fromkeys(name for name in node.input if name))
    if isinstance(inputs, Mapping):
        by_name = cast("Mapping[str, Any]", inputs)
        values = {name: by_name[name] for name in names if name in by_name}
    else:
        values = dict(zip(names, cast("Sequence[Any]", inputs), strict=False))
    infos = [helper.make_value_info(name, type_of(value, name)) for name, value in values.items()]
    outputs: list[onnx.ValueInfoProto] = []
    for at, name in enumerate(name for name in node.output if name):
        if outputs_info is not None and at < len(outputs_info):
            dtype, shape = outputs_info[at]
            code = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
            outputs.append(helper.make_tensor_value_info(name, code, shape))
        else:
            outputs.append(onnx.ValueInfoProto(name=name))
    graph = helper.make_graph([node], node.name or node.op_type, infos, outputs)
    domain = "" if node.domain == "ai.onnx" else node.domain
    opsets = {"": onnx.defs.onnx_opset_version()}
    opsets[domain] = _newest_version(domain) if opset_version is None else opset_version
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid(d, version) for d, version in opsets.items()]
    )


def _newest_version(domain: str) -> int:
    versions = [s.since_version for s in onnx.defs.get_all_schemas() if s.domain == domain]
    return max(versions, default=1) if domain else onnx.defs.onnx_opset_version()


is_compatible = StepwellBackend.is_compatible
prepare = StepwellBackend.prepare
run_model = StepwellBackend.run_model
run_node = StepwellBackend.run_node
supports_device = StepwellBackend.supports_device
