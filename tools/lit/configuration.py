"""
The lit configuration of a project that tests IR with `opt-tool` and `filecheck`.

The whole of its `lit.cfg.py`:

```python
from stepwell.tools.lit.configuration import configure

configure(globals()["config"], __file__, name="my_project")
```
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from .in_process_format import InProcessTest


def configure(
    config: Any, file: str, *, name: str, output: str | Path | None = None, timeout: int = 120
) -> None:
    """
    Let lit run every `.mlir` file below the folder of `file`, the `lit.cfg.py` that calls this.

    `config` is the object that lit puts into the globals of that file. `output` is the folder for
    what lit writes, by default `Output` beside the file; `timeout` is in seconds for one test.
    A RUN line of `opt-tool`, `filecheck`, `not` and `2>&1` runs inside the worker, plug-ins
    included; every other one in lit's shell, with the programs beside this Python in front of the
    path. Substitutions, besides lit's own:

    | in a RUN line | stands for |
    |---|---|
    | `%roundtrip` | `opt-tool %s \\| opt-tool - \\| filecheck %s` |
    | `%generic_roundtrip` | the same through the generic form |
    """
    folder = Path(file).resolve().parent
    config.name = name
    config.suffixes = [".mlir"]
    config.test_source_root = str(folder)
    config.test_exec_root = str(output or folder / "Output")
    config.test_format = InProcessTest(timeout=timeout)
    config.substitutions += [
        ("%roundtrip", "opt-tool %s | opt-tool - | filecheck %s"),
        ("%generic_roundtrip", "opt-tool %s --print-op-generic | opt-tool - | filecheck %s"),
    ]
    config.recursiveExpansionLimit = 3
    programs = str(Path(sys.executable).parent)
    config.environment["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
