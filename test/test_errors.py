"""The messages of `errors.py`."""

from stepwell.errors import ImportModelError, StepwellError, UsageError


def test_one_problem_is_one_line():
    error = ImportModelError("model.onnx", "node '/a' is unknown")
    assert str(error) == "model.onnx: node '/a' is unknown"


def test_all_problems_are_listed():
    error = ImportModelError("model.onnx", ["first", "second"])
    assert str(error) == "model.onnx: 2 problems\n  - first\n  - second"
    assert error.problems == ("first", "second")


def test_exit_codes():
    assert StepwellError("x").exit_code == 1
    assert UsageError("x").exit_code == 2
    assert ImportModelError("x", "y").exit_code == 1
