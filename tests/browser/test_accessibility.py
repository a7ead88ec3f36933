"""Everyone's page: axe-core finds nothing serious, keys reach all, phones show all, charts speak."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab, Server
from tests.browser.seeing import fits, settle
from tests.sections import SECTIONS

PAGES = ("", *SECTIONS, "lecture")
Scheme = Literal["light", "dark"]

#: What Tab has to reach: of a group of radio buttons, tabs or options it is the chosen one, and the
#: arrow keys go on from there.
REACHABLE = """() => {
  const all = [...document.querySelectorAll('[data-testid=stApp] :is(button, a[href], input,'
    + ' select, textarea, summary, [role=slider], [role=tab], [role=combobox])')];
  const shown = one => one.checkVisibility({visibilityProperty: true}) && !one.disabled
    && !one.closest('[inert], [aria-hidden=true], [data-testid=stDataFrame]');
  const inGroup = one => one.getAttribute('tabindex') === '-1' || one.type === 'radio'
    || (one.role === 'tab' && one.ariaSelected !== 'true')
    || one.closest('[role=radiogroup], [role=group]');
  all.forEach((one, i) => { one.dataset.number = i; });
  return all.filter(one => shown(one) && !inGroup(one)).map(one =>
    `${one.dataset.number} ${one.tagName} ${one.ariaLabel ?? one.innerText.slice(0, 40)}`);
}"""
FOCUSED = """() => {
  const one = document.activeElement?.closest('[data-number]');
  return one ? one.dataset.number : '';
}"""
MAX_TABS = 150


def grave_findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands."""
    outcome = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in outcome.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def put_on(page: Page, scheme: Scheme) -> None:
    """Have the system turn light or dark while the page is open."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
        " === scheme",
        arg=scheme,
    )
    settle(page, has_chart=False)


def sections_of(page: Page, path: str) -> Iterator[str]:
    """Open one section of the page after the other."""
    if path not in SECTIONS:
        settle(page, has_chart=False)
        yield path
        return
    for section in SECTIONS[path]:
        tab = page.get_by_role("tab", name=section, exact=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        settle(page, has_chart=False)
        yield section


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_in_any_section_light_or_dark(
    server: Server, page: Page, path: str
) -> None:
    page.goto(server.url(path))
    grave: dict[tuple[str, Scheme], list[str]] = {}
    schemes: tuple[Scheme, Scheme] = ("light", "dark")
    for section in sections_of(page, path):
        for scheme in schemes:
            put_on(page, scheme)
            grave[section, scheme] = grave_findings(page)
        schemes = schemes[::-1]  # the next section begins as this one ended
    assert {place: found for place, found in grave.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_with_panels_open_cards_answered_and_on_the_projector(
    server: Server, open_tab: OpenTab, scheme: str
) -> None:
    page = open_tab(scheme=scheme)
    card = "vanishing_gradients?view=%28a%29+Linear"
    page.goto(server.url(card))
    settle(page)
    page.get_by_text("The number of timesteps T", exact=True).click()
    expect(page.get_by_text("Measured at these settings.")).to_be_visible()
    grave = grave_findings(page)
    for panel, inside in (
        ("Symbols", "spectral radius"), ("Lecture", "Presenter mode"),
        ("Take it with you", "The code"), ("More", "Hidden units"),
    ):  # fmt: skip
        page.get_by_role("button", name=panel, exact=True).first.click()
        expect(page.get_by_text(inside, exact=True).first).to_be_visible()
        settle(page)
        grave += grave_findings(page)
        page.keyboard.press("Escape")
    page.goto(server.url(f"{card}&present=1"))
    settle(page)
    grave += grave_findings(page)
    assert grave == []


@pytest.mark.parametrize("path", PAGES)
def test_the_tab_key_reaches_every_control_and_every_chart_is_an_image_with_words(
    server: Server, page: Page, path: str
) -> None:
    page.goto(server.url(path))
    settle(page, has_chart=path in SECTIONS)
    for chart in page.locator("[data-testid=stVegaLiteChart]").all():
        described = chart.locator("xpath=descendant-or-self::*[@aria-label]").first
        assert len(described.get_attribute("aria-label") or "") > 20
    wanted = page.evaluate(REACHABLE)
    assert wanted
    reached = set()
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
        if all(one.split()[0] in reached for one in wanted):
            break
    assert [one for one in wanted if one.split()[0] not in reached] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_of_360_pixels_shows_every_section_without_scrolling_sideways(
    server: Server, open_tab: OpenTab, path: str
) -> None:
    phone = open_tab(360, 780)
    phone.goto(server.url(path))
    wide = [section for section in sections_of(phone, path) if not fits(phone)]
    assert wide == []


def test_formulas_are_text_that_a_screen_reader_can_read(server: Server, page: Page) -> None:
    page.goto(server.url("lstm_cell_state"))
    settle(page)
    formulas = page.locator(".katex")
    assert formulas.count() > 0
    assert page.locator(".katex-mathml math").count() == formulas.count()


def test_every_symbol_is_one_popover_away(server: Server, page: Page) -> None:
    page.goto(server.url("resnet_skip"))
    settle(page)
    page.get_by_role("button", name="Symbols").click()
    expect(page.get_by_text("spectral radius", exact=True)).to_be_visible()
