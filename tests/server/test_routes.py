import re
from importlib.resources import files

import pytest

from server.routes import ASSETS, FLAT, SPATIAL


def plotly_version(script: str) -> str:
    found = re.match(r"/\*\*\n\* plotly\.js .*v(\S+)\n", script)
    assert found
    return found[1]


@pytest.mark.parametrize("bundle", [FLAT, SPATIAL])
def test_the_bundles_are_of_the_python_packages_plotly(bundle: str) -> None:
    whole = files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")
    assert plotly_version((ASSETS / bundle).read_text(encoding="utf-8")) == plotly_version(whole)
