"""A compilation that begins with the IR that a compiled program carries."""

from __future__ import annotations

from ..dialects import make_context
from ..dialects.engine.weights import weight_store
from ..errors import InvalidArtifactError
from ..runtime.array_memory import AnyArray
from ..runtime.program import CompiledProgram, Constant
from .chosen_options import recorded_choice
from .compilation import Compilation
from .options import Options, Progress


def _numbers_of(constant: Constant) -> AnyArray:
    """The numbers of a constant of an artifact, whose shape and layout may be a stranger's."""
    try:
        return constant.provider()
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
        raise InvalidArtifactError(
            f"the constant '{constant.name}' of type {constant.dtype}{list(constant.shape)} cannot "
            f"be restored from the artifact ({error}); compile the model again"
        ) from error


def reopen(program: CompiledProgram, progress: Progress | None = None) -> Compilation:
    """
    A compilation for this machine that begins with the IR of `program`.

    Raises:
        InvalidIRError: for IR that does not parse or verify, and for IR of buffers: it may be a
            stranger's, and only planning says where something lies.
        InvalidArtifactError: for a constant whose numbers are not there.
    """
    from ..ir.parse_ir import parse_ir  # reads infinities, which xDSL's parser does not
    from ..ir.tensor_level import require_tensors

    ctx = make_context()
    store = weight_store(ctx)
    for kept in program.constants:
        store.restore(kept.digest, _numbers_of(kept))
    module = parse_ir(ctx, program.ir, "<artifact>")
    choice = recorded_choice(program.provenance.exactness, program.provenance.options)
    options = Options(
        max(1, program.threads),
        exactness=choice.exactness,
        optimization=choice.optimization,
        enable=choice.enable,
        disable=choice.disable,
    )
    compilation = Compilation.of_module(ctx, module, options, progress)
    require_tensors(module)
    if compilation.given == "engine":  # it was rewritten to a fixpoint before it was written down
        compilation.level = "engine"
    return compilation
