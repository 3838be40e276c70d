"""Each control says what it does: every setting that a page or an experiment declares has a meaning."""

import importlib
import pkgutil

import pytest

import pages
from dynamics.experiment import SETTINGS
from dynamics.noise import KINDS
from dynamics.settings import Setting
from dynamics.studies.network import SETTINGS as OF_NETWORK
from dynamics.studies.recovery import SETTINGS as OF_RECOVERY

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
        *(each for kind in KINDS.values() for each in kind.settings),
    ]
    assert [each.name for each in settings if not each.meaning] == []
