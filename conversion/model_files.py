"""Which files a model consists of: what must not be lost by writing what is made of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from ..errors import ImportModelError
from ..ir.module_file import SUFFIX
from .import_model import summary_of


def files_of(model: Any, weights: str | bytes | None = None) -> tuple[Path, ...]:
    """
    The files of the model, or of the module, at a path; `weights` is one more of them.

    None for what is in memory or comes from standard input (`-`); the one at the path itself for
    what no frontend can read.
    """
    second = (Path(weights),) if isinstance(weights, str) else ()
    if not isinstance(model, str | os.PathLike) or str(model) == "-":
        return second
    own = Path(cast(str, model))
    if own.suffix.lower() == SUFFIX:
        return own, own.with_suffix(".safetensors")
    try:
        return tuple(dict.fromkeys((own, *second, *summary_of(own).files)))
    except ImportModelError:
        return own, *second
