"""A class with its lecturer: two rounds of votes, a reveal, and reloads on both sides."""

import random
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.common.lecture import LECTURE
from tests.browser.conftest import Server
from tests.browser.seeing import settle
from tests.load.visitor import Visitor, to_the_end

QUESTION = "vanishing_gradients?view=%28a%29+Linear"
FIRST, SECOND = "The number of timesteps T", "The largest eigenvalue magnitude of Wₕ"


@pytest.fixture
def lecturer(page: Page, server: Server) -> Page:
    """Whoever has opened a room and is at the first question."""
    page.goto(server.url("lecture"))
    settle(page, has_chart=False)
    page.get_by_role("button", name="Open a room").click()
    expect(page).to_have_url(re.compile("lecturer="))
    address = page.url.partition("?")[2]
    page.goto(server.url(f"{QUESTION}&present=1&{address}"))
    expect(page.get_by_text("Vote on your own")).to_be_visible()
    return page


@pytest.fixture
def student(lecturer: Page, browser: Browser, server: Server) -> Iterator[Page]:
    """Somebody with a phone in the same room."""
    code = re.search(r"room=([A-Z]{6})", lecturer.url)
    assert code is not None
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(server.url(f"{QUESTION}&room={code[1]}"))
    expect(page.get_by_text("Vote on your own")).to_be_visible()
    yield page
    context.close()


def move_on(lecturer: Page, stage: str) -> None:
    """Press the clicker's key, once the page says what it will do."""
    expect(lecturer.get_by_role("button", name=f"On: {stage}")).to_be_visible()
    settle(lecturer, has_chart=False)
    lecturer.keyboard.press("PageDown")
    expect(lecturer.get_by_role("button", name=f"On: {stage}")).to_have_count(0)


async def _clear_caches(server: Server) -> None:
    """What any visitor's program can send: Streamlit's own caches are empty then, and a room stays."""
    stranger = Visitor(server.host, "", random.Random(0))
    await stranger.arrive()
    await stranger.send(BackMsg(clear_cache=True))
    await stranger.rerun()
    await stranger.leave()


def test_a_class_votes_discusses_votes_again_sees_and_follows(
    server: Server, lecturer: Page, student: Page
) -> None:
    expect(student.get_by_text("The handout's answer")).to_have_count(0)
    student.get_by_text(FIRST, exact=True).click()
    expect(lecturer.get_by_text("1 vote so far")).to_be_visible()
    expect(student).not_to_have_url(re.compile("lecturer="))

    to_the_end(_clear_caches(server))
    move_on(lecturer, "discuss")
    expect(student.get_by_text("Convince a neighbour")).to_be_visible()
    lecturer.reload()
    expect(lecturer.get_by_text("Convince a neighbour")).to_be_visible()
    move_on(lecturer, "vote again")
    expect(student.get_by_text("Vote again.")).to_be_visible()
    student.get_by_text(SECOND, exact=True).click()
    expect(lecturer.get_by_text("1 vote so far")).to_be_visible()
    student.reload()  # the same browser: its vote changes, and is no second one
    expect(student.get_by_text("Vote again.")).to_be_visible()
    student.get_by_text(FIRST, exact=True).click()
    settle(student, has_chart=False)
    expect(lecturer.get_by_text("1 vote so far")).to_be_visible()
    for page in (lecturer, student):
        expect(page.get_by_text("The handout's answer")).to_have_count(0)

    move_on(lecturer, "reveal")
    for page in (lecturer, student):
        expect(page.get_by_text("The handout's answer")).to_be_visible()
        expect(page.get_by_text("first vote: 1").first).to_be_attached()
        expect(page.get_by_text("second vote: 1").first).to_be_attached()

    for place in (0, 1, 2):  # from a section to another one of the same page, and back
        settle(lecturer, has_chart=False)
        lecturer.keyboard.press("PageDown")
        for page in (lecturer, student):
            expect(page.get_by_text(LECTURE[place].in_words, exact=True)).to_be_visible()
            opened = page.get_by_role("tab", selected=True)
            expect(opened).to_have_text(LECTURE[place].values["view"])
    expect(student).to_have_url(re.compile("radius=0.9"))
    expect(student.get_by_text("Vote on your own")).to_be_visible()
    expect(student).not_to_have_url(re.compile("lecturer="))
