"""The table of templates: each stands under the name of the operation it is for."""

from collections.abc import Iterator

import pytest

from stepwell.dialects.engine import OPERATIONS
from stepwell.errors import StepwellError
from stepwell.kernels import registry
from stepwell.kernels.elementwise.map import MapTemplate
from stepwell.kernels.template import Template
from stepwell.plugins import Plugin


@pytest.mark.parametrize("name", registry.TEMPLATES)
def test_templates_are_for_the_operation_of_their_key(name: str) -> None:
    """So an operation that the registry hands to a template is always one of its `OP`."""
    [operation] = [op for op in OPERATIONS if op.name == name]
    for entry in registry.TEMPLATES[name]:
        template = registry._load(entry)
        assert isinstance(template, Template)
        assert template.OP is operation, f"{entry} is for {template.OP}"


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    registry._plugged.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    registry._plugged.cache_clear()


def test_a_template_of_a_plug_in_for_another_operation(plug_in: pytest.MonkeyPatch) -> None:
    plugin = Plugin(kernels={"engine.pad": MapTemplate})
    plug_in.setattr(registry, "installed_plugins", lambda: {"mine": plugin})
    with pytest.raises(StepwellError, match="'mine' lists MapTemplate .* 'engine.pad'.*engine.map"):
        registry._plugged("engine.pad")


def test_a_kernel_of_a_plug_in_that_is_not_a_template(plug_in: pytest.MonkeyPatch) -> None:
    plugin = Plugin(kernels={"engine.pad": dict})
    plug_in.setattr(registry, "installed_plugins", lambda: {"mine": plugin})
    with pytest.raises(StepwellError, match="'mine' has a dict as the kernel of 'engine.pad'"):
        registry._plugged("engine.pad")
