"""Everyone's page where it has more on it: panels open, cards answered, on the projector."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.everyone import SCHEMES, grave_in_both
from tests.browser.seeing import settle


def test_axe_finds_nothing_serious_with_panels_open_cards_answered_and_on_the_projector(
    server: Server, page: Page
) -> None:
    card = "vanishing_gradients?view=%28a%29+Linear"
    page.goto(server.url(card))
    settle(page)
    page.get_by_text("The number of timesteps T", exact=True).click()
    expect(page.get_by_text("Measured at these settings.")).to_be_visible()
    grave, scheme = grave_in_both(page, SCHEMES[0])
    for panel, inside in (
        ("Symbols", "spectral radius"), ("Lecture", "Presenter mode"), ("More", "Hidden units"),
        ("Take it with you", "SVG"),
    ):  # fmt: skip
        page.get_by_role("button", name=panel).first.click()
        opened = page.get_by_text(inside, exact=True).first
        expect(opened).to_be_visible()
        settle(page)
        found, scheme = grave_in_both(page, scheme)
        expect(opened).to_be_visible()
        grave += found
        page.keyboard.press("Escape")
    page.goto(server.url(f"{card}&present=1"))
    settle(page)
    found, _ = grave_in_both(page, scheme)
    assert grave + found == []
