"""What is refused of plans for open sizes, and what it is called."""

from __future__ import annotations

import pytest

from stepwell.errors import CompileError
from stepwell.test.transforms.check_memory_plan.checked import check

N, M, NN = (f'memref<?xf32, #engine.layout<"a", sizes<"{size}">>>' for size in ("N", "M", "N * 2"))


def function(attributes: str, *steps: str, y: str = N) -> str:
    body = "\n    ".join(steps)
    return f"""
func.func @main(%arena: memref<?xi8>, %x: {N}, %z: {M}, %y: {y})
    attributes {{{attributes}}} {{
    {body}
    func.return
}}"""


def view(name: str, place: int, type_: str = N) -> str:
    return f"%{name} = engine.view %arena {{place = {place} : i64}} : memref<?xi8> -> {type_}"


def softmax(source: str, target: str, type_: str = N) -> str:
    return f"engine.softmax %{source} outs(%{target} : {type_}) {{axis = 0 : i64}} : {type_}"


JOINED = f"engine.concat %a, %b outs(%y : {NN}) {{axis = 0 : i64}} : {N}, {N}"


def plan(*places: str) -> str:
    return f"plan = #engine.plan<{', '.join(f'{n} : {p}' for n, p in enumerate(places))}>"


TWO = [view("a", 0), softmax("x", "a"), view("b", 1), softmax("a", "b"), JOINED]


def test_places_that_live_together_rest_on_each_other():
    check(function(plan('"N * 4" above []', '"N * 4" above [0]'), *TWO, y=NN))
    wrong = function(plan('"N * 4" above [] | []', '"N * 4" above [0] | []'), *TWO, y=NN)
    said = "places 0 and 1 are used at the same time, and in structure 1 neither rests on the other"
    with pytest.raises(CompileError, match=said):
        check(wrong)


def test_a_place_rests_on_another_through_a_third():
    places = plan('"N * 4" above []', '"N * 4" above [2]', "64 above [0]")
    check(function(places, *TWO, y=NN))


def test_places_that_do_not_live_together_may_meet():
    steps = [view("a", 0), softmax("x", "a"), view("b", 1), softmax("a", "b")]
    steps += [view("c", 2), softmax("b", "c"), softmax("c", "y")]
    check(function(plan('"N * 4" above []', '"N * 4" above [0]', '"N * 4" above [1]'), *steps))
    check(function(plan('"N * 4" above []', '"N * 4" above [0, 2]', '"N * 4" above []'), *steps))


def test_a_view_stays_in_its_place():
    steps = [view("a", 0), softmax("x", "a"), softmax("a", "y")]
    said = "bytes 0 to N \\* 4 of %a are not proven to lie within the M \\* 4 bytes of place 0"
    with pytest.raises(CompileError, match=said):
        check(function(plan('"M * 4" above []'), *steps))
    relation = 'relations = [#engine.relation<"N", "M", "/Add">], '
    check(function(relation + plan('"M * 4" above []'), *steps))
    check(function(plan('"max(M, N) * 4" above []'), *steps))


def test_a_name_that_no_argument_gives():
    steps = [view("a", 0), softmax("x", "a"), softmax("a", "y")]
    with pytest.raises(CompileError, match="place 0 has .* bytes, but no argument says what Q is"):
        check(function(plan('"N * 4 + Q" above []'), *steps))


def test_within_a_place_it_is_looked_at_byte_for_byte():
    steps = [view("a", 0), softmax("x", "a"), view("b", 0), softmax("x", "b"), JOINED]
    said = "operand %a was overwritten by %b \\(where .*N = 1"
    with pytest.raises(CompileError, match=said):
        check(function(plan('"N * 4" above []'), *steps, y=NN))


def test_a_plan_needs_an_arena():
    check(function(plan('"N * 4" above []'), view("a", 0), softmax("x", "y")))
    with pytest.raises(CompileError, match="is not planned"):
        check("func.func @main() attributes {plan = #engine.plan<>} {\n  func.return\n}")
