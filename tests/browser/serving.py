"""The app as a process of its own, and a Chromium to look at it: for the browser's tests and the benchmarks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PICTURE = ".azl-stage .main-svg, .azl-anatomy-stage .main-svg, .azl-panel-picture .main-svg, .azl-card, .st-key-reading"
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",  # WebGL without a graphics card
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # as a Chromium does that finds no card: one played by the processor shows 15 frames a second
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def visited(browser: Browser, profile: Path) -> BrowserContext:
    """A browser that keeps what it has visited in the folder `profile`, compiled scripts included."""
    return browser.browser_type.launch_persistent_context(profile, executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)


@contextmanager
def server(
    app: str | Path = "app.py",
    log: Path | None = None,
    *,
    port: int | None = None,
    rooms: Path | None = None,
    events: Path | None = None,
) -> Iterator[str]:
    """A fresh process that serves `app`; its address. It has answered nobody but the health check.

    `rooms` is the file in which it keeps the rooms of classes, `events` the one to which it writes its log.
    """
    port = port or free_port()
    named = {"AFTER_ZERO_LOSS_ROOMS": rooms, "AFTER_ZERO_LOSS_LOG": events}
    environment = os.environ | {name: str(path) for name, path in named.items() if path}
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), "--server.address", "127.0.0.1"]
    with open(log or os.devnull, "wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for_particles(page: Page, timeout: float = 60_000) -> None:
    page.wait_for_selector(".player[data-first-drawn]", timeout=timeout)


def wait_until_still(page: Page, timeout: float = 60_000) -> None:
    """Until the page's script has ended."""
    page.wait_for_selector('[data-test-script-state="notRunning"]', timeout=timeout)


def settled(page: Page, address: str) -> None:
    """Open any page of the app, and wait until its picture, cards or text is there and its script has ended."""
    page.goto(address)
    page.locator(PICTURE).first.wait_for(timeout=60_000)
    wait_until_still(page)


def wait_for_answer(page: Page, timeout: float = 60_000) -> None:
    """Until the formula in the bench's field has its answer, checks and all."""
    page.wait_for_function(
        "() => document.querySelector('.azl-answered')?.dataset.formula === document.querySelector('.azl-editor').dataset.number",
        timeout=timeout,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen, seconds: float = 60) -> None:
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError) as error:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with code {process.returncode}") from error
            sleep(0.05)
    raise RuntimeError(f"no answer from {address} within {seconds:g} s")
