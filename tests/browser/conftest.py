"""A real server and a real Chromium for the tests that need eyes.

Without a browser these tests skip and say so; where CI is set a missing browser is a failure.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.browser.seeing import WIRE
from tests.load import servers

ROOT = servers.ROOT
#: The shell is Chromium without the window around a page: a page is there in two thirds of the time.
BROWSER_NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
BROWSER_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 780}
# A machine that also runs everything else may need its time.
expect.set_options(timeout=30_000)


def find_browser() -> str | None:
    """Chromium as BROWSER_EXECUTABLE names it, or the first one on the path."""
    named = os.environ.get("BROWSER_EXECUTABLE")
    return named or next(filter(None, map(shutil.which, BROWSER_NAMES)), None)


class Server(servers.Server):
    """The app as `streamlit run` starts it, on a free port of this machine."""

    def __init__(self) -> None:
        self.runs = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # What is trained here is not to be found there the next time.
        environment = {"SEQ2SEQ_RUN_STORE": self.runs.name, "LECTURE_WORKERS": "1"}
        super().__init__(servers.APP, ROOT, environment)

    def url(self, path: str = "") -> str:
        return f"http://{self.host}/{path}"

    def stop(self, *, at_once: bool = False) -> None:
        super().stop(at_once=at_once)
        self.runs.cleanup()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_browser()
    if executable is None:
        reason = f"no browser: none of {', '.join(BROWSER_NAMES)} found, BROWSER_EXECUTABLE not set"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=BROWSER_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(browser: Browser) -> Iterator[Server]:
    """One server for all tests; asked for after the browser, so that a skip costs nothing."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for all tests of a worker: it fetches and compiles Streamlit's front end once."""
    context = browser.new_context()
    context.add_init_script(WIRE)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture(scope="session")
def tab(profile: BrowserContext) -> Page:
    """One tab for one test after the other: in a new one a page costs twice the processor's time."""
    return profile.new_page()


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """A laptop's window; each page that is opened in it is a session of its own on the server."""
    tab.set_viewport_size(LAPTOP)
    tab.emulate_media(color_scheme="light")
    yield tab
    tab.goto("about:blank")


@pytest.fixture
def second_tab(profile: BrowserContext) -> Iterator[Page]:
    """Another window beside it."""
    tab = profile.new_page()
    tab.set_viewport_size(LAPTOP)
    yield tab
    tab.close()


class Console:
    """Errors a page wrote to the console, but for Streamlit's own probing.

    Opened at a page's own address, Streamlit first asks for its health endpoint below that
    address; the browser logs the 404 that tells it to ask at the root instead.
    """

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", self._failed_response)
        page.on("console", self._message)

    def _failed_response(self, response) -> None:  # type: ignore[no-untyped-def]
        if response.status >= 400 and "/_stcore/" not in response.url:
            self.errors.append(f"{response.status} {response.url}")

    def _message(self, message) -> None:  # type: ignore[no-untyped-def]
        if message.type == "error" and "404 (Not Found)" not in message.text:
            self.errors.append(message.text)


@pytest.fixture
def console(page: Page) -> Console:
    return Console(page)
