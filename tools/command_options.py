"""The options that several commands of `stepwell` have, as typer takes them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..runtime.pool import MOST_THREADS


class Exactness(StrEnum):
    """What rewrites may do to numbers."""

    BITWISE = "bitwise"
    ROUNDING = "rounding"
    APPROXIMATE = "approximate"


class Precision(StrEnum):
    """What products may be computed in."""

    F32 = "f32"
    BF16 = "bf16"


Model = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="a model or a .mlir module", show_default=False),
]
AnyFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="a model, .well or .mlir file", show_default=False)
]
Program = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", help="a model, a .mlir module or a .well file", show_default=False
    ),
]
Threads = Annotated[
    int, typer.Option(min=1, max=MOST_THREADS, help="threads that one call may use")
]
Shapes = Annotated[
    list[str] | None,
    typer.Option(
        "--shape",
        metavar="NAME=1,3,...",
        help="the shape of an input, or the size of a named dimension; may be repeated",
        show_default=False,
    ),
]
Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        metavar="NAME=1,...",
        help="sizes to compile for ahead, one for each name; may be repeated",
        show_default=False,
    ),
]
Sizes = Annotated[
    list[str] | None,
    typer.Option(
        "--size",
        metavar="NAME=1..2048/8@128",
        help="bounds of a size that stays open, what divides it, and the size to plan for; or one "
        "number; may be repeated",
        show_default=False,
    ),
]
CallSizes = Annotated[
    list[str] | None,
    typer.Option(
        "--size",
        metavar="NAME=7",
        help="a size of the calls that are made, of the program for all sizes; or bounds and a "
        "hint, NAME=1..2048/8@128; may be repeated, for one name to try several",
        show_default=False,
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--value",
        metavar="NAME=V,...",
        help="the value of an input, which is compiled in and decides branches; may be repeated",
        show_default=False,
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--inputs",
        metavar="FILE",
        help="inputs by name, IN.npz, or one of them, [NAME=]X.npy; may be repeated",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="of the random inputs used without --inputs")]
Target = Annotated[
    str | None,
    typer.Option(metavar="T", help="the processor to compile for; this one if not given"),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="the second file of a model of two; the one beside it if not given",
        show_default=False,
    ),
]
Signature = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="which of several functions of a model", show_default=False),
]
Level = Annotated[
    int | None,
    typer.Option(
        "-O",
        metavar="0..3",
        min=0,
        max=3,
        help="how much is optimised: 0 only what is needed to run, 3 also approximate rewrites; "
        "2 if not given",
        show_default=False,
    ),
]
ExactnessOption = Annotated[
    Exactness | None,
    typer.Option(
        "--exactness",
        help="what rewrites may do to numbers; rounding if not given, approximate with -O3",
        show_default=False,
    ),
]
PrecisionOption = Annotated[
    Precision | None,
    typer.Option(
        "--precision",
        help="what products may be computed in: bf16 rounds both sides where that is faster; f32 "
        "if not given",
        show_default=False,
    ),
]
Enable = Annotated[
    list[str] | None,
    typer.Option(
        "--enable",
        metavar="NAME",
        help="a rewrite or optional pass that the level leaves out; may be repeated",
        show_default=False,
    ),
]
Disable = Annotated[
    list[str] | None,
    typer.Option(
        "--disable",
        metavar="NAME",
        help="a rewrite or optional pass that does not take part; may be repeated",
        show_default=False,
    ),
]
