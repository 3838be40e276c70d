"""The palette keeps its promises to everybody: contrast, colour blindness, greyscale, one meaning everywhere."""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from figures import palette as module
from figures.palette import THEMES, palette, themes

from .colour import SIGHT, contrast, difference, lab

ROLES = tuple(palette()["meanings"])
ROOT = Path(__file__).parent.parent.parent


def test_ciede2000_reproduces_published_pairs():
    # Sharma, Wu, Dalal 2005, table 1: pairs 1, 7, 17, 25
    for p, q, expected in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ):
        assert difference(np.array(p, float), np.array(q, float)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme):
    colours = palette()[theme]
    for role in ("ink", "muted", "accent", "warning"):
        for surface in ("background", "paper", "raised"):
            assert contrast(colours[role], colours[surface]) >= 4.5, (role, surface)


@pytest.mark.parametrize("theme", THEMES)
def test_no_control_wears_a_colour_that_means_something(theme):
    colours = palette()[theme]
    for role in set(ROLES) - {"manifold"}:  # a line in the colour of the text
        assert difference(lab(colours["accent"]), lab(colours[role])) >= 10, role
    for sheet in (ROOT / "assets").rglob("*.css"):
        assert colours["limit"] not in sheet.read_text("utf-8"), sheet.name


@pytest.mark.parametrize("theme", THEMES)
def test_marks_stand_out_from_the_page_and_from_every_contour(theme):
    colours = palette()[theme]
    for role in ROLES:
        for surface in (colours["background"], colours["paper"], *colours["contour"]):
            assert contrast(colours[role], surface) >= 3, (role, surface)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_roles_differ_for_everybody(theme, sight):
    colours = palette()[theme]
    for a, b in combinations(ROLES, 2):
        assert difference(lab(colours[a], sight), lab(colours[b], sight)) >= 10, (a, b)
    assert difference(lab(colours["sgd"], sight), lab(colours["limit"], sight)) >= 25


@pytest.mark.parametrize("theme", THEMES)
def test_greyscale_tells_roles_with_the_same_mark_apart(theme):
    colours, marks = palette()[theme], palette()["marks"]
    for a, b in combinations(ROLES, 2):
        if marks[a] == marks[b]:
            assert abs(lab(colours[a])[0] - lab(colours[b])[0]) >= 9, (a, b)


@pytest.mark.parametrize("theme", THEMES)
def test_contours_grow_away_from_the_paper(theme):
    distances = [abs(lab(c)[0] - lab(palette()[theme]["paper"])[0]) for c in palette()[theme]["contour"]]
    assert distances == sorted(distances)


@pytest.mark.parametrize("theme", THEMES)
def test_streamlits_theme_is_the_palette(theme):
    colours = palette()[theme]
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][theme]
    assert settings["primaryColor"] == colours["accent"]
    assert settings["backgroundColor"] == colours["background"]
    assert settings["secondaryBackgroundColor"] == colours["raised"]
    assert settings["textColor"] == colours["ink"]
    assert settings["sidebar"]["backgroundColor"] == colours["raised"]


def test_a_damaged_palette_costs_its_own_colours_and_a_line_of_the_log(tmp_path, monkeypatch, caplog) -> None:
    whole = themes()
    text = module.FILE.read_text("utf-8").replace('limit = "#0b4fe0"', 'limit = "blueish"').replace('"#e6e5df"]', "]")
    monkeypatch.setattr(module, "FILE", tmp_path / "palette.toml")
    try:
        for content, lost in ((text, {"limit", "contour"}), ("[light", set(whole["light"])), ("", set(whole["light"]))):
            module.FILE.write_text(content, "utf-8")
            module.palette.cache_clear()
            module.themes.cache_clear()
            found = themes()["light"]
            assert {role for role, colour in found.items() if colour != whole["light"][role]} == lost - {"paper"}
            assert contrast(found["limit"], found["paper"]) > 20
            assert "limit" in caplog.text
            caplog.clear()
    finally:
        module.palette.cache_clear()
        module.themes.cache_clear()


def test_every_colour_of_the_file_is_a_role_of_the_program() -> None:
    for theme in THEMES:
        assert palette()[theme] == themes()[theme]
