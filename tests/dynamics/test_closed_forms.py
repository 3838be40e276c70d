"""The table of the page "How it is computed": what the engine gives agrees with what is exact, and with what the page shows."""

from dataclasses import replace

import pytest

from dynamics.studies.closed_forms import TABLE, ClosedForm, Seen
from pages.how import seen


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_is_seen_agrees_with_what_is_exact_and_is_what_the_page_shows(row: ClosedForm) -> None:
    found = row.seen()
    assert row.agrees(found), f"{found} against {row.exact}"
    shown = seen()[row.name]
    assert found.value == pytest.approx(shown.value, rel=1e-6, abs=1e-9)
    assert found.standard_error == pytest.approx(shown.standard_error, rel=1e-2)


def test_a_wrong_number_would_be_noticed() -> None:
    motor = next(row for row in TABLE if row.name == "motor")
    assert not motor.agrees(Seen(0.75))
    sphere = next(row for row in TABLE if row.name == "sphere")
    assert not replace(sphere, exact=0.6065).agrees(seen()["sphere"])  # on the circle, in two dimensions
