"""Programs for sizes of a model whose sizes are open, made from the IR that it carries."""

from __future__ import annotations

from ..runtime.open_engine import MakeProgram
from ..runtime.program import CompiledProgram
from .installed import compiler_needed


def programs_of(program: CompiledProgram) -> MakeProgram:
    """
    What makes programs for sizes of an open program, from the IR it carries.

    Raises:
        NoCompilerError: where only the run time is installed.
        InvalidIRError: for IR that does not parse or verify.
    """
    with compiler_needed("a call with sizes that have no program yet"):
        from .open_model import OpenModel
        from .reopen import reopen

    opened = OpenModel(reopen(program), program.provenance.model, general=False)
    return opened.program_for
