"""
Records what operators of Paddle compute, in `test/conversion/paddle_import/recorded/*.npz.xz`.

    python -m stepwell.tools.record.paddle pir
    FLAGS_enable_pir_api=0 python -m stepwell.tools.record.paddle legacy

Each case is a program that is saved as its format is (`paddle.jit.save`), with operands and
results. The two formats are recorded by two processes: a flag that is read once chooses between
them.
"""

from __future__ import annotations

import lzma
import sys
from importlib import import_module
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...conversion.paddle_import.messages import messages
from .paddle_cases import Case, cases

paddle: Any = import_module("paddle")

_RECORDED = Path(__file__).parents[2] / "test" / "conversion" / "paddle_import" / "recorded"


class _Program(paddle.nn.Layer):
    """A case as a layer."""

    def __init__(self, case: Case):
        super().__init__()
        self.case = case
        for at, layer in enumerate(case.layers):
            self.add_sublayer(f"layer_{at}", layer)

    def forward(self, x: Any, y: Any = None, z: Any = None) -> Any:
        return self.case.compute(*[v for v in (x, y, z) if v is not None])


def _specs(case: Case, arrays: list[Any]) -> list[Any]:
    spec = paddle.static.InputSpec
    return [
        spec(shape, str(array.dtype), f"x{at}")
        for at, (shape, array) in enumerate(zip(case.shapes(arrays), arrays, strict=True))
    ]


def _placeless(program: bytes) -> bytes:
    """A program of the older format without the lines of Python that made it."""
    message: Any = messages()["ProgramDesc"].FromString(program)
    for block in message.blocks:
        for op in block.ops:
            kept = [attr for attr in op.attrs if attr.name != "op_callstack"]
            del op.attrs[:]
            op.attrs.extend(kept)
    return message.SerializeToString()


def record(case: Case, folder: Path) -> dict[str, Any]:
    """The files of a case, its operands and its results."""
    arrays = case.operands()
    layer = _Program(case)
    layer.eval()
    with paddle.no_grad():
        found = layer(*map(paddle.to_tensor, arrays))
    results = list(found) if isinstance(found, list | tuple) else [found]
    stem = folder / case.name
    specs = _specs(case, arrays)
    paddle.jit.save(paddle.jit.to_static(layer, input_spec=specs, full_graph=True), str(stem))
    kept: dict[str, Any] = {}
    for kind in ("json", "pdmodel", "pdiparams"):
        path = stem.with_suffix(f".{kind}")
        if path.exists() and path.stat().st_size:
            part = "parameters" if kind == "pdiparams" else "program"
            data = path.read_bytes()
            data = _placeless(data) if kind == "pdmodel" else data
            kept[f"{case.name}/{part}"] = np.frombuffer(data, np.uint8)
    kept |= {f"{case.name}/in/{at}": array for at, array in enumerate(arrays)}
    return kept | {f"{case.name}/out/{at}": r.numpy() for at, r in enumerate(results)}


def main() -> None:
    """Write what all cases compute; those that Paddle cannot save in a format are named."""
    kind = sys.argv[1]
    arrays: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        for case in cases():
            try:
                arrays |= record(case, Path(folder))
            except Exception as error:
                print(f"{case.name}: {type(error).__name__}: {str(error).splitlines()[-1]}")
    _RECORDED.mkdir(parents=True, exist_ok=True)
    packed = BytesIO()
    np.savez(packed, **arrays)
    # Programs are much alike: packed together they take a tenth of what each would alone.
    (_RECORDED / f"{kind}.npz.xz").write_bytes(lzma.compress(packed.getvalue()))


if __name__ == "__main__":
    main()
