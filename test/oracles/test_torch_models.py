"""
Models of usual kinds, exported by torch and compiled, against eager torch.

Both forms of a program are read: as it is exported, and decomposed to core operators; with static
sizes and with open ones, which a call then has others of.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.errors import ImportModelError, UsageError
from stepwell.test.oracles.torch_models import Bert, Case, cases, torch

TOLERANCE = 1e-4
"""Of the largest magnitude."""


def leaves(tree: Any) -> list[Any]:
    """Tensors and numbers as arrays."""
    found = torch.utils._pytree.tree_leaves(tree)
    return [np.asarray(leaf.detach() if torch.is_tensor(leaf) else leaf) for leaf in found]


def check(found: Any, wanted: Any) -> None:
    outputs = [found] if isinstance(found, np.ndarray) else list(found)
    for output, want in zip(outputs, leaves(wanted), strict=True):
        assert output.shape == want.shape
        largest = max(float(np.abs(want).max(initial=0)), 1e-30)
        np.testing.assert_allclose(output, want, rtol=0, atol=TOLERANCE * largest)


def made(case: Case) -> Any:
    torch.manual_seed(1)
    return case.make().eval()


FORMS = [
    pytest.param(name, is_open, id=f"{name}-{'open' if is_open else 'static'}")
    for name, case in cases().items()
    for is_open in ((False, True) if case.dims is not None else (False,))
]


@pytest.mark.parametrize("is_core", [False, True], ids=["exported", "core"])
@pytest.mark.parametrize(("name", "is_open"), FORMS)
def test_models(name: str, *, is_core: bool, is_open: bool) -> None:
    case = cases()[name]
    model = made(case)
    program = torch.export.export(
        model, case.arguments(2), dynamic_shapes=case.dims if is_open else None
    )
    engine = stepwell.compile(program.run_decompositions() if is_core else program)
    assert not engine.host_ops
    for n in (2, 3, 5) if is_open else (2, 2):
        arguments = case.arguments(n)
        with torch.no_grad():
            check(engine(*leaves(arguments)), model(*arguments))


def test_a_file_and_a_program_are_one() -> None:
    case = cases()["mixture"]
    program = torch.export.export(made(case), case.arguments(2))
    written = io.BytesIO()
    torch.export.save(program, written)
    inputs = leaves(case.arguments(2))
    one, other = (stepwell.compile(source)(*inputs) for source in (program, written.getvalue()))
    np.testing.assert_array_equal(one, other)


def test_a_module_with_example_inputs() -> None:
    case = cases()["mixture"]
    model, arguments = made(case), case.arguments(2)
    engine = stepwell.compile(model, example=arguments)
    with torch.no_grad():
        check(engine(*leaves(arguments)), model(*arguments))


def test_a_module_alone_says_what_to_write() -> None:
    with pytest.raises(ImportModelError, match=r"stepwell\.compile\(model\.eval\(\), example="):
        stepwell.compile(Bert())


def test_a_module_in_training_mode() -> None:
    with pytest.raises(ImportModelError, match=r"is in training mode.*call model\.eval"):
        stepwell.compile(Bert().train(), example=(1,))


def test_a_module_that_cannot_be_exported() -> None:
    class Asks(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return x if x.sum() > 0 else -x

    with pytest.raises(ImportModelError, match=r"cannot be exported by torch\.export\.export"):
        stepwell.compile(Asks().eval(), example=(torch.ones(3),))


def test_an_example_that_is_no_tuple() -> None:
    with pytest.raises(UsageError, match=r"example is the arguments of a call as a tuple"):
        stepwell.compile(Bert().eval(), example=torch.ones(3))
