"""The table of templates: each stands under the name of the operation it is for."""

from collections.abc import Callable, Iterator

import pytest

from stepwell import plugins
from stepwell.dialects.engine import OPERATIONS
from stepwell.errors import StepwellError
from stepwell.kernels import registry
from stepwell.kernels.elementwise.map import MapTemplate
from stepwell.kernels.template import Template


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
    plugins.told.cache_clear()
    yield monkeypatch
    registry._plugged.cache_clear()


WRONG = [
    (
        MapTemplate,
        "'mine' lists MapTemplate as a kernel of 'engine.pad', but its OP is 'engine.map'",
    ),
    (dict, "'mine' has a dict as the kernel of 'engine.pad', expected a stepwell.kernels.template"),
]


@pytest.mark.parametrize(("factory", "words"), WRONG, ids=["other operation", "not a template"])
def test_a_wrong_template_of_a_plug_in(
    factory: Callable[[], object],
    words: str,
    plug_in: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is left out with one line; in strict mode it is an error."""
    plugin = plugins.Plugin(kernels={"engine.pad": factory})
    plug_in.setattr(plugins, "installed_plugins", lambda: {"mine": plugin})
    assert registry._plugged("engine.pad") == ()
    [line] = capsys.readouterr().err.splitlines()
    assert words in line
    registry._plugged.cache_clear()
    plug_in.setenv(plugins.STRICT, "1")
    with pytest.raises(StepwellError, match=words):
        registry._plugged("engine.pad")
