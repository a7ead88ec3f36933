"""The first two pages in Chromium: they open, and a link shows what it asks for."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Console, Server
from tests.browser.hands import hand, see_all
from tests.browser.seeing import CHART, settle


def test_the_overview_leads_to_the_gradients(server: Server, page: Page, console: Console) -> None:
    page.goto(server.url())
    page.get_by_role("link", name="Vanishing gradients").last.click()
    expect(page.get_by_role("heading", name="Why gradients vanish")).to_be_visible()
    settle(page)
    assert console.errors == []


def test_the_app_follows_the_systems_light_or_dark_and_its_hands_stay_where_they_are(
    server: Server, page: Page
) -> None:
    page.goto(server.url("vanishing_gradients"))
    settle(page)
    assert _brightness(page) > 128
    hand(page, "radius").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**radius=0.81")
    hand(page, "radius").evaluate("slider => { slider.drawn = 'in the light'; }")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("!document.querySelector('.vega-bind input').drawn")
    expect(hand(page, "radius")).to_have_value("0.81")
    assert _brightness(page) < 128


def _brightness(page: Page) -> float:
    background: str = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    return sum(int(part) for part in background.strip("rgba() ").split(",")[:3]) / 3


def test_a_word_moves_the_picture_and_nothing_scrolls(server: Server, page: Page) -> None:
    page.goto(server.url("vanishing_gradients?view=%28b%29+Activations&seed=4"))
    see_all(page)
    settle(page)
    picture = page.locator(CHART).first
    picture.evaluate("picture => { picture.marked = true; }")
    word = page.get_by_role("link", name=re.compile(r"^radius 1\.")).first
    word.scroll_into_view_if_needed()
    before = _place_on_page(page)
    scrolled, _ = _scrolled_and_most(page)
    wanted = word.inner_text().removeprefix("radius ")
    word.click()
    expect(hand(page, "radius")).to_have_value(wanted)
    expect(page).to_have_url(re.compile(f"radius={wanted}"))
    settle(page)
    assert _place_on_page(page) == before
    # The sentence behind the word says less where its claim is reached: a page that ends there
    # ends higher.
    now, most = _scrolled_and_most(page)
    assert now == min(scrolled, most)
    assert picture.evaluate("picture => picture.marked"), "drawn anew"


SCROLLER = "[data-testid=stMain]"


def _scrolled_and_most(page: Page) -> tuple[float, float]:
    """How far the page is scrolled down, and how far it could be, in pixels."""
    scrolled, most = page.locator(SCROLLER).evaluate(
        "main => [main.scrollTop, main.scrollHeight - main.clientHeight]"
    )
    return scrolled, most


def _place_on_page(page: Page) -> tuple[float, float]:
    """Left edge of the first picture in the window, and its upper edge on the page, in pixels."""
    box = page.locator(CHART).first.bounding_box()
    assert box is not None
    return round(box["x"]), round(box["y"] + _scrolled_and_most(page)[0])


def test_on_a_phone_the_list_of_pages_closes_after_a_choice(server: Server, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(server.url("lecture"))
    settle(page, has_chart=False)
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("link", name="Beam search").click()
    expect(page.get_by_role("heading", name="Beam search")).to_be_visible()
    expect(page.get_by_role("link", name="Overview")).not_to_be_in_viewport()


#: A small laptop, and the usual one: wide enough for a projector's type, and too low for it.
LAPTOPS = ((1280, 800), (1536, 864))


@pytest.mark.parametrize(
    "view",
    [
        "vanishing_gradients?view=The+gradient",
        "vanishing_gradients?view=%28b%29+Activations",
        "lstm_cell_state?view=The+cell",
        "training_runs?view=Recall",
    ],
)
def test_a_laptop_shows_a_picture_whole_with_its_sliders_below(
    server: Server, page: Page, view: str
) -> None:
    page.goto(server.url(view))
    see_all(page)
    for width, height in LAPTOPS:
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        picture = page.locator(CHART).first.bounding_box()
        sliders = page.locator(".vega-bindings").first.bounding_box()
        assert picture is not None
        assert sliders is not None
        # Where a picture is too high, its sliders stand over its lower end.
        assert picture["y"] + picture["height"] <= sliders["y"] + 1
        assert sliders["y"] + sliders["height"] <= height
