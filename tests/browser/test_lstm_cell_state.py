"""The cell-state page in Chromium: choose a timestep, read the two terms and their sum."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console, Server
from tests.browser.seeing import SCRUBBER, chart_lines, numbers, settle, wait_for_change

TERMS = ("direct: ‖fₜ ∘ ∂L/∂Cₜ‖", "through hₜ₋₁", "sum: ‖∂L/∂Cₜ₋₁‖")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def as_number(text: str) -> float:
    """A number as the page writes it: 2.03×10⁻⁴ or 0.42."""
    mantissa, _, exponent = text.translate(SUPERSCRIPTS).partition("×10")
    return float(mantissa) * 10.0 ** int(exponent or 0)


def timestep(page: Page) -> int:
    return int(page.get_by_role("slider", name="Timestep t").input_value())


def test_the_arrow_keys_choose_a_timestep_whose_two_terms_and_sum_are_shown(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("lstm_cell_state?view=(e)+Two+terms&t=20"))
    settle(page)
    before = numbers(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**t=21**")
    settle(page)
    shown = numbers(page)
    assert timestep(page) == 21
    assert shown != before
    direct, through_hidden, total = (as_number(shown[term]) for term in TERMS)
    assert abs(direct - through_hidden) * 0.99 <= total <= (direct + through_hidden) * 1.01
    assert float(shown["largest difference from autograd"]) <= 1e-10
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**t=20**")
    settle(page)
    assert numbers(page) == before
    assert console.errors == []


def test_a_click_on_the_chart_chooses_its_timestep(server: Server, page: Page) -> None:
    page.goto(server.url("lstm_cell_state?view=(e)+Two+terms&t=45"))
    settle(page)
    page.wait_for_timeout(500)
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.45})
    page.wait_for_function("!location.search.includes('t=45')")
    settle(page)
    assert 8 <= timestep(page) <= 22


def test_the_drawing_shows_a_number_on_every_edge(server: Server, page: Page) -> None:
    page.goto(server.url("lstm_cell_state?view=The+cell&t=20&lstm_last_target_only=false"))
    settle(page)
    expect(page.locator("[data-testid=stVegaLiteChart] svg .mark-rule line").first).to_be_attached()
    lines = page.locator("[data-testid=stVegaLiteChart] svg .mark-rule line")
    widths = {float(lines.nth(i).get_attribute("stroke-width") or 0) for i in range(lines.count())}
    assert lines.count() == 16
    assert len(widths) > 8, "every edge is as wide as its own gradient"


def test_the_forget_bias_is_scrubbed_without_the_server(server: Server, page: Page) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(server.url("lstm_cell_state?view=Forget+bias"))
    settle(page)
    page.wait_for_timeout(500)
    frames, before = len(sent), chart_lines(page)
    for _ in range(6):
        page.locator(SCRUBBER).press("ArrowRight")
    wait_for_change(page, before)
    assert float(page.locator(SCRUBBER).input_value()) == pytest.approx(2.5)
    page.wait_for_timeout(300)
    assert len(sent) == frames, "scrubbing asked the server for something"
