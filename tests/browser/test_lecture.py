"""A whole lecture in Chromium: by one key, by its links, as a file, and on the projector."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from pages.common.lecture import LECTURE
from pages.common.scenes import address
from tests.browser.conftest import Console, Server
from tests.browser.hands import hand
from tests.browser.seeing import BRIEFLY, CHART, chart_lines, settle

PROJECTORS = ((1280, 720), (1920, 1080))
FILLS = """width => document.querySelector('[data-testid=stVegaLiteChart] .marks')
  ?.getBoundingClientRect().width > width"""
OUTLINED = """all => all.filter(one => getComputedStyle(one).outlineStyle === 'solid')
  .map(one => one.querySelector('input').name)"""
#: The lecture in two parts, so that two workers can go through it.
HALVES = [range(len(LECTURE) // 2), range(len(LECTURE) // 2, len(LECTURE))]
#: Scenes whose links are opened: the first one of each visit to a page.
LINKED = [
    place for place, one in enumerate(LECTURE) if place == 0 or one.page != LECTURE[place - 1].page
]


def scene(tab: Page | FrameLocator, place: int):  # type: ignore[no-untyped-def]
    """What the page says at a scene of the built-in lecture."""
    return tab.get_by_text(LECTURE[place].in_words, exact=True)


def facts(page: Page) -> list[str]:
    """What two people have to see alike: numbers, findings, tables, sliders and curves."""
    texts = [
        text
        for kind in ("stMarkdown", "stMetric", "stCaptionContainer", "stCode")
        for text in page.locator(f"[data-testid={kind}]:visible").all_inner_texts()
        if not re.search(r"Scene \d+ of", text)
    ]
    sliders = page.get_by_role("slider").evaluate_all(
        "all => all.map(one => `${one.ariaLabel ?? one.name} ${one.ariaValueNow ?? one.value}`)"
    )
    return [*texts, *sliders, *chart_lines(page)]


@pytest.mark.parametrize("places", HALVES, ids=["first half", "second half"])
def test_one_key_runs_the_lecture_and_its_links_show_the_same_numbers(
    server: Server, page: Page, console: Console, places: range
) -> None:
    before = places.start - 1
    page.goto(server.url(address(LECTURE[before], before) if places.start else ""))
    settle(page, has_chart=places.start > 0)
    seen: dict[int, tuple[str, list[str]]] = {}
    for place in places:
        page.keyboard.press("n")
        expect(scene(page, place)).to_be_visible()
        settle(page, milliseconds=BRIEFLY)
        seen[place] = page.url, facts(page)
    following = page.get_by_role("button", name="Following scene")
    expect(following).to_be_enabled(enabled=places.stop < len(LECTURE))
    page.keyboard.press("p")
    expect(scene(page, places.stop - 2)).to_be_visible()
    assert [place for place, (_, shown) in seen.items() if len(shown) < 2] == []
    for place in filter(seen.__contains__, LINKED):
        url, shown = seen[place]
        page.goto(url)  # a session of its own
        expect(scene(page, place)).to_be_visible()
        settle(page, milliseconds=BRIEFLY)
        assert facts(page) == shown, f"scene {place + 1} differs at {url}"
    assert console.errors == []


def test_the_links_of_the_lecture_page_lead_to_their_scenes_also_from_within_the_lecture(
    server: Server, page: Page
) -> None:
    page.goto(server.url(address(LECTURE[0], 0)))
    expect(scene(page, 0)).to_be_visible()
    for place in (12, 3):
        page.get_by_role("link", name="Your lecture").click()
        page.get_by_role("link", name=f"Scene {place + 1}", exact=True).click()
        expect(scene(page, place)).to_be_visible()
        settle(page)
        assert address(LECTURE[place]).split("?")[0] in page.url
        for value in LECTURE[place].values.values():
            assert value.split(":")[0].split(" ")[-1] in page.url


def test_who_leaves_the_lecture_comes_back_to_the_scene(server: Server, page: Page) -> None:
    page.goto(server.url("vanishing_gradients?view=%28b%29+Activations&radius=1.2&scene=5"))
    expect(scene(page, 4)).to_be_visible()
    settle(page)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("You are at scene 5")).to_be_visible()
    settle(page, has_chart=False)
    page.get_by_role("link", name="Vanishing gradients").first.click()
    expect(scene(page, 4)).to_be_visible()
    expect(page).to_have_url(re.compile("radius=1.2"))
    page.get_by_role("link", name="Beam search").click()
    settle(page)
    page.keyboard.press("n")
    expect(scene(page, 5)).to_be_visible()


def test_a_lecture_of_ones_own_goes_through_a_file_into_another_visit(
    server: Server, page: Page, tmp_path: Path
) -> None:
    page.goto(server.url("beam_search?k=3&length=2&moment=2"))
    settle(page)
    page.get_by_role("button", name="Lecture", exact=True).click()
    page.get_by_label("Save what is on screen as a scene called").fill("Mine <b>first</b>")
    page.get_by_label("What to look for").fill("all of them")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"Saved as scene {len(LECTURE) + 1}.")).to_be_visible()
    page.keyboard.press("Escape")
    settle(page)
    shown = facts(page)
    page.get_by_role("link", name="Your lecture").click()
    words = page.get_by_test_id("stText")
    expect(words.last).to_have_text("Mine <b>first</b>. all of them")
    settle(page, has_chart=False)
    page.get_by_role("button", name="Up", exact=True).click()  # what was saved last is chosen
    expect(words.last).to_have_text(LECTURE[-1].in_list)
    settle(page, has_chart=False)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this lecture").click()
    file = tmp_path / "lecture.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["scenes"][-2]["values"] == {
        "k": "3", "length": "2", "moment": "2",
    }  # fmt: skip
    page.goto(server.url("lecture"))
    settle(page, has_chart=False)
    expect(words).to_have_count(len(LECTURE))
    upload = page.locator("input[type=file]")
    upload.set_input_files(file)
    expect(page.get_by_text(f"Loaded {len(LECTURE) + 1} scenes.")).to_be_visible()
    broken = tmp_path / "broken.json"
    broken.write_text(file.read_text().replace('"look_for": "all of them"', '"look_for": 7'))
    upload.set_input_files(broken)
    expect(page.get_by_text(re.compile(r"Line \d+: \"look_for\" has to be a text"))).to_be_visible()
    expect(page.get_by_text("Mine <b>first</b>. all of them", exact=True)).to_be_visible()
    page.get_by_role("link", name=f"Scene {len(LECTURE)}", exact=True).click()
    expect(page.get_by_text("Mine <b>first</b>. all of them", exact=True)).to_be_visible()
    settle(page)
    assert facts(page) == shown


@pytest.mark.parametrize(("pointed", "key"), [("radius", "End"), ("t", "Home")])
def test_a_scene_points_at_its_slider_and_ticks_itself_off(
    server: Server, page: Page, pointed: str, key: str
) -> None:
    """One hand, and one of four."""
    place = next(i for i, scene in enumerate(LECTURE) if scene.points_at == pointed)
    page.goto(server.url(address(LECTURE[place], place)))
    settle(page)
    hand(page, pointed).press(key)
    expect(page.get_by_text("check_circle")).to_be_visible()
    assert page.eval_on_selector_all(".vega-bind", OUTLINED) == [f"{pointed}_at"]


@pytest.mark.parametrize(
    "view",
    [
        "vanishing_gradients?view=The+gradient",
        "lstm_cell_state?view=The+cell",
        "resnet_skip?view=Three+stacks",
        "beam_search?view=Step+by+step",
    ],
)
def test_a_picture_fills_the_projector_above_its_sliders(
    server: Server, page: Page, view: str
) -> None:
    page.goto(server.url(f"{view}&present=1"))
    for width, height in PROJECTORS:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(FILLS, arg=0.9 * width)
        settle(page, milliseconds=BRIEFLY)
        expect(page.get_by_text("Controls", exact=True)).to_be_visible()
        expect(page.get_by_text("More", exact=True)).not_to_be_visible()
        picture = page.locator(CHART).first.bounding_box()
        assert picture is not None
        assert picture["height"] > 0.5 * height
        assert picture["x"] + picture["width"] <= width
        sliders = page.locator(".vega-bindings").first
        below = sliders.bounding_box() if sliders.count() else None
        assert below is None or below["y"] + below["height"] <= height
        room = height if below is None else below["y"]
        assert picture["y"] + picture["height"] <= room + 1, (
            "the picture ends below the room for it"
        )


def test_presenter_mode_works_in_a_frame_and_a_clicker_goes_on_across_pages(
    server: Server, second_tab: Page
) -> None:
    slide = second_tab
    first = next(i for i, scene in enumerate(LECTURE) if scene.page == "lstm_cell_state") - 2
    query = address(LECTURE[first], first).split("?")[1]
    source = server.url(f"vanishing_gradients?embed=true&present=1&{query}").replace("&", "&amp;")
    slide.set_content(f'<iframe id="app" src="{source}" width="1200" height="680"></iframe>')
    app = slide.frame_locator("#app")
    expect(scene(app, first)).to_be_visible()
    settle(slide.frames[1])
    scene(app, first).click()
    for place in (first + 1, first + 2):
        slide.keyboard.press("PageDown")
        expect(scene(app, place)).to_be_visible()
        expect(app.get_by_text("Controls", exact=True).last).to_be_visible()
        expect(app.get_by_role("link", name="Overview")).to_have_count(0)
        settle(slide.frames[1])
    slide.keyboard.press("PageUp")
    expect(scene(app, first + 1)).to_be_visible()
