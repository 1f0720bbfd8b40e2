"""The table of templates: each stands under the name of the operation it is for."""

import pytest

from stepwell.dialects.engine import OPERATIONS
from stepwell.dialects.engine.base import EngineOp
from stepwell.kernels import registry
from stepwell.kernels.template import Template


@pytest.mark.parametrize("name", registry.TEMPLATES)
def test_templates_are_for_the_operation_of_their_key(name: str) -> None:
    """So an operation that the registry hands to a template is always one of its `OP`."""
    [operation] = [op for op in OPERATIONS if op.name == name]
    assert issubclass(operation, EngineOp)
    for entry in registry.TEMPLATES[name]:
        template = registry._load(entry)
        assert isinstance(template, Template)
        assert template.OP in (operation, EngineOp), f"{entry} is for {template.OP}"
