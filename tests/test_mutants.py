"""The lists of planted errors are true of the checkout: `make mutants` plants them."""

import pytest

from tools.mutants import ROOT, Plant, plants


@pytest.mark.parametrize("plant", plants().values(), ids=plants())
def test_a_plants_text_is_in_its_file_once_and_its_tests_are_there(plant: Plant) -> None:
    assert (ROOT / plant.file).read_text(encoding="utf-8").count(plant.old) == 1
    assert plant.old != plant.new
    assert plant.tests
    for test in plant.tests:
        path, _, name = test.partition("::")
        assert not name or f"def {name.split('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8"), test
        assert (ROOT / path).exists(), test


def test_there_are_plants_for_every_part() -> None:
    names = [name.split(".")[0] for name in plants()]
    assert len(names) >= 120
    assert set(names) >= {"dynamics", "figures", "pages", "browser", "server"}
    assert len({(plant.file, plant.old, plant.new) for plant in plants().values()}) == len(names)
