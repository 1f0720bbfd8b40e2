"""What `check-memory-plan` refuses of branches and loops, each one change from a plan it takes."""

from __future__ import annotations

import pytest

from stepwell.errors import CompileError
from stepwell.test.transforms.check_memory_plan.checked import check

PLAN = """
func.func @main(%arena: memref<512xi8>, %n: memref<i64>, %c: memref<i1>, %x: memref<4xf32>,
    %xs: memref<9x4xf32>, %y: memref<4xf32>, %rows: memref<9x4xf32>)
    attributes {input_names = ["n", "c", "x", "xs"], output_names = ["y", "rows"]} {
  %a = engine.view %arena {offset = 0 : i64} : memref<512xi8> -> memref<4xf32>
  engine.softmax %x outs(%a : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>
  %k = engine.view %arena {offset = 128 : i64} : memref<512xi8> -> memref<4xf32>
  engine.softmax %x outs(%k : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>
  %z = engine.loop limit(%n : memref<i64>) carry(%a : memref<4xf32>) scan(%xs : memref<9x4xf32>)
      outs(%rows : memref<9x4xf32>) attributes {turns = array<i64: 64>} -> memref<4xf32> {
  ^bb0(%i: index, %v: memref<4xf32>, %s: memref<4xf32>):
    %t = engine.view %arena {offset = 192 : i64} : memref<512xi8> -> memref<4xf32>
    engine.if %c outs(%t : memref<4xf32>) : memref<i1> {
      %t1 = engine.view %arena {offset = 192 : i64} : memref<512xi8> -> memref<4xf32>
      engine.softmax %k outs(%t1 : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>
      engine.yield %t1 : memref<4xf32>
    } else {
      %t2 = engine.view %arena {offset = 192 : i64} : memref<512xi8> -> memref<4xf32>
      engine.softmax %s outs(%t2 : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>
      engine.yield %t2 : memref<4xf32>
    }
    %w = engine.view %arena[%i] {offset = 64 : i64, steps = array<i64: -64>, turns = array<i64: 2>}
        : memref<512xi8> -> memref<4xf32>
    engine.softmax %t outs(%w : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>
    %r = engine.view %rows[%i] {offset = 0 : i64, steps = array<i64: 16>, turns = array<i64: 0>}
        : memref<9x4xf32> -> memref<4xf32>
    engine.softmax %v outs(%r : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>
    engine.yield %w, %r : memref<4xf32>, memref<4xf32>
  }
  engine.relayout %z outs(%y : memref<4xf32>) : memref<4xf32>
  func.return
}
"""


def test_the_plan_is_right():
    check(PLAN)


REFUSED = {
    "rows beyond the last one": ("array<i64: 16>, turns", "array<i64: 32>, turns", "leaves %rows"),
    "rows before the first one": ("array<i64: 16>, turns", "array<i64: -16>, turns", "leaves"),
    "a row in another row": ("%rows[%i] {offset = 0", "%rows[%i] {offset = 16", "leaves %rows"),
    "rows that do not move": ("array<i64: 16>, turns", "array<i64: 0>, turns", "its row of %rows"),
    "a row of the other end": (
        "{turns = array<i64: 64>} ->",
        "{turns = array<i64: 64>, upwards = array<i64: 0>} ->",
        "its row of %rows",
    ),
    "rows without a limit": (
        "%arena[%i] {offset = 64 : i64, steps = array<i64: -64>, turns = array<i64: 2>}",
        "%arena[%i] {offset = 64 : i64, steps = array<i64: 16>, turns = array<i64: 0>}",
        "lies in no row",
    ),
    "three turns": ("turns = array<i64: 2>", "turns = array<i64: 3>", "takes 3 turns"),
    "places that meet": ("turns = array<i64: 64>} ->", "turns = array<i64: 8>} ->", "each other"),
    "one place, not two": ("attributes {turns = array<i64: 64>} ->", "->", "where the next"),
    "a step out of turn": ("array<i64: -64>", "array<i64: 0>", "was overwritten by %w"),
    "places out of the arena": ("array<i64: 64>} ->", "array<i64: 4096>} ->", "leaves %arena"),
    "what lies outside overwritten in a trip": ("offset = 128 : i64", "offset = 192 : i64", "%k"),
    "what lies outside overwritten in each second trip": (
        "%k = engine.view %arena {offset = 128",
        "%k = engine.view %arena {offset = 64",
        "operand %k was overwritten",
    ),
    "a branch that leaves its result elsewhere": (
        "%t2 = engine.view %arena {offset = 192",
        "%t2 = engine.view %arena {offset = 256",
        "%t2 does not lie at %t",
    ),
    "a result of one branch alone": (
        "engine.yield %t1 : memref<4xf32>\n",
        "engine.yield %t : memref<4xf32>\n",
        "reads bytes that nobody has written",
    ),
    "a view of what has two places": (
        "engine.relayout %z outs",
        "%q = engine.view %z {offset = 0 : i64, elements = array<i64: 0, 1>} : memref<4xf32>"
        " -> memref<4xf32>\n  engine.relayout %q outs",
        "depends on how many trips",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str):
    old, new, message = REFUSED[name]
    assert PLAN.count(old) == 1, PLAN.count(old)
    with pytest.raises(CompileError) as caught:
        check(PLAN.replace(old, new))
    assert message in str(caught.value)


def test_loops_in_each_other_have_an_end():
    """What would take for ever to write out is refused at once."""
    body = "engine.softmax %x outs(%y : memref<4xf32>) {axis = 0 : i64} : memref<4xf32>\n"
    for depth in range(20):
        body = (
            f"engine.loop limit(%n : memref<i64>) {{\n^bb0(%i{depth}: index):\n"
            + body
            + "engine.yield\n}\n"
        )
    text = (
        "func.func @main(%arena: memref<8xi8>, %n: memref<i64>, %x: memref<4xf32>,"
        ' %y: memref<4xf32>) attributes {input_names = ["n", "x"], output_names = ["y"]} {\n'
        + body
        + "func.return\n}"
    )
    with pytest.raises(CompileError, match="written out"):
        check(text)
