"""The page of trained networks in Chromium: it opens on shipped runs and fits a phone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Console, Server
from tests.browser.seeing import fits, settle


def test_the_page_opens_on_a_finished_comparison(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("training_runs"))
    settle(page)
    expect(page.get_by_text("did not learn")).to_be_visible()
    assert console.errors == []


@pytest.mark.parametrize("view", ["Loss", "Predictions", "Gradients"])
def test_nothing_is_wider_than_a_phone(server: Server, browser: Browser, view: str) -> None:
    phone = browser.new_page(viewport={"width": 360, "height": 780})
    phone.goto(server.url(f"training_runs?view={view}"))
    settle(phone)
    phone.wait_for_timeout(500)
    assert fits(phone)
    phone.close()
