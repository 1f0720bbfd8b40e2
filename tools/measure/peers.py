"""The inference runtimes that `stepwell bench` measures, each behind the same two calls.

A `Runtime` loads a model for a number of threads and gives a `Session`, which maps named inputs to
outputs in the model's order. Inputs are handed over as the runtime's own documentation shows for
numpy; nothing is copied by us. Peers are imported when they are first asked for, so none is needed
to use this module.

Measuring must not call home: the telemetry of OpenVINO and ONNX Runtime is switched off, and MNN's
converter is called below its Python wrapper, which would install an uploader with `pip`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import StepwellError, UsageError
from ...ir.nearest import unknown_name
from ...runtime.describe import kind_of_program
from ...runtime.program import ReferenceOp
from ...runtime.size_facts import Dim
from ..inputs.choice_option import NO_CHOICE, ChoiceOption
from ..inputs.model_parts import NO_PARTS, ModelParts

if TYPE_CHECKING:
    from ...runtime.engine import Engine

AnyArray = npt.NDArray[Any]
Session = Callable[[Mapping[str, AnyArray]], Sequence[AnyArray]]


class Runtime(ABC):
    """Something that runs ONNX models."""

    name: str
    package: str

    @abstractmethod
    def version(self) -> str:
        """The installed version; raises `UsageError` where the runtime is not installed."""

    @abstractmethod
    def load(self, model: Path, threads: int) -> Session:
        """A session on `threads` threads in single precision throughout."""

    def import_package(self, module: str) -> Any:
        """`module`, or a `UsageError` that says how to get it."""
        try:
            return import_module(module)
        except ImportError as error:
            raise UsageError(
                f"{self.name} is not installed ({error}): "
                f"pip install {self.package}, or 'stepwell[bench]' for all peers"
            ) from error


class Stepwell(Runtime):
    """This compiler, through its public API."""

    name = "stepwell"
    package = "stepwell"

    def __init__(
        self,
        shapes: Mapping[str, Sequence[int]] | None = None,
        values: Mapping[str, Any] | None = None,
        sizes: Mapping[str, Dim] | None = None,
        parts: ModelParts = NO_PARTS,
        choice: ChoiceOption = NO_CHOICE,
    ):
        """
        `shapes` binds the sizes that a model leaves open, `values` inputs themselves; `sizes` says
        what is known of those that stay open.
        """
        self._shapes = dict(shapes or {})
        self._values = dict(values or {})
        self._sizes = dict(sizes or {})
        self._parts = parts
        self._choice = choice
        self._engines: dict[tuple[Path, int], Engine] = {}
        self.kind = ""
        """What the program loaded last is for, of a model that leaves sizes open."""
        self.reference_ops: tuple[ReferenceOp, ...] = ()
        """What the model loaded last runs by its reference semantics."""

    def version(self) -> str:
        from importlib.metadata import version

        return version("stepwell")

    def load(self, model: Path, threads: int) -> Session:
        from ... import compile as compile_model
        from ... import load

        engine = self._engines.get((model, threads))
        if engine is None:
            if model.suffix == ".well":
                engine = load(str(model), threads=threads)
            else:
                engine = compile_model(
                    str(model),
                    threads=threads,
                    shapes=self._shapes,
                    values=self._values,
                    sizes=self._sizes,
                    **self._parts.options,
                    **self._choice.keywords,
                )
            self._engines[model, threads] = engine
        names = [tensor.name for tensor in engine.inputs]

        def run(feeds: Mapping[str, AnyArray]) -> list[AnyArray]:
            results = engine.run({n: feeds[n] for n in names if n in feeds})
            self.reference_ops = engine.reference_steps  # of programs per size, that of the call
            return list(results.values())

        self.kind = kind_of_program(engine.program)
        return run


class OnnxRuntime(Runtime):
    """ONNX Runtime's default CPU provider with all graph optimisations."""

    name = "onnxruntime"
    package = "onnxruntime"

    def version(self) -> str:
        return self.import_package("onnxruntime").__version__

    def load(self, model: Path, threads: int) -> Session:
        ort = self.import_package("onnxruntime")
        ort.disable_telemetry_events()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        return lambda feeds: session.run(None, dict(feeds))


class OpenVino(Runtime):
    """OpenVINO's CPU plugin: one stream, float32, inputs and outputs shared with numpy."""

    name = "openvino"
    package = "openvino"

    def version(self) -> str:
        return str(self._package().__version__)

    def load(self, model: Path, threads: int) -> Session:
        options = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        compiled = self._package().Core().compile_model(str(model), "CPU", options)
        request = compiled.create_infer_request()
        count = len(compiled.outputs)

        def run(feeds: Mapping[str, AnyArray]) -> list[AnyArray]:
            results = request.infer(dict(feeds), share_inputs=True, share_outputs=True)
            return [results[position] for position in range(count)]

        return run

    def _package(self) -> Any:
        # without this module OpenVINO falls back to a stub that sends nothing
        sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
        return self.import_package("openvino")


class Mnn(Runtime):
    """MNN's CPU backend in high precision, from a file converted on the way in."""

    name = "mnn"
    package = "MNN"

    def version(self) -> str:
        return str(self._package("MNN").version())

    def load(self, model: Path, threads: int) -> Session:
        expr, nn = self._package("MNN.expr"), self._package("MNN.nn")
        inputs, outputs = _names(model)
        with _native_prints_to_stderr(), tempfile.TemporaryDirectory() as folder:
            manager = nn.create_runtime_manager(
                ({"backend": "CPU", "numThread": threads, "precision": "high"},)
            )
            converted = Path(folder) / "model.mnn"
            self._convert(model, converted)
            module = nn.load_module_from_file(
                str(converted), inputs, outputs, runtime_manager=manager
            )

        def run(feeds: Mapping[str, AnyArray]) -> list[AnyArray]:
            # MNN has no 64-bit integers at its border; its converter narrows the model's
            narrow = {
                name: array.astype(np.int32) if array.dtype == np.int64 else array
                for name, array in feeds.items()
            }
            variables = [
                expr.const(
                    narrow[name],
                    list(narrow[name].shape),
                    expr.NCHW,
                    expr.int if narrow[name].dtype == np.int32 else expr.float,
                )
                for name in inputs
            ]
            return [
                np.asarray(expr.convert(v, expr.NCHW).read()) for v in module.forward(variables)
            ]

        return run

    def _package(self, module: str) -> Any:
        with _native_prints_to_stderr():
            return self.import_package(module)

    def _convert(self, model: Path, converted: Path) -> None:
        arguments = ["mnnconvert", "-f", "ONNX", "--modelFile", str(model)]
        arguments += ["--MNNModel", str(converted), "--bizCode", "bench"]
        code = "import sys, MNN, _tools; _tools.mnnconvert(sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
        )
        if not converted.exists():
            raise StepwellError(f"mnn cannot convert {model.name}: {_why_not(done)}")


def _why_not(converter: subprocess.CompletedProcess[str]) -> str:
    """What MNN's converter says last, or rather the line with the operators it does not have."""
    lines = (converter.stdout + converter.stderr).strip().splitlines()
    unknown = [line.partition("Op Not Support:")[2].strip() for line in lines if "Not Sup" in line]
    if any(unknown):
        return f"no operator {next(filter(None, unknown))}"
    return lines[-1].strip() if lines else "no reason given"


@contextmanager
def _native_prints_to_stderr() -> Generator[None]:
    """Sends what native code prints on standard output to standard error, for whoever pipes us.

    MNN prints the processor's features when imported, and its precision when a model is loaded.
    """
    sys.stdout.flush()
    saved = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def _names(model: Path) -> tuple[list[str], list[str]]:
    """The names of the inputs that must be fed, and of the outputs."""
    import onnx

    graph = onnx.load(str(model), load_external_data=False).graph  # pyright: ignore[reportUnknownMemberType]
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [value.name for value in graph.input if value.name not in constants]
    return inputs, [value.name for value in graph.output]


_PEERS: dict[str, type[Runtime]] = {peer.name: peer for peer in (OnnxRuntime, OpenVino, Mnn)}


def peer(name: str) -> Runtime:
    """The peer of that name; raises `UsageError` for an unknown or a missing one."""
    found = _PEERS.get(name.strip().lower())
    if found is None:
        raise UsageError(unknown_name("peer", name, _PEERS))
    runtime = found()
    runtime.version()
    return runtime
