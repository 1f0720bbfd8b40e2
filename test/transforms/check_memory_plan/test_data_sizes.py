"""What is refused of plans in which the data decides sizes: each would go beyond its memory."""

from __future__ import annotations

import pytest

from stepwell.dialects import make_context
from stepwell.errors import CompileError, StepwellError
from stepwell.ir.parse_ir import parse_ir
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

X = 'memref<?x?xf32, #engine.layout<"ab", sizes<"N", "S">>>'
ROWS = 'memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>'
T, COUNT = "memref<9x8xf32>", "memref<1xi64>"
Y = 'memref<?x2x8xf32, #engine.layout<"abc", sizes<"K">>>'


def view(name: str, place: int, type_: str, offset: str = "") -> str:
    said = f"place = {place} : i64" + (f', offset = "{offset}"' if offset else "")
    return f"%{name} = engine.view %arena {{{said}}} : memref<?xi8> -> {type_}"


def nonzero(name: str = "K", rows: str = ROWS) -> str:
    outs = f"outs(%rows, %count : {rows}, {COUNT})"
    return f'engine.nonzero %x {outs} {{defines = ["{name}"]}} : {X}'


GATHER = f"engine.gather %t, %rows outs(%y : {Y}) {{axis = 0 : i64}} : {T}, {ROWS}"
VIEWS = [view("rows", 0, ROWS), view("count", 1, COUNT)]
PLAN = ('"N * S * 16" above []', "8 above [0]")


def check(
    *steps: str, plan: tuple[str, ...] = PLAN, data: str = 'K in 0 to "N * S" data', y: str = Y
) -> None:
    body = "\n    ".join(steps)
    places = ", ".join(f"{n} : {place}" for n, place in enumerate(plan))
    text = f"""
func.func @main(%arena: memref<?xi8>, %x: {X}, %t: {T}, %y: {y}) attributes {{
    input_names = ["x", "t"], output_names = ["y"], plan = #engine.plan<{places}>,
    sizes = #engine.names<N in 0 hint 3, S in 0 hint 5, {data}>}} {{
    {body}
    func.return
}}"""
    ctx = make_context()
    CheckMemoryPlanPass().apply(ctx, parse_ir(ctx, text, "<plan>"))


def refused(what: str, *steps: str, **options: object) -> None:
    with pytest.raises(CompileError, match=what):
        check(*steps, **options)  # pyright: ignore[reportArgumentType]


def test_a_place_as_large_as_the_bound_is_proven():
    check(*VIEWS, nonzero(), GATHER)


def test_a_place_that_is_smaller_than_the_bound():
    refused(
        r"bytes 0 to K \* 16 of %rows are not proven to lie within the N \* S \* 8 bytes of place",
        *VIEWS,
        nonzero(),
        GATHER,
        plan=('"N * S * 8" above []', "8 above [0]"),
    )


def test_a_place_as_large_as_what_is_found_is_not_known_before():
    refused(
        "place 0 has K .* bytes, but no argument says what K is",
        *VIEWS,
        nonzero(),
        GATHER,
        plan=('"K * 16" above []', "8 above [0]"),
    )


def test_a_bound_below_what_the_operation_may_find():
    refused(
        r"engine.nonzero may find N \* S for the size K, whose bound is 4",
        *VIEWS,
        nonzero(),
        GATHER,
        data="K in 0 to 4 data",
    )


def test_a_size_without_a_bound():
    refused("whose bound is not said", *VIEWS, nonzero(), GATHER, data="K in 0 data")


def test_a_size_that_is_used_before_it_is_found():
    refused("engine.gather uses a size before it is found", *VIEWS, GATHER, nonzero())


def test_a_place_that_is_known_only_when_it_is_written():
    refused(
        "engine.nonzero writes to where it finds out only then",
        view("rows", 0, ROWS, "K * 16"),
        view("count", 1, COUNT),
        nonzero(),
        GATHER,
        plan=('"N * S * 32" above []', "8 above [0]"),
    )


def test_rows_that_are_as_many_whatever_is_found():
    rows = 'memref<?x2xi64, #engine.layout<"ab", sizes<"N">>>'
    refused(
        "engine.nonzero gives as much as if K were known before it runs",
        view("rows", 0, rows),
        view("count", 1, COUNT),
        nonzero(rows=rows),
        GATHER.replace(ROWS, rows).replace(Y, Y.replace('"K"', '"N"')),
        y=Y.replace('"K"', '"N"'),
    )


def test_a_size_that_nothing_finds():
    refused(
        "no operation finds the size L",
        *VIEWS,
        nonzero(),
        GATHER,
        data='K in 0 to "N * S" data, L in 0 to 4 data',
    )


def test_a_size_that_is_found_twice():
    refused("finds the size K, which another", *VIEWS, nonzero(), nonzero(), GATHER)


LATER = ('"N * S * 16" above []', "8 above [0]", '"K * 16" above [] in 1')
SUMS = f'engine.scan %rows outs(%sums : {ROWS}) {{axis = 0 : i64, kind = "sum"}} : {ROWS}'
GATHER_SUMS = GATHER.replace("%rows", "%sums")


def test_a_place_of_a_segment_is_as_large_as_what_is_found():
    check(*VIEWS, nonzero(), view("sums", 2, ROWS), SUMS, GATHER_SUMS, plan=LATER)


def test_a_place_of_a_segment_that_is_too_small():
    refused(
        r"bytes 0 to K \* 16 of %sums are not proven to lie within the K \* 8 bytes of place 2",
        *VIEWS,
        nonzero(),
        view("sums", 2, ROWS),
        SUMS,
        GATHER_SUMS,
        plan=(*LATER[:2], '"K * 8" above [] in 1'),
    )


def test_a_place_whose_segment_has_not_begun():
    refused(
        "engine.nonzero: uses place 2, whose segment has not begun",
        view("rows", 2, ROWS),
        view("count", 1, COUNT),
        nonzero(),
        GATHER,
        plan=LATER,
    )


def test_a_segment_that_does_not_begin():
    refused(
        "place 2 is in segment 2 of 1",
        *VIEWS,
        nonzero(),
        view("sums", 2, ROWS),
        SUMS,
        GATHER_SUMS,
        plan=(*LATER[:2], '"K * 16" above [] in 2'),
    )


def test_places_of_a_segment_that_meet():
    refused(
        "places 2 and 3 are used at the same time, and in structure 0 neither rests on the other",
        *VIEWS,
        nonzero(),
        view("sums", 2, ROWS),
        SUMS,
        view("twice", 3, ROWS),
        SUMS.replace("%rows", "%sums", 1).replace("%sums :", "%twice :"),
        GATHER.replace("%rows", "%twice"),
        plan=(*LATER, '"K * 16" above [] in 1'),
    )


def test_a_place_that_rests_on_one_of_another_segment():
    with pytest.raises(StepwellError, match="place 2 of segment 1 rests on one of another"):
        check(
            *VIEWS,
            nonzero(),
            view("sums", 2, ROWS),
            SUMS,
            GATHER_SUMS,
            plan=(*LATER[:2], '"K * 16" above [0] in 1'),
        )


def test_what_is_read_must_be_what_was_found():
    """The rows lie where the products of rows lie: they are gone when they are read."""
    refused(
        "engine.gather: operand %rows was overwritten by %other",
        *VIEWS,
        view("other", 0, ROWS),
        nonzero(),
        f'engine.scan %rows outs(%other : {ROWS}) {{axis = 0 : i64, kind = "prod"}} : {ROWS}',
        GATHER,
    )
