"""The first two pages in Chromium: they open, they follow the hand, they fit the screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Console, OpenTab, Server
from tests.browser.seeing import SCRUBBER, chart_lines, numbers, settle, wait_for_change


def test_the_overview_leads_to_the_gradients_without_a_console_error(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url())
    page.get_by_role("link", name="Start").click()
    expect(page.get_by_role("heading", name="Why gradients vanish")).to_be_visible()
    settle(page)
    assert console.errors == []


def test_a_slider_moves_the_chart_and_the_address(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("vanishing_gradients?view=One+run"))
    settle(page)
    before = chart_lines(page)
    page.get_by_role("slider", name="Spectral radius").press("ArrowRight")
    wait_for_change(page, before)
    page.wait_for_url("**radius=0.81**")
    assert console.errors == []


def test_the_scrubber_moves_the_curve_without_the_server(server: Server, page: Page) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(server.url("vanishing_gradients"))
    settle(page)
    page.wait_for_timeout(500)
    frames, before = len(sent), chart_lines(page)
    scrubber = page.locator(SCRUBBER)
    for _ in range(8):
        scrubber.press("ArrowRight")
    wait_for_change(page, before)
    assert float(scrubber.input_value()) == pytest.approx(1.0)
    page.wait_for_timeout(300)
    assert len(sent) == frames, "scrubbing asked the server for something"


def test_a_link_shows_the_same_numbers_in_a_fresh_browser(
    server: Server, page: Page, browser: Browser
) -> None:
    page.goto(server.url("vanishing_gradients?view=One+run"))
    settle(page)
    page.get_by_role("slider", name="Spectral radius").press("ArrowRight")
    page.wait_for_url("**radius=0.81**")
    settle(page)
    shown = numbers(page)
    other = browser.new_page()
    other.goto(page.url)
    settle(other)
    assert numbers(other) == shown
    other.close()


def test_a_value_out_of_range_is_named_next_to_the_controls(server: Server, page: Page) -> None:
    page.goto(server.url("vanishing_gradients?radius=9&activation=%3Cscript%3E"))
    settle(page)
    notice = page.locator("[data-testid=stAlert]")
    expect(notice).to_contain_text("radius = 9 is outside 0.0 to 2.0")
    expect(notice).to_contain_text("<script>")


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_app_follows_the_systems_light_or_dark(
    server: Server, open_tab: OpenTab, scheme: str, is_dark: bool
) -> None:
    page = open_tab(scheme=scheme)
    page.goto(server.url("vanishing_gradients"))
    settle(page)
    background = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    brightness = sum(int(part) for part in background.strip("rgba() ").split(",")[:3]) / 3
    assert (brightness < 128) == is_dark


@pytest.fixture
def fresh_server(browser: Browser) -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def test_the_first_visitor_of_a_server_may_come_by_a_link_to_a_page(
    fresh_server: Server, page: Page
) -> None:
    page.goto(fresh_server.url("vanishing_gradients?view=Beyond"))
    settle(page)
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    assert "view=Beyond" in page.url
