"""Everyone's page where it has more on it: panels open, cards answered, on the projector."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, Server
from tests.browser.everyone import SCHEMES, Scheme, grave_findings
from tests.browser.seeing import settle


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_serious_with_panels_open_cards_answered_and_on_the_projector(
    server: Server, open_tab: OpenTab, scheme: Scheme
) -> None:
    page = open_tab(scheme=scheme)
    card = "vanishing_gradients?view=%28a%29+Linear"
    page.goto(server.url(card))
    settle(page)
    page.get_by_text("The number of timesteps T", exact=True).click()
    expect(page.get_by_text("Measured at these settings.")).to_be_visible()
    grave = grave_findings(page)
    for panel, inside in (
        ("Symbols", "spectral radius"), ("Lecture", "Presenter mode"), ("More", "Hidden units"),
        ("Take it with you", "SVG"),
    ):  # fmt: skip
        page.get_by_role("button", name=panel).first.click()
        expect(page.get_by_text(inside, exact=True).first).to_be_visible()
        settle(page)
        grave += grave_findings(page)
        page.keyboard.press("Escape")
    page.goto(server.url(f"{card}&present=1"))
    settle(page)
    grave += grave_findings(page)
    assert grave == []
