"""The ResNet page in Chromium: g is dragged in the browser, charts fit a phone."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Console, Server
from tests.browser.seeing import SCRUBBER, chart_lines, settle, wait_for_change


def test_g_is_dragged_without_a_request_to_the_server(
    server: Server, page: Page, console: Console
) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(server.url("resnet_skip?g=0"))
    settle(page)
    page.wait_for_timeout(500)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    frames, before = len(sent), chart_lines(page)
    scrubber = page.locator(SCRUBBER)
    for _ in range(10):
        scrubber.press("ArrowRight")
    wait_for_change(page, before)
    assert float(scrubber.input_value()) == pytest.approx(0.5)
    page.wait_for_timeout(300)
    assert len(sent) == frames
    assert requests == []
    assert console.errors == []
