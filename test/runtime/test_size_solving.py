"""The values of names from the shapes of inputs, and what is said of those that do not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.errors import CompileError, InputError
from stepwell.runtime.size import evaluated, named
from stepwell.runtime.size_facts import Dim, Facts, hidden
from stepwell.runtime.size_solving import Relation, SizeSolving
from stepwell.runtime.size_text import parse_size


def solving(facts=None, relations=(), **inputs):
    shapes = {name: [parse_size(str(size)) for size in shape] for name, shape in inputs.items()}
    return SizeSolving(shapes, facts, relations)


def test_names_are_read_off():
    assert solving(x=["N", 3, "S"], y=["S"]).solve({"x": (2, 3, 7), "y": (7,)}) == {"N": 2, "S": 7}


@given(*4 * [st.integers(0, 50)])
def test_expressions_with_one_unknown_name_are_solved(n, s, p, k):
    values = {"N": n, "S": s, "P": p, "K": k}
    inputs = {
        "a": ["2 * K - P + 100", "P + S"],
        "b": ["N", "S floordiv 2", "N * S"],
        "c": ["3 * S + 1"],
    }
    solver = solving(**inputs)
    shapes = {
        name: tuple(evaluated(parse_size(size), values) for size in sizes)
        for name, sizes in inputs.items()
    }
    assert solver.solve(shapes) == {name: values[name] for name in solver.names}


def test_a_name_that_nothing_gives_is_refused_at_once():
    with pytest.raises(CompileError, match=r"input 'x' has a size N \* S, .*what N and S is"):
        solving(x=["N * S", 3])
    with pytest.raises(CompileError, match=r"S floordiv 2, .*shapes=\{'S': 1\}"):
        solving(x=["S floordiv 2"])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"x": (2, 3), "y": (2, 5)}, r"input 'y' has shape \[2, 5\], expected \[N = 2, S \+ 1 = 4"),
        (
            {"x": (2,), "y": (2, 5)},
            r"input 'x' has rank 1 \(shape \[2\]\), expected rank 2: \[N, S",
        ),
        (
            {"x": (2,), "y": (5,)},
            r"input 'x' has rank 1.*; input 'y' has rank 1",
        ),
    ],
)
def test_shapes_that_contradict_each_other(shapes, message):
    with pytest.raises(InputError, match=message):
        solving(x=["N", "S"], y=["N", "S + 1"]).solve(shapes)


def test_no_size_is_negative_or_broken():
    solver = solving(x=["S + 4"], y=["2 * K"])
    with pytest.raises(InputError, match=r"input 'x' has S \+ 4 = 3, which is no size"):
        solver.solve({"x": (3,), "y": (2,)})
    with pytest.raises(InputError, match=r"input 'y' has K \* 2 = 3, which is no size"):
        solver.solve({"x": (5,), "y": (3,)})


def test_bounds_and_multiples():
    facts = Facts({"N": Dim(1, 4), "S/8": Dim(1, 16), "K": Dim(2)})
    solver = SizeSolving({"x": [named("N"), hidden("S", 8)], "y": [named("K")]}, facts)
    assert solver.solve({"x": (4, 128), "y": (2,)}) == {"N": 4, "S/8": 16, "K": 2}
    with pytest.raises(InputError) as caught:
        solver.solve({"x": (5, 136), "y": (1,)})
    assert str(caught.value) == (
        "input 'x' has N = 5, expected 1 to 4; input 'x' has S = 136, expected 8 to 128 in steps "
        "of 8; input 'y' has K = 1, expected at least 2"
    )
    with pytest.raises(InputError, match="input 'x' has S = 100, which is no multiple of 8"):
        solver.solve({"x": (1, 100), "y": (2,)})


def test_relations_say_the_node_and_what_would_fit():
    height = named("H")
    relation = Relation(parse_size("16 * (H floordiv 16)"), height, "/up1/Concat")
    solver = SizeSolving({"x": [height]}, relations=[relation])
    assert solver.solve({"x": (96,)}) == {"H": 96}
    with pytest.raises(InputError) as caught:
        solver.solve({"x": (100,)})
    assert str(caught.value) == (
        "input 'x' has H = 100: '/up1/Concat' needs equal sizes, and (H floordiv 16) * 16 is 96,"
        " H is 100; multiples of 16 fit"
    )
    near = Relation(parse_size("(H + 1) floordiv 2 * 2"), parse_size("H + 1"), "/n")
    with pytest.raises(InputError, match="; 99 and 101 fit"):
        SizeSolving({"x": [height]}, relations=[near]).solve({"x": (100,)})
    two = Relation(named("A"), named("B"), "/add")
    with pytest.raises(InputError, match=r"'x' has A = 2 and input 'y' has B = 3: '/add' needs"):
        solving(x=["A"], y=["B"], relations=[two]).solve({"x": (2,), "y": (3,)})


def test_a_message_tells_a_few_of_many_relations():
    relations = [Relation(named("S"), 8 + at, f"/node{at}") for at in range(9)]
    solver = solving(relations=relations, x=["S"])
    with pytest.raises(
        InputError, match="'/node3' needs equal sizes.*; and 4 more of this kind"
    ) as e:
        solver.solve({"x": (8,)})
    assert "/node5" not in str(e.value)


def test_one_of_two_sizes_may_be_one():
    relation = Relation(named("S"), named("N"), "/add", or_one=True)
    solver = solving(relations=[relation], x=["N", "S"])
    for shape in ((3, 3), (1, 7), (7, 1), (0, 1), (0, 0)):
        assert solver.solve({"x": shape}) == {"N": shape[0], "S": shape[1]}
    for shape in ((2, 3), (0, 2)):
        with pytest.raises(InputError, match="'/add' needs equal sizes, or one that is 1"):
            solver.solve({"x": shape})
