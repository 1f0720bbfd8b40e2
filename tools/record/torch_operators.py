"""
Records what torch's operators give for the calls of `torch_cases.py`.

    python -m stepwell.tools.record.torch_operators test/interpreters/torch/operators.npz

The file holds the numbers of all arrays one after another, and the calls as JSON text in which an
array is `{"at": first byte, "dtype": .., "shape": ..}`.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...dialects.torch import signature_of
from ...dialects.torch.schemas import has_no_meaning
from .torch_cases import CASES, QUANTIZED, VISION
from .torch_draws import Case, drawn

Array = np.ndarray[Any, Any]


def calls(seed: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every call: the operator, and its arguments by name with their arrays drawn."""
    tables = {"aten": CASES, "quantized_decomposed": QUANTIZED, "torchvision": VISION}
    for namespace, table in tables.items():
        for key, cases in table.items():
            operator = f"{namespace}.{key}" if "." in key else f"{namespace}.{key}.default"
            rng = np.random.default_rng(zlib.crc32(operator.encode()) + seed)
            for given in cases:
                yield operator, _named(operator, given, rng)


def _named(operator: str, given: Case, rng: np.random.Generator) -> dict[str, Any]:
    signature = signature_of(operator)
    if signature is None:
        raise ValueError(f"{operator} is not in the table of signatures")
    meant = [a.name for a in signature.arguments if not has_no_meaning(a)]
    values = dict(zip(meant, given.positional, strict=False)) | given.named
    return {name: drawn(value, rng) for name, value in values.items()}


def results(operator: str, arguments: dict[str, Any]) -> list[Array]:
    """What torch gives: all results one after another, a number as an array of rank 0."""
    torch: Any = import_module("torch")
    import_module("torchvision")  # brings operators of its own
    namespace, name, overload = operator.split(".")
    found: Any = getattr(getattr(getattr(torch.ops, namespace), name), overload)(
        **{name: _as_torch(torch, value) for name, value in arguments.items()}
    )
    listed: list[Any] = [*found] if isinstance(found, list | tuple) else [found]
    listed = [v for v in listed if v is not None]  # the last ones may be absent
    arrays = [
        v.detach().resolve_conj().resolve_neg().numpy()
        if isinstance(v, torch.Tensor)
        else np.asarray(v)
        for v in listed
    ]
    return [np.ascontiguousarray(a).reshape(a.shape) for a in arrays]


def _as_torch(torch: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, list):
        return [_as_torch(torch, v) for v in cast("list[Any]", value)]
    return getattr(torch, value) if isinstance(value, str) and value in _DTYPES else value


_DTYPES = frozenset(("float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool"))


class _Packed:
    """Arrays one after another."""

    def __init__(self) -> None:
        self.data = bytearray()

    def pack(self, value: Any) -> Any:
        """A value in which arrays are places."""
        if isinstance(value, np.ndarray):
            at = len(self.data)
            self.data += value.tobytes()
            return {"at": at, "dtype": str(value.dtype), "shape": list(value.shape)}
        if isinstance(value, list):
            return [self.pack(v) for v in cast("list[Any]", value)]
        return value


def main() -> None:
    """Write the records to the file named on the command line."""
    torch: Any = import_module("torch")
    import_module("torch.ao.quantization.fx._decomposed")
    torch.manual_seed(0)
    packed = _Packed()
    records = [
        {
            "operator": operator,
            "arguments": {name: packed.pack(value) for name, value in arguments.items()},
            "results": packed.pack(results(operator, arguments)),
        }
        for operator, arguments in calls()
    ]
    np.savez_compressed(
        Path(sys.argv[1]),
        data=np.frombuffer(bytes(packed.data), np.uint8),
        calls=np.frombuffer(json.dumps(records).encode(), np.uint8),
    )


if __name__ == "__main__":
    main()
