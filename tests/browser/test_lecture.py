"""A whole lecture in Chromium: by one key, by its links, and on the projector."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.common.lecture import LECTURE
from pages.common.scenes import address
from tests.browser.conftest import Console, Server
from tests.browser.seeing import settle


def scene_text(place: int) -> str:
    return f"{LECTURE[place].name}. {LECTURE[place].look_for}"


def facts(page: Page) -> list[str]:
    """The numbers below the charts, and every finding: what two people have to see alike."""
    return [
        text
        for kind in ("stMetricLabel", "stMetricValue", "stCaptionContainer")
        for text in page.locator(f"[data-testid={kind}]").all_inner_texts()
    ]


def test_one_key_runs_the_lecture_and_every_link_shows_the_same_numbers(
    server: Server, page: Page, browser: Browser, console: Console
) -> None:
    page.goto(server.url())
    settle(page, has_chart=False)
    seen: list[tuple[str, list[str]]] = []
    for place in range(len(LECTURE)):
        page.keyboard.press("n")
        expect(page.get_by_text(scene_text(place), exact=True)).to_be_visible()
        settle(page)
        seen.append((page.url, facts(page)))
    expect(page.get_by_role("button", name="Following scene")).to_be_disabled()
    page.keyboard.press("p")
    expect(page.get_by_text(scene_text(len(LECTURE) - 2), exact=True)).to_be_visible()
    assert console.errors == []
    for place, (url, shown) in enumerate(seen):  # each in a browser of its own
        fresh = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        fresh.goto(url)
        expect(fresh.get_by_text(scene_text(place), exact=True)).to_be_visible()
        settle(fresh)
        assert facts(fresh) == shown, f"scene {place + 1} differs at {url}"
        fresh.context.close()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_a_chart_fills_the_projector(
    server: Server, browser: Browser, size: tuple[int, int]
) -> None:
    width, height = size
    projector = browser.new_page(viewport={"width": width, "height": height})
    projector.goto(server.url("vanishing_gradients?view=One+run&present=1"))
    settle(projector)
    expect(projector.get_by_text("Controls")).to_be_visible()
    expect(projector.get_by_role("slider", name=re.compile("Timesteps"))).not_to_be_visible()
    chart = projector.locator("[data-testid=stVegaLiteChart]").first
    box = chart.bounding_box()
    assert box is not None
    assert box["height"] > 0.5 * height
    assert box["y"] + box["height"] <= height, "the chart ends below the projector's edge"
    projector.close()


def test_presenter_mode_works_in_a_frame_and_a_clicker_goes_on(
    server: Server, browser: Browser
) -> None:
    slide = browser.new_page(viewport={"width": 1280, "height": 720})
    address_in_frame = server.url("vanishing_gradients?embed=true&present=1&scene=1")
    slide.set_content(
        f'<iframe id="app" src="{address_in_frame}" width="1200" height="680"></iframe>'
    )
    app = slide.frame_locator("#app")
    expect(app.get_by_text(scene_text(0), exact=True)).to_be_visible()
    app.get_by_text(scene_text(0), exact=True).click()
    slide.keyboard.press("PageDown")
    expect(app.get_by_text(scene_text(1), exact=True)).to_be_visible()
    slide.close()


def test_question_cards_come_one_at_a_time_while_presenting(server: Server, page: Page) -> None:
    page.goto(server.url("beam_search?view=%28a%29-%28c%29+What+is+stored&present=1"))
    settle(page)
    expect(page.get_by_text("Question 2 (a)")).to_be_visible()
    expect(page.get_by_text("Question 2 (b)")).to_have_count(0)
    page.get_by_role("button", name="2 (b)").or_(page.get_by_role("radio", name="2 (b)")).click()
    expect(page.get_by_text("Question 2 (b)")).to_be_visible()
    expect(page.get_by_text("Question 2 (a)")).to_have_count(0)


def test_a_vote_shows_on_the_lecturers_screen(server: Server, browser: Browser) -> None:
    lecturer = browser.new_page(viewport={"width": 1280, "height": 800})
    lecturer.goto(server.url("lecture"))
    settle(lecturer, has_chart=False)
    lecturer.get_by_role("button", name="Open a room").click()
    expect(lecturer.get_by_text("This session is in room")).to_be_visible()
    room = re.search(r"room=([A-Z]{4})", lecturer.url)
    assert room is not None
    card = f"vanishing_gradients?view=%28a%29+Linear&room={room[1]}"
    lecturer.goto(server.url(f"{card}&present=1"))
    expect(lecturer.get_by_text(f"Room {room[1]}: 0 so far")).to_be_visible()
    student = browser.new_context().new_page()
    student.goto(server.url(card))
    settle(student)
    student.get_by_text("The number of timesteps T", exact=True).click()
    expect(lecturer.get_by_text(f"Room {room[1]}: 1 so far")).to_be_visible()
    student.context.close()
    lecturer.close()


def test_the_links_of_the_lecture_page_lead_to_their_scenes(server: Server, page: Page) -> None:
    page.goto(server.url("lecture"))
    settle(page, has_chart=False)
    page.get_by_role("link", name="Scene 12").click()
    expect(page.get_by_text(scene_text(11), exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(address(LECTURE[11]).split("?")[0])))
