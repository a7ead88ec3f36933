"""Every section of every page on one visit: its hands, its words, light and dark, and a phone.

Found, not listed: whatever slider or radio a section has in its pictures is moved.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hands
from tests.browser.conftest import LAPTOP, PHONE, Console, Server
from tests.browser.everyone import SCHEMES, grave_in_both, unreached, wordless
from tests.browser.seeing import BRIEFLY, fits, settle
from tests.fuzz.pages import controls_of, in_picture
from tests.sections import SECTIONS

#: What no section shows at its defaults: a tree too large for frames.
ALSO = {"beam_search": ("beam_search?model=weather",)}


def sections_of(page: Page, path: str) -> Iterator[str]:
    """Open one section of the page after the other, and see what stands behind its questions."""
    for section in SECTIONS.get(path, ("",)):
        if section:
            tab = page.get_by_role("tab", name=section, exact=True)
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
        hands.see_all(page)
        yield section


@pytest.mark.parametrize("path", ["", *SECTIONS, "lecture"])
def test_every_section_obeys_the_hand_and_speaks_to_everyone(
    server: Server, page: Page, console: Console, path: str
) -> None:
    declared = {of.key for of in controls_of(path or "overview") if in_picture(of)}
    faults: dict[tuple[str, str], list[str]] = {}
    known: set[str] = set()
    scheme = SCHEMES[0]
    page.goto(server.url(path))
    for section in sections_of(page, path):
        if not faults:
            faults[section, "keys"] = unreached(page)
        moved = hands.move_all(page)
        started_there = not known >= moved.keys()
        if started_there:  # a page has each of its controls once, and one address
            moved = hands.opened_anew(page, moved)
        known |= moved.keys()
        for key, outcome in moved.items():
            faults[section, key] = outcome.faults()
        faults[section, "words"] = wordless(page)
        # The next section is opened in the other scheme, too.
        faults[section, "axe"], scheme = grave_in_both(page, scheme)
        for key, outcome in moved.items():
            # Drawn in other colours, a picture begins where it began: so do its hands.
            if started_there and (place := hands.where(page, key)) != outcome.value:
                faults[section, key].append(
                    f"turned {scheme} it is at {place}, not {outcome.value}"
                )
        page.set_viewport_size(PHONE)
        settle(page, has_chart=False, milliseconds=BRIEFLY)
        faults[section, "phone"] = [] if fits(page) else ["is wider than the window"]
        page.set_viewport_size(LAPTOP)
    for address in ALSO.get(path, ()):
        page.goto(server.url(address))
        hands.see_all(page)
        moved = hands.move_all(page)
        known |= moved.keys()
        faults |= {(address, key): outcome.faults() for key, outcome in moved.items()}
    assert {place: found for place, found in faults.items() if found} == {}
    assert known == declared
    assert console.errors == []


def test_a_section_that_was_left_has_its_slider_where_it_was(server: Server, page: Page) -> None:
    page.goto(server.url("lstm_cell_state?view=Gates"))
    settle(page)
    for _ in range(3):
        hands.hand(page, "forget_bias").press("ArrowRight")
    page.wait_for_url("**forget_bias=2.5**")
    page.get_by_role("tab", name="Extremes").click()
    page.get_by_text("It explodes").wait_for()
    page.get_by_role("tab", name="Gates").click()
    hands.hand(page, "forget_bias").wait_for()
    settle(page)
    assert hands.where(page, "forget_bias") == "2.5"


@pytest.mark.parametrize(
    ("address", "asked", "says"),
    [
        ("lstm_cell_state?view=Memory&forget_bias=20", "forget_bias=20", "3.39×10⁸ timesteps"),
        ("vanishing_gradients?radius=0.805", "radius=0.805", "At radius 0.805"),
    ],
)
def test_a_link_beside_a_sliders_stops_shows_what_it_asks_for(
    server: Server, page: Page, address: str, asked: str, says: str
) -> None:
    page.goto(server.url(address))
    hands.see_all(page)
    settle(page)
    page.wait_for_timeout(1_000)  # a slider that moved by itself would be heard by then
    assert asked in page.url
    expect(page.get_by_text(says).first).to_be_visible()
