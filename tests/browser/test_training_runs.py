"""The page of trained networks in Chromium: shipped runs, and a training of one's own."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Console, Server
from tests.browser.seeing import CHART, fits, settle

SMALL = "training_runs?view=Loss&comparison=your+own&timesteps=5&steps=100&units=4"
LARGE = "training_runs?view=Loss&comparison=your+own&timesteps=100&steps=5000"


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_ones_own_controls_fit_a_phone(server: Server, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(server.url("training_runs?view=Loss&comparison=your+own&networks=4"))
    settle(page)
    assert fits(page)


def test_a_small_run_is_trained_and_a_later_visitor_finds_it(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url(SMALL))
    settle(page)
    button(page, "Train").click()
    expect(page.get_by_text("All of these have been trained")).to_be_visible(timeout=90_000)
    settle(page)  # until then the run before is still on the screen, and with it another button
    expect(button(page, "Train")).to_be_disabled()
    expect(page.get_by_text(re.compile("RNN: (learned|did not learn)")).first).to_be_visible()
    page.goto(server.url(SMALL))
    settle(page)
    expect(page.get_by_text("All of these have been trained")).to_be_visible()
    assert console.errors == []


def test_curves_grow_a_reload_and_a_second_tab_find_them_again_and_a_stop_keeps_them(
    server: Server, page: Page, second_tab: Page, console: Console
) -> None:
    page.goto(server.url(LARGE))
    settle(page)
    button(page, "Train").click()
    steps = page.get_by_text(re.compile(r"Step [\d,]+ of 10,000"))
    expect(steps).to_be_visible(timeout=90_000)
    first = steps.inner_text()
    page.wait_for_function(
        "first => [...document.querySelectorAll('[data-testid=stProgress]')]"
        ".some(bar => bar.innerText.includes('Step') && !bar.innerText.includes(first))",
        arg=first,
    )
    expect(page.locator(CHART)).to_have_count(2)
    expect(page.get_by_text("A training of yours is under way.")).to_be_visible()
    expect(page).to_have_url(re.compile("training="))
    page.reload()
    second_tab.goto(page.url)
    for tab in (page, second_tab):
        expect(tab.get_by_text(re.compile(r"Step [\d,]+ of 10,000"))).to_be_visible()
        expect(button(tab, "Train")).to_be_disabled()
    button(page, "Stop").click()
    for tab in (page, second_tab):
        expect(button(tab, "Train")).to_be_enabled()
        expect(tab).not_to_have_url(re.compile("training="))
    expect(page.get_by_text("Below, until the networks above")).to_be_visible()
    expect(page.get_by_text(re.compile(r"step [\d,]+ of 5,000")).first).to_be_visible()
    expect(page.locator(CHART)).to_have_count(2)
    button(page, "Put away").click()
    expect(page.locator(CHART)).to_have_count(1)
    assert console.errors == []
