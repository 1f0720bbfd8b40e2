"""`opt-tool`: any level in, passes, any level out.

    opt-tool model.onnx -p 'convert-to-engine,canonicalize' -o model.mlir
    opt-tool model.mlir --run --inputs inputs.npz

Reads a `.mlir` file (with its weights in the `.safetensors` beside it), a model or
standard input (`-`), runs a pipeline of passes and prints the result. Errors are one message on
standard error; the exit code is 1 for a fault in the input and 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..compiler.passes import PassFactory, get_all_passes
from ..dialects import make_context
from ..errors import StepwellError, UsageError
from ..plugins import be_strict
from .opt.arguments import parse_arguments
from .opt.pass_pipeline import parse_pass_pipeline, pipeline_text
from .opt.session import Session, message


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool with `argv` or the process's arguments; gives the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if "--strict" in words or "-strict" in words:  # before the passes, which are options
        be_strict()
    try:
        passes = get_all_passes()
        args = parse_arguments(words, passes)
        return _run(args, passes)
    except StepwellError as error:
        sys.stdout.flush()
        print(message(error), file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader, as in `opt-tool ... | head`, has seen enough
        sys.stderr.close()
        return 0


def _run(args: argparse.Namespace, passes: dict[str, PassFactory]) -> int:
    ctx = make_context(allow_unregistered=args.allow_unregistered_dialect)
    if args.list_passes or args.list_dialects or args.show_dialects:
        from .opt import listing

        if args.list_passes:
            sys.stdout.write(listing.list_passes(passes))
        elif args.list_dialects:
            sys.stdout.write(listing.list_dialects(ctx))
        else:
            sys.stdout.write(listing.show_dialects(ctx))
        return 0
    if args.inputs and not (args.run or args.check_numerics):
        raise UsageError("--inputs is for --run and --check-numerics")
    pipeline = parse_pass_pipeline(",".join(args.pass_pipeline), passes)
    if args.dump_pass_pipeline:
        print(pipeline_text(pipeline), file=sys.stderr)
    return Session(args, ctx, pipeline).run()


if __name__ == "__main__":
    sys.exit(main())
