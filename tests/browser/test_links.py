"""Links, as a person meets them: typed, shared, reloaded, gone back to."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.serving import server, wait_for_particles, wait_until_still

pytestmark = pytest.mark.browser


def open_link(context: BrowserContext, address: str, **query: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/?{urlencode(query)}")
    wait_for_particles(page)
    wait_until_still(page)
    return page


def query_of(page: Page) -> dict[str, str]:
    return {key: value for key, (value,) in parse_qs(urlsplit(page.url).query).items()}


def caption(page: Page) -> str:
    return page.locator(".azl-caption").inner_text()


def expect_caption(page: Page, words: str) -> None:
    """The address is there before the picture that it leads to."""
    expect(page.locator(".azl-caption")).to_contain_text(words)


def test_a_deep_link_is_the_first_request_to_a_cold_server(desktop: BrowserContext) -> None:
    with server() as address:
        page = open_link(desktop, address, view="simulator", landscape="circle", learning_rate="0.1", paths="40", seed="3")
        assert "40 paths of SGD" in caption(page)
        assert "η = 0.1 " in caption(page)
        assert "“Circle”" in caption(page)
        assert query_of(page)["landscape"] == "circle"


def test_a_malformed_link_gets_sentences_and_a_picture(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, learning_rate="soon", horizon="1e9", start="1,2,3", projection="behind", paths="30")
    notes = page.locator(".st-key-notes").inner_text()
    for sentence in (
        "The learning rate is a number; not “soon”.",
        "The horizon must be between",
        "The start has 3 numbers",
        "This landscape has no projection “behind”",
    ):
        assert sentence in notes
    assert page.locator(".st-key-notes [data-testid=stAlert]").count() == 1  # one box, however many sentences
    assert "Taken instead: T = 1000" in notes
    assert "Traceback" not in page.content()


def test_an_unknown_page_is_named_and_the_simulator_opens(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, view="nowhere", paths="30")
    expect(page.get_by_text("There is no page called “nowhere”")).to_be_visible()


def test_formulas_of_a_link_are_never_more_than_formulas(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, residuals="__import__('os').system('true')", variables="x,y", paths="30")
    assert "is not allowed in a formula" in page.locator(".st-key-notes").inner_text()


def test_a_landscape_of_ones_own_in_a_link(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, residuals="x*y - b", variables="x,y", start="1.5,1", paths="30", **{"landscape.b": "2"})
    assert "30 paths of SGD" in caption(page)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("textbox", name="Residuals")).to_have_value("x*y - b\nb = 2 in [0.5, 8]")


def test_reload_and_back_find_the_same_picture(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30", seed="5")
    first_link, first_key, first_caption = page.url, page.get_attribute(".player", "data-key"), caption(page)
    page.get_by_role("button", name="Reseed").click()
    page.wait_for_function("before => document.querySelector('.player').dataset.key !== before", arg=first_key)
    wait_until_still(page)
    assert query_of(page)["seed"] == "6"
    second_key = page.get_attribute(".player", "data-key")

    page.reload()
    wait_for_particles(page)
    wait_until_still(page)
    assert page.get_attribute(".player", "data-key") == second_key

    page.go_back()
    page.wait_for_function("before => document.querySelector('.player')?.dataset.key === before", arg=first_key)
    assert page.url == first_link
    assert caption(page) == first_caption


def test_a_link_that_was_only_opened_stays_as_it_is(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, paths="30", learning_rate="0.05", v="1")
    assert query_of(page) == {"paths": "30", "learning_rate": "0.05", "v": "1"}


def test_copy_link_works_without_a_clipboard_permission(desktop: BrowserContext, app: str) -> None:
    """Over plain http browsers offer no clipboard: the older way must do."""
    page = open_link(desktop, app, paths="30")
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.evaluate("document.addEventListener('copy', () => { window.copied = document.activeElement.value; })")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("window.copied") == page.url


def test_an_entry_of_the_gallery_has_a_short_link(desktop: BrowserContext, app: str) -> None:
    page = open_link(desktop, app, preset="minibatch")
    assert query_of(page) == {"view": "simulator", "landscape": "hyperbola", "noise": "minibatch"}
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.evaluate("document.addEventListener('copy', () => { window.copied = document.activeElement.value; })")

    def copied() -> str:
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        return page.evaluate("window.copied")

    assert copied() == f"{app}/?preset=minibatch"
    page.get_by_role("button", name="Halve").click()
    expect_caption(page, "η = 0.025")
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    assert copied() == f"{app}/?v=1&landscape=hyperbola&noise=minibatch&learning_rate=0.025&ghost=0.05"


def test_a_link_keeps_the_moment_what_is_hidden_and_the_camera(desktop: BrowserContext, app: str) -> None:
    looked = {"at": "1.5", "hide": "trails", "eye": "1.2,0.4,1.1"}
    page = open_link(desktop, app, landscape="torus", paths="10", frames="40", **looked)
    player = page.locator(".player")
    expect(player).to_have_attribute("data-state", "paused")
    assert page.locator(".azl-readout dd").last.inner_text().startswith("1.")
    expect(page.get_by_role("button", name="Trails")).to_have_attribute("aria-pressed", "false")
    camera = "document.querySelector('.azl-picture')._fullLayout.scene._scene.getCamera().eye"
    assert [round(value, 2) for value in page.evaluate(f"(({{x, y, z}}) => [x, y, z])({camera})")] == [1.2, 0.4, 1.1]
    before = page.get_attribute(".player", "data-frame")
    page.get_by_role("button", name="Γ", exact=True).click()
    page.get_by_label("One frame forward").click()
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.evaluate("document.addEventListener('copy', () => { window.copied = document.activeElement.value; })")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = {key: value for key, (value,) in parse_qs(urlsplit(page.evaluate("window.copied")).query).items()}
    assert copied["landscape"] == "torus"
    assert set(copied["hide"].split(",")) == {"trails", "manifold"}
    assert [float(value) for value in copied["eye"].split(",")] == [1.2, 0.4, 1.1]
    other = open_link(desktop, app, **copied)
    assert int(other.get_attribute(".player", "data-frame") or 0) == int(before or 0) + 1
