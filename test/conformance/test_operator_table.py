"""The table of operators, on outcomes made up for it."""

import onnx
import pytest

from stepwell.conformance.case import Case
from stepwell.conformance.operator_table import operators_page, versions_text
from stepwell.conformance.outcome import Outcome
from stepwell.conversion.onnx_import.microsoft import foreign_operators


def case(kind, name, operator=("", "Relu")):
    return Case(kind, name, 1e-3, 1e-7, lambda: (onnx.ModelProto(), []), operator)


OUTCOMES = {
    "node/test_relu": Outcome("native"),
    "node/test_relu_large": Outcome("partly", reference=("Relu is | large",)),
    "node/test_model": Outcome("refused", "no"),
    "type/Relu float": Outcome("native"),
    "type/Relu int8": Outcome("reference", reference=("Relu is of integers",)),
    "type/Relu double": Outcome("crashed", "SIGSEGV"),
}
CASES = [
    case("node", "test_relu"),
    case("node", "test_relu_large"),
    case("node", "test_model", None),
    case("type", "Relu double"),
    case("type", "Relu float"),
    case("type", "Relu int8"),
]


def test_a_row_says_what_the_cases_say():
    page = operators_page(CASES, OUTCOMES)
    [row] = [line for line in page.splitlines() if line.startswith("| `Relu` ")]
    assert row == (
        "| `Relu` | 1-14 | float | int8 | double | 2 of 2, 1 native "
        "| Relu is of integers; Relu is \\| large; SIGSEGV |"
    )


def test_the_summary_counts():
    page = operators_page(CASES, OUTCOMES)
    assert "| node | 3 | 2 | 1 | 1 | 0 | 1 | 0 | 0 |" in page
    assert "| type | 3 | 2 | 1 | 0 | 1 | 0 | 0 | 1 |" in page


def test_what_does_not_pass_is_listed():
    [_, listed] = operators_page(CASES, OUTCOMES).split("## Cases that do not pass")
    assert listed.splitlines()[4:] == [
        "| node/test\\_model | refused | no |",
        "| type/Relu double | crashed | SIGSEGV |",
    ]


def test_every_operator_has_a_row():
    page = operators_page([], {})
    for schema in onnx.defs.get_all_schemas_with_history():
        assert f"\n| `{schema.name}` | " in page
    for name in foreign_operators():
        assert f"\n| `{name}` | " in page.split("## com.microsoft")[1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Relu", "1-14"),
        ("Scan", "8-25"),
        ("Upsample", "1-10"),  # becomes Resize
        ("Swish", "24"),
        ("Unheard", "none"),
    ],
)
def test_versions(name, text):
    assert versions_text("", name) == text
