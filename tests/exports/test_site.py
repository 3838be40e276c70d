"""A site without a server: whole, asking nobody for anything, and with the numbers of the runs that it names."""

import gzip
import io
import json
import posixpath
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from PIL import Image

from content.catalogue import TITLES
from content.lectures import lectures
from content.presets import presets
from dynamics import Experiment, simulate, two_clocks
from exports.site import __main__ as command
from exports.site import build
from exports.site.__main__ import main
from exports.site.alternatives import alternatives
from exports.site.build import OF_ONE_RUN, _entry
from exports.site.pages import Site
from exports.site.runs import Look, choices_of
from exports.site.studies import STUDIES
from exports.site.text import formula, html
from figures.blob import decode
from figures.card import SIZE
from figures.clocks import clocks_panel
from figures.glossary import glossary

PARTS = ("lectures/flat_and_sparse", "gallery/minibatch", "gallery/phases")
NOTES = "notes.html"  # has no pictures
LABORATORY = "https://example.org/app/"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(build(PARTS))


class Found(HTMLParser):
    """Addresses and anchors of a page, and the JSON that its script is told."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses += [given[name] for name in ("href", "src", "srcset") if name in given]
        self.anchors |= {given["id"]} if "id" in given else set()


def told(page: bytes) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="page">(.*?)</script>', page.decode(), re.S)[1])  # type: ignore


def named_runs(data: dict) -> set[str]:
    players = {name for player in data["players"] for name in (player["run"], *player.get("runs", {}).values())}
    steps = data["lecture"]["steps"] if data["lecture"] else []
    players |= {name for panel in data["panels"] for name in panel["panels"].values()}
    return players | {step[part] for step in steps for part in ("part", "whole") if step[part]}


def content_of(files: dict[str, bytes], name: str) -> dict:
    """What a script in runs/ says."""
    return json.loads(re.search(r"azl\.came\(\"\w+\", (\{.*\})\);", files[f"runs/{name}.js"].decode(), re.S)[1])  # type: ignore


def broken(files: dict[str, bytes], elsewhere: str = "") -> list[str]:
    """Addresses that lead nowhere in the folder, nor to `elsewhere`."""
    pages = {path: Found(content.decode()) for path, content in files.items() if path.endswith(".html")}
    wrong = []
    for path, found in pages.items():
        folder = posixpath.dirname(path)
        for address in found.addresses:
            if elsewhere and address.startswith(elsewhere):
                continue
            there = urlsplit(address)
            target = posixpath.normpath(posixpath.join(folder, there.path)) if there.path else path
            anchor_missing = there.fragment and there.fragment not in getattr(pages.get(target), "anchors", ())
            if there.scheme or there.netloc or there.path.startswith("/") or target not in files or anchor_missing:
                wrong.append(f"{path}: {address}")
        if path != NOTES:
            wrong += [f"{path}: run {name}" for name in named_runs(told(files[path])) if f"runs/{name}.js" not in files]
    for address in re.findall(r'url\("?([^")]+)', files["lab/site.css"].decode()):
        if f"lab/{address}" not in files:
            wrong.append(f"site.css: {address}")
    return wrong


def test_every_link_leads_somewhere_in_the_folder(files: dict[str, bytes]) -> None:
    assert broken(files) == []
    pages = [path for path in files if path.endswith(".html") and path != NOTES]
    assert set(pages) == {
        "index.html", "glossary.html", "gallery.html", "lectures.html", "gallery/minibatch.html", "gallery/phases.html",
        "lectures/flat_and_sparse.html",
    }  # fmt: skip
    named = {name for path in pages for name in named_runs(told(files[path]))}
    stills = {name for panel in told(files["gallery/phases.html"])["panels"] for name in panel["panels"].values()}
    pictures = {content_of(files, name)["figure"] for name in named - stills}
    assert {path for path in files if path.startswith("runs/")} == {f"runs/{name}.js" for name in named | pictures}
    assert len(pictures) < len(named - stills) / 2


def test_planted_links_are_caught(files: dict[str, bytes]) -> None:
    page = files["gallery.html"].replace(b'href="lab/site.css"', b'href="https://cdn.example/site.css"')
    page = page.replace(b"gallery/phases.html", b"gallery/phase.html").replace(b'"glossary.html"', b'"glossary.html#nowhere"')
    assert len(broken(files | {"gallery.html": page})) == 3
    assert broken({path: content for path, content in files.items() if not path.startswith("runs/")})


def test_its_modules_hold_all_that_they_import(files: dict[str, bytes]) -> None:
    imports = json.loads(re.search(r"azl\.begin\((.*)\);", files["lab/modules.js"].decode(), re.S)[1])["imports"]  # type: ignore
    sources = {name: b64decode(address.partition(",")[2]).decode() for name, address in imports.items()}
    assert "azl/player/player.js" in sources
    assert "azl/ask/sketch.js" in sources
    for name, source in sources.items():
        assert set(re.findall(r'(?:from|import)\s*\(?\s*"([^"]+)"', source)) <= set(sources), name
        assert "import.meta" not in source
        assert not re.findall(r'"https?://(?!www\.w3\.org)', source), name


def test_runs_are_those_of_their_links_and_say_so(files: dict[str, bytes]) -> None:
    player = told(files["gallery/minibatch.html"])["players"][0]
    assert set(player["runs"]) == {f"{rate}|{kind}" for rate in ("0.1", "0.05", "0.025") for kind in ("minibatch", "label")}
    for key in ("0.05|minibatch", "0.025|label"):
        said = content_of(files, player["runs"][key])
        link = dict(parse_qsl(said["about"]["link"].removeprefix("?")))
        assert link == dict(parse_qsl(told(files["gallery/minibatch.html"])["choices"]["links"][key].removeprefix("?")))
        outcome = simulate(Experiment.from_query(link))
        rate, kind = key.split("|")
        assert (outcome.experiment.learning_rate, outcome.experiment.noise.kind) == (float(rate), kind)
        header, arrays = decode(b64decode(said["blob"]))
        assert {trace.get("meta") for trace in content_of(files, said["figure"])["data"]} >= {"manifold", "flow"}
        for who in ("sgd", "limit"):
            span = np.ptp(getattr(outcome, who), axis=(0, 1)).max()
            np.testing.assert_allclose(arrays[who], getattr(outcome, who)[:, :100], atol=2e-3 * span)
        np.testing.assert_array_equal(arrays["series.loss.sgd.high"], outcome.observables["loss"].sgd.high.astype(np.float32))
        assert "The first 100 of each are drawn; the lines are of all." in header["caption"]
        assert said["about"]["caption"].startswith("300 paths of SGD")
        assert said["about"]["seed"] == "0"
        assert said["about"]["version"].startswith("After Zero Loss 0.")


def test_a_file_is_small_and_the_same_each_time(files: dict[str, bytes]) -> None:
    assert max(len(content) for path, content in files.items() if path.startswith("runs/")) < 0.4e6
    again = dict(build(("gallery/minibatch",)))
    assert {path: content for path, content in again.items() if path.startswith("runs/")}.items() <= files.items()
    lectures_too = files["gallery/minibatch.html"].replace(b'<a href="../lectures.html">Lectures</a>', b"")
    assert again["gallery/minibatch.html"] == lectures_too


def test_a_page_says_what_a_pasted_link_shows(files: dict[str, bytes]) -> None:
    page = files["gallery/minibatch.html"].decode()
    (entry,) = [each for each in presets() if each.name == "minibatch"]
    assert f'<meta property="og:title" content="{entry.title} · After Zero Loss">' in page
    assert f'<meta property="og:description" content="{entry.claim}">' in page


def test_with_an_address_a_pasted_link_shows_a_picture(files: dict[str, bytes]) -> None:
    there = dict(build(("gallery/minibatch",), address="https://example.org/site"))
    for path, card in (("index.html", "card.jpg"), ("gallery/minibatch.html", "gallery/minibatch.card.jpg")):
        (shown,) = re.findall(r'<meta property="og:image" content="https://example\.org/site/([^"]*)">', there[path].decode())
        assert shown == card
        with Image.open(io.BytesIO(there[card])) as picture:
            assert picture.size == SIZE
    assert there["card.jpg"] != there["gallery/minibatch.card.jpg"]
    assert not any(path.endswith("card.jpg") or b"og:image" in content for path, content in files.items())


def test_with_a_laboratory_each_experiment_leads_into_it() -> None:
    files = dict(build(("gallery/minibatch",), LABORATORY))
    assert broken(files, LABORATORY) == []
    page = Found(files["gallery/minibatch.html"].decode())
    (there,) = [address for address in page.addresses if address.startswith(f"{LABORATORY}?")]
    assert dict(parse_qsl(urlsplit(there).query)) == {"view": "simulator", "landscape": "hyperbola", "noise": "minibatch"}
    assert LABORATORY in page.addresses


def test_a_lecture_has_its_steps_and_its_questions(files: dict[str, bytes]) -> None:
    lecture = lectures()["flat_and_sparse"]
    page = files["lectures/flat_and_sparse.html"].decode()
    steps = told(files["lectures/flat_and_sparse.html"])["lecture"]["steps"]
    assert len(steps) == len(lecture.steps) == page.count('class="step"')
    kinds = [step["questions"]["ask"]["kind"] for step in steps if "ask" in step["questions"]]
    assert set(kinds) == {"arrow", "ask", "order", "mark", "sketch"}
    assert all(step["part"] != step["whole"] for step in steps if "ask" in step["questions"])
    arrow = next(step for step in steps if step["questions"].get("ask", {}).get("kind") == "arrow")
    assert arrow["truth"]["origin"] == arrow["origin"]
    sketched = next(step["questions"]["ask"] for step in steps if "sketch" in step["questions"].get("ask", {}))
    assert len(sketched["sketch"]["truth"]) > 10
    assert "$" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)


def test_all_formulas_are_typeset() -> None:
    texts = [part for lecture in lectures().values() for step in lecture.steps for part in (step.before, step.after)]
    typeset = [html(text) for text in texts] + [formula(term.formula) for term in glossary().values() if term.formula]
    assert sum(text.count("<math") for text in typeset) > 100
    words = [re.sub(r"<[^>]+>", "", text) for text in typeset]
    assert not [each for each in words if "\\" in each or "$" in each]
    assert "&#x02112;" in formula(r"\mathcal L^{-1}")


def test_links_of_texts_lead_where_they_can() -> None:
    text = "[a](?view=glossary&term=trace) [b](?view=recovery)"
    assert html(text, lambda query: "there" if "glossary" in query else None) == '<p><a href="there">a</a> b</p>\n'


def test_every_page_with_an_entry_can_be_shown() -> None:
    assert {entry.view for entry in presets()} == set(STUDIES) | {*OF_ONE_RUN, "compare", "optimizers"} <= set(TITLES)
    stranger = replace(presets()[0], view="how")
    (page,) = [content for path, content in _entry(Site((), (stranger,)), stranger) if path.endswith(".html")]
    assert f'src="{stranger.name}.jpg"'.encode() in page


def test_optimizers_stand_beside_each_other_with_their_numbers() -> None:
    files = dict(build(("gallery/optimizers_part",)))
    page = files["gallery/optimizers_part.html"]
    body, players = page.decode().split('<script type="application/json"')[0], told(page)["players"]
    assert all(player["runs"].keys() == {"0.04", "0.02", "0.01"} and player["runs"]["0.02"] == player["run"] for player in players)
    links = [dict(parse_qsl(content_of(files, player["run"])["about"]["link"][1:])) for player in players]
    assert content_of(files, players[0]["runs"]["0.01"])["about"]["link"].endswith("learning_rate=0.01&horizon=2")
    assert [link.get("optimizer", "sgd") for link in links] == ["sgd", "adam"]
    assert links[1]["optimizer.kappa"] == "5"
    assert {link["learning_rate"] for link in links[:1]} == {"0.02"}
    assert {player["group"] for player in players} == {"together"}
    boxes = [decode(b64decode(content_of(files, player["run"])["blob"]))[0]["box"] for player in players]
    assert boxes[0] == boxes[1]
    trace = simulate(Experiment.from_query(links[0])).observables["trace_hessian"]
    (told_trace,) = re.findall(r"it is ([\d.]+) under <strong>SGD</strong>", body)
    assert float(told_trace) == pytest.approx(trace.limit.mean[-1], rel=0.05)
    assert "their limits part ways" in body
    assert body.count("<tr>") == 3


def still(files: dict[str, bytes], name: str) -> dict:
    """The panel that a script in runs/ holds, packed."""
    text = re.search(r'azl\.came\("\w+", "(.*)"\);', files[f"runs/{name}.js"].decode())[1]  # type: ignore[index]
    return json.loads(gzip.decompress(b64decode(text)))


def test_a_study_has_alternatives_too() -> None:
    controls, links = alternatives("densities", {"landscape": "valley_gaussian"})
    assert [control.chosen for control in controls] == ["0.015", "isotropic"]
    assert set(links) == {f"{rate}|{kind}" for rate in ("0.03", "0.015", "0.0075") for kind in ("isotropic", "label")}
    for key, link in links.items():
        experiment = Experiment.from_query(link)
        assert f"{experiment.learning_rate:g}|{experiment.noise.kind}" == key
    controls, links = alternatives("assumptions", {"landscape": "circle", "case": "steps", "degree": "1.0"})
    assert controls[0].chosen in links
    assert len(links) == 3
    assert [float(link["degree"]) for link in links.values()] == [float(value) for value in controls[0].words]
    assert alternatives("anatomy", {"landscape": "circle"}) == ([], {"": {"landscape": "circle"}})
    files = dict(build(("gallery/two_clocks",), LABORATORY))
    assert broken(files, LABORATORY) == []
    page = told(files["gallery/two_clocks.html"])
    first = "|".join(control["chosen"] for control in page["choices"]["controls"])
    shown = [panel["panels"] | {first: None} for panel in page["panels"]]
    assert all(each.keys() == page["choices"]["links"].keys() == page["abouts"].keys() for each in shown)
    assert len(shown[1]) == 6
    for key in (first, "0.025|isotropic"):
        link = page["choices"]["links"][key]
        assert page["abouts"][key]["link"] == link
        found = two_clocks(Experiment.from_query(dict(parse_qsl(link[1:]))))
        panel = json.loads(clocks_panel(found, "slow").encode())
        assert (page["panels"][1]["panel"] if key == first else still(files, shown[1][key])) == panel


def test_studies_that_look_the_same_are_there_once_and_say_their_seed() -> None:
    files = dict(build(("gallery/large_steps", "gallery/phases")))
    page = told(files["gallery/large_steps.html"])
    assert {key: about["seed"] for key, about in page["abouts"].items()} == {"0": "0", "1": "1", "2": "2"}
    assert "on their samples" in page["choices"]["texts"]["above"]["0"]
    assert "on other samples" in page["choices"]["texts"]["above"]["2"]
    page = told(files["gallery/phases.html"])
    names = [name for panel in page["panels"] for name in panel["panels"].values()]
    assert len(names) == len(set(names)) == 5
    titles = {still(files, name)["title"] for name in names} | {page["panels"][0]["panel"]["title"]}
    assert len(titles) == 6


def test_choices_are_those_that_can_be_run() -> None:
    choices = choices_of(
        Look.of({"loss": "(x^2 + y^2 - 1)^2/8", "variables": "x,y", "start": "1.2,0.4", "paths": "5", "frames": "5"})
    )
    assert [control["chosen"] for control in choices.controls] == ["0.05", "isotropic"]
    assert [value for value, _ in choices.controls[1]["options"]] == ["isotropic"]  # a loss has no labels
    assert set(choices.runs) == {"0.1|isotropic", "0.05|isotropic", "0.025|isotropic"}


def test_a_part_that_there_is_not_is_refused(tmp_path, capsys) -> None:
    with pytest.raises(ValueError, match="no “nowhere” in gallery"):
        build(("gallery/nowhere",))
    assert main(["rooms", "--out", str(tmp_path / "site")]) == 2
    assert "A site has lectures and gallery; not “rooms”." in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_site_has_all_its_parts_where_none_is_named(tmp_path, capsys, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(command, "build", lambda parts, *_: asked.extend(parts) or iter(()))
    assert main(["--out", str(tmp_path / "site")]) == 0
    assert asked == ["lectures", "gallery"]


def test_a_site_that_cannot_be_written_is_a_sentence(tmp_path, capsys) -> None:
    (tmp_path / "site").touch()
    assert main(["lectures/ten_questions", "--out", str(tmp_path / "site")]) == 2
    assert "cannot be written" in capsys.readouterr().err
