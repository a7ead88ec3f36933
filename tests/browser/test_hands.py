"""The hand in every picture that has one: silent while it moves, never drawn anew, in the address.

Found, not listed: whatever slider or radio a section has in its pictures is moved.
"""

import pytest
from playwright.sync_api import Page

from tests.browser import hands
from tests.browser.conftest import Console, Server
from tests.fuzz.pages import WITH_CONTROLS, controls_of
from tests.sections import open_sections


@pytest.mark.parametrize("path", WITH_CONTROLS)
def test_hands_are_silent_keep_their_picture_and_are_in_the_address(
    server: Server, page: Page, console: Console, path: str
) -> None:
    declared = {c.key for c in controls_of(path) if getattr(c, "in_picture", False)}
    faults, moved = {}, set()
    for section, address in open_sections(path) if declared else ():
        page.goto(server.url(address))
        hands.settle(page, has_chart=False)
        hands.look_behind(page)
        for key in hands.hands(page):
            if found := hands.move_here(page, key).faults():
                faults[section, key] = found
            moved.add(key)
    assert faults == {}
    assert moved == declared
    assert console.errors == []


def test_a_section_that_was_left_has_its_slider_where_it_was(server: Server, page: Page) -> None:
    page.goto(server.url("lstm_cell_state?view=Gates"))
    hands.settle(page)
    for _ in range(3):
        hands.hand(page, "forget_bias").press("ArrowRight")
    page.wait_for_url("**forget_bias=2.5**")
    page.get_by_role("tab", name="Extremes").click()
    page.get_by_text("It explodes").wait_for()
    page.get_by_role("tab", name="Gates").click()
    hands.hand(page, "forget_bias").wait_for()
    hands.settle(page)
    assert hands.where(page, "forget_bias") == "2.5"
