"""
Stepwell as a backend of `torch.compile`.

```python
fast = torch.compile(model.eval(), backend="stepwell")
with torch.no_grad():
    y = fast(x)
```

The name `stepwell` is known to torch by an entry point; nothing has to be imported. Parameters and
buffers are constants of the compiled program: one that is changed in place, or by `.data = ...`,
compiles the graph anew at the next call. A graph whose sizes are open has one program for each
sizes that it is called with. A graph with an operator that is not supported, or one of which
gradients are asked, is run by torch itself, which is said once.

`options={"threads": 2, "target": "...", "optimization": 3, "exactness": "...", "enable": [...],
"disable": [...]}` are those of `stepwell.compile`; the number of threads is by default that of
torch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from operator import itemgetter
from typing import Any

from .compiler.compile import compile
from .compiler.options import options_of
from .conversion.torch_import.fx_graph import FxGraph, array_of, fx_graph, import_fx_graph
from .conversion.torch_import.watched_tensors import WatchedTensors
from .dialects import make_context
from .errors import StepwellError, UsageError
from .runtime.engine import Engine

torch: Any = import_module("torch")

Call = Callable[[list[Any]], Any]
"""What torch calls: it takes a list of all inputs of a graph and gives its outputs."""

KEPT = 64
"""How many sizes of a graph have programs at a time, and how many sets of parameters."""

OPTIONS = frozenset(("threads", "target", "optimization", "exactness", "enable", "disable"))


def stepwell(module: Any, examples: Sequence[Any], *, options: Any = None) -> Any:
    """
    The backend: a function that computes what a graph of `torch.compile` does.

    Raises:
        UsageError: for an option that is not one of `OPTIONS`, or a value it cannot have.
    """
    chosen = _checked(options)
    aot: Any = import_module("torch._functorch.aot_autograd")
    static = _Static(module, examples)

    modes: Any = import_module("torch.utils._python_dispatch")

    def inference(graph: Any, _: Any) -> Call:
        with modes._disable_current_modes():  # tensors here are those of the model, and no fakes
            return _boxed(_compiled(graph, static, chosen))

    def training(graph: Any, _: Any) -> Call:
        _say_once("gradients are computed by torch itself; call the model within torch.no_grad()")
        return _boxed(_by_torch(graph))

    return aot.aot_module_simplified(
        module,
        examples,
        fw_compiler=training,
        bw_compiler=training,
        inference_compiler=inference,
    )


def _checked(options: Any) -> dict[str, Any]:
    chosen: dict[str, Any] = dict(options or {})
    for name in chosen:
        if name not in OPTIONS:
            known = ", ".join(sorted(OPTIONS))
            raise UsageError(f"'{name}' is no option of the backend; there are {known}")
    found: dict[str, Any] = {"threads": torch.get_num_threads(), "target": None, **chosen}
    # Said now: what a graph raises later is a reason to have torch run it.
    options_of(shapes=None, **found)
    return found


def _boxed(call: Call) -> Call:
    """As one that takes a list, which it empties."""

    def boxed(inputs: list[Any]) -> Any:
        outputs = call(inputs)
        inputs.clear()
        return outputs

    marked: Any = boxed
    marked._boxed_call = True
    return boxed


def _by_torch(graph: Any) -> Call:
    def run(inputs: list[Any]) -> Any:
        return graph.forward(*inputs)

    return run


_said: set[str] = set()


def forget_warnings() -> None:
    """Let what was said once be said again."""
    _said.clear()


def _say_once(text: str) -> None:
    if text not in _said:
        _said.add(text)
        warnings.warn(f"stepwell: {text}", RuntimeWarning, stacklevel=2)


class _Static:
    """The parameters and buffers among the inputs of a graph, as they are when it is compiled."""

    def __init__(self, module: Any, examples: Sequence[Any]):
        own = [*module.parameters(), *module.buffers()] if hasattr(module, "parameters") else []
        self._inputs = list(examples)
        self._own = own

    def places(self, count: int) -> tuple[list[int], list[Any]]:
        """(positions among `count` inputs, the real tensors there)."""
        inputs = self._inputs if len(self._inputs) == count else [*self._own, *self._inputs]
        context: Any = torch._guards.TracingContext.try_get()
        if context is None or context.fw_metadata is None or len(inputs) != count:
            return [], []
        fake: Any = import_module("torch._subclasses.fake_tensor").FakeTensor
        places = [
            at
            for at in context.fw_metadata.static_input_indices
            if isinstance(inputs[at], torch.Tensor)
            and not isinstance(inputs[at], fake)
            and not inputs[at].is_inference()  # changes of which nothing counts
        ]
        return places, [inputs[at] for at in places]


def _compiled(graph: Any, static: _Static, options: Mapping[str, Any]) -> Call:
    """A graph by our programs, or by torch where it has something that is not supported."""
    try:
        fx = fx_graph(graph)
        found = _Graph(fx, *static.places(len(fx.inputs)), options)
        if not fx.graph.nodes:
            return _by_torch(graph)
        found.prepare()
    except (StepwellError, ValueError) as error:
        _say_once(f"a graph is run by torch itself: {error}")
        return _by_torch(graph)
    return found.call


class _Programs:
    """The programs of a graph, by sizes, for parameters as they are at a time."""

    def __init__(self, tensors: Sequence[Any]):
        self.watched = WatchedTensors(tensors)
        self.engines: dict[tuple[int, ...], Engine] = {}


class _Graph:
    """
    A graph, and its programs by parameters and sizes.

    Layers of one class share a graph where they are compiled one by one, each with parameters of
    its own.
    """

    def __init__(
        self, fx: FxGraph, places: list[int], tensors: list[Any], options: Mapping[str, Any]
    ):
        self._fx = fx
        self._options = options
        self._places = places
        self._statics = _chooser(places)
        names = fx.inputs
        held = {names[at] for at in places}
        metas = fx.graph.tensors
        self._inputs = [at for at, name in enumerate(names) if name in metas and name not in held]
        self._numbers = [at for at, name in enumerate(names) if name not in metas]
        self._strides = [
            None if argument.kind != "tensor" else _order_of(metas[argument.value])
            for argument in fx.graph.outputs
        ]
        self._given = {
            at: names.index(argument.value)
            for at, argument in enumerate(fx.graph.outputs)
            if argument.kind == "tensor" and argument.value in names
        }
        """Outputs that are inputs."""
        self._is_plain = not self._given and all(
            argument.kind == "tensor" and order is None
            for argument, order in zip(fx.graph.outputs, self._strides, strict=True)
        )
        tensors_given = [a for a in fx.graph.outputs if a.kind == "tensor"]
        self._gives_several = len(tensors_given) != 1
        self._programs: dict[int, _Programs] = {}
        """By the identity of the first parameter, which is held."""
        self._first = self._held(tensors)

    def _held(self, tensors: Sequence[Any]) -> _Programs:
        """Those of parameters as they are now."""
        if len(self._programs) >= KEPT:
            self._programs.clear()
        found = self._programs[_identity(tensors)] = _Programs(tensors)
        return found

    def prepare(self) -> None:
        """Compile now where no size is open.

        Raises:
            StepwellError: for what is not supported, or cannot be compiled.
        """
        if not self._numbers:
            self._first.engines[()] = self._engine(self._first, {})
        else:
            self._module(self._first, make_context(), {})  # says what is not supported

    def _module(self, programs: _Programs, context: Any, sizes: Mapping[str, int]) -> Any:
        names, tensors = self._fx.inputs, programs.watched.tensors
        constants = {
            **{names[at]: tensor for at, tensor in zip(self._places, tensors, strict=True)},
            **self._fx.constants,
        }
        arrays = {name: array_of(tensor) for name, tensor in constants.items()}
        return import_fx_graph(self._fx, context, arrays, sizes)

    def _engine(self, programs: _Programs, sizes: Mapping[str, int]) -> Engine:
        context = make_context()
        return compile(self._module(programs, context, sizes), context=context, **self._options)

    def call(self, inputs: list[Any]) -> Any:
        """The outputs of the graph."""
        statics = self._statics(inputs)
        programs = self._programs.get(_identity(statics))
        if programs is None or not programs.watched.are(statics):
            programs = self._held(statics)
        numbers = tuple(int(inputs[at]) for at in self._numbers)
        engines = programs.engines
        engine = engines.get(numbers)
        if engine is None:
            if len(engines) >= KEPT:
                engines.clear()
            engine = engines[numbers] = self._engine(programs, self._sizes(numbers))
        arrays = [array_of(inputs[at]) for at in self._inputs]
        found: Any = engine(*arrays)
        results: Sequence[Any] = found if self._gives_several else (found,)
        if self._is_plain:
            outputs = [torch.from_numpy(array) for array in results]
        else:
            outputs = self._outputs(results, inputs, numbers)
        return outputs

    def _sizes(self, numbers: Sequence[int]) -> dict[str, int]:
        names = [self._fx.inputs[at] for at in self._numbers]
        return self._fx.sizes_of(dict(zip(names, numbers, strict=True)))

    def _outputs(
        self, results: Sequence[Any], inputs: Sequence[Any], numbers: Sequence[int]
    ) -> list[Any]:
        """Tensors as they lay when the graph was traced, numbers, and inputs themselves."""
        rest, sizes = iter(results), self._sizes(numbers)
        outputs: list[Any] = []
        for at, argument in enumerate(self._fx.graph.outputs):
            if argument.kind != "tensor":
                outputs.append(self._fx.number_of(argument, sizes))
                continue
            tensor = _tensor_of(next(rest))
            if at in self._given:
                outputs.append(inputs[self._given[at]])
                continue
            order = self._strides[at]
            outputs.append(tensor if order is None else _laid(tensor, order))
        return outputs


def _identity(tensors: Sequence[Any]) -> int:
    return id(tensors[0]) if tensors else 0


def _chooser(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What gives the elements at some places of a list."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda inputs: [inputs[at] for at in places]


def _order_of(meta: Any) -> list[int] | None:
    """The dimensions from the outermost in memory, None where it is that of the tensor."""
    strides = [n if isinstance(n, int) else 1 << 40 for n in meta.strides]
    order = sorted(range(len(strides)), key=lambda a: -strides[a])
    plain = [a for a in order if meta.sizes[a] != 1]
    return None if plain == sorted(plain) else order


def _laid(tensor: Any, order: Sequence[int]) -> Any:
    """A copy whose dimensions lie in an order."""
    back = [order.index(a) for a in range(len(order))]
    return tensor.permute(*order).contiguous().permute(*back)


def _tensor_of(array: Any) -> Any:
    """A tensor over the memory of an array."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view("int16")).view(torch.bfloat16)
    return torch.from_numpy(array)
