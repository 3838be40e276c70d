"""The lists of planted errors are true of the checkout: `make mutants` plants them."""

import pytest

from tools.mutants import ROOT, Plant, plants


@pytest.mark.parametrize("plant", plants().values(), ids=plants())
def test_a_plants_text_is_in_its_file_once_and_its_tests_are_there(plant: Plant) -> None:
    assert (ROOT / plant.file).read_text(encoding="utf-8").count(plant.old) == 1
    assert plant.old != plant.new
    assert plant.tests
    for test in plant.tests:
        assert (ROOT / test.split("::")[0]).exists(), test
