"""Each control says what it does and what to try: every setting that is declared, and every field that a page draws."""

import importlib
import pkgutil
import re

import pytest

import pages
from content.catalogue import TITLES
from dynamics.experiment import SETTINGS
from dynamics.noise import KINDS
from dynamics.optimizers import OPTIMIZERS
from dynamics.settings import Setting
from dynamics.studies.network import SETTINGS as OF_NETWORK
from dynamics.studies.recovery import SETTINGS as OF_RECOVERY
from tests.pages.test_simulator import opened

MODULES = [each.name for each in pkgutil.iter_modules(pages.__path__, "pages.") if not each.ispkg]


def declared(name: str) -> list[Setting]:
    """The settings that a module names, alone or in a tuple."""
    values = vars(importlib.import_module(name)).values()
    return [each for value in values for each in (value if isinstance(value, tuple) else [value]) if isinstance(each, Setting)]


@pytest.mark.parametrize("name", MODULES)
def test_each_setting_of_a_page_says_what_it_does(name: str) -> None:
    assert [each.name for each in declared(name) if not each.meaning] == []


def test_each_setting_of_an_experiment_says_what_it_does() -> None:
    settings = [
        *SETTINGS.values(),
        *OF_RECOVERY.values(),
        *OF_NETWORK.values(),
        *(each for optimizer in OPTIMIZERS.values() for each in optimizer.settings),
        *(each for kind in KINDS.values() for each in kind.settings),
    ]
    assert [each.name for each in settings if not re.search(r"\b[Tt]ry\b", each.meaning)] == []


KINDS_OF_FIELDS = (
    "slider", "select_slider", "selectbox", "number_input", "toggle", "radio", "multiselect", "text_input", "text_area",
    "button_group", "file_uploader",
)  # fmt: skip
ELSEWHERE = ("group", "page", "control.start.", "bench.start.", "control.landscape.")  # pages; explained by their heading or label


@pytest.mark.parametrize("view", TITLES)
def test_each_field_of_a_page_is_explained_beside_it(view: str) -> None:
    page = opened(view=view, paths="20", frames="20")
    fields = [field for kind in KINDS_OF_FIELDS for field in page.get(kind)]
    unexplained = [field.proto.label for field in fields if not field.proto.help and not str(field.key).startswith(ELSEWHERE)]
    assert unexplained == []
    starts = [field for field in page.number_input if ".start." in str(field.key)]
    assert bool(starts) == any(text.value.startswith("Start") and text.proto.help for text in page.markdown)
