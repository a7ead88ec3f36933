"""Everyone's page: axe-core finds nothing serious, formulas are text, charts have words."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server
from tests.browser.seeing import settle

PAGES = {
    "": False,
    "vanishing_gradients": True,
    "lstm_cell_state": True,
    "resnet_skip": True,
    "training_runs": True,
    "beam_search": True,
    "lecture": False,
}
#: What Streamlit itself draws and offers no way to change, with the reason.
STREAMLITS_OWN: dict[str, str] = {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(
    server: Server, browser: Browser, path: str, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    page.goto(server.url(path))
    settle(page, has_chart=PAGES[path])
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    grave = [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical") and violation["id"] not in STREAMLITS_OWN
        for node in violation["nodes"]
    ]
    page.close()
    assert grave == []


def test_formulas_are_text_that_a_screen_reader_can_read(server: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(server.url("lstm_cell_state"))
    settle(page)
    formulas = page.locator(".katex")
    assert formulas.count() > 0
    assert page.locator(".katex-mathml math").count() == formulas.count()
    page.close()


def test_every_symbol_is_one_popover_away(server: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(server.url("resnet_skip"))
    settle(page)
    page.get_by_role("button", name="Symbols").click()
    expect(page.get_by_text("spectral radius", exact=True)).to_be_visible()
    page.close()
