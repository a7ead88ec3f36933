"""The beam search page in Chromium: the handout's tree played by keyboard, a tree of one's own."""

import pytest
from playwright.sync_api import Page, expect

from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from tests.browser.conftest import Console, OpenTab, Server
from tests.browser.seeing import CHART, fits, settle

#: What the page has to print after each step: the handout's answers to (a), (b) and (c).
ANSWERS = (
    ("neural (−0.65)", "network (−0.73)"),
    ("neural network (−0.65 − 0.60 = −1.25)", "network neural (−0.73 − 0.60 = −1.33)"),
    (
        "neural network network (−0.65 − 0.60 − 0.60 = −1.85)",
        "network neural network (−0.73 − 0.60 − 0.60 = −1.93)",
    ),
)


def kept_edges(page: Page) -> int:
    return page.locator(f"{CHART} .mark-rule line[stroke-width='3.5']").count()


def test_the_keys_play_the_handouts_tree_and_its_three_answers_are_on_the_page(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("beam_search"))
    settle(page)
    stored = page.locator("[data-testid=stMarkdown]", has_text="Stored after step")
    expect(stored).to_have_count(0)
    for step, answers in enumerate(ANSWERS, start=1):
        page.keyboard.press("ArrowRight")
        expect(stored).to_contain_text(f"Stored after step {step}:")
        for answer in answers:
            expect(stored).to_contain_text(answer)
        page.wait_for_url(f"**step={step}**")
        settle(page)
        assert kept_edges(page) == 2 * step
    page.keyboard.press("Home")
    expect(stored).to_have_count(0)
    page.keyboard.press("End")
    expect(stored).to_contain_text("Stored after step 3:")
    page.keyboard.press("ArrowLeft")
    expect(stored).to_contain_text("Stored after step 2:")
    assert console.errors == []


def test_play_walks_to_the_last_step_by_itself_and_stops(server: Server, page: Page) -> None:
    page.goto(server.url("beam_search"))
    settle(page)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_url("**step=3**")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_the_keys_play_the_character_lstm_and_its_text_grows(
    server: Server, page: Page, console: Console
) -> None:
    config = DecodingConfig("characters", "the ", 5, 40)
    steps = comparisons.beam(config).steps
    page.goto(server.url("beam_search?model=character+LSTM&k=5&length=40"))
    settle(page)
    box = page.get_by_role("textbox", name="Prompt")
    box.fill("the ")
    box.press("Enter")
    page.wait_for_url("**prompt=the+**")
    settle(page)
    page.get_by_role("heading", name="Beam search").click()  # the keys belong to the page again
    stored = page.locator("[data-testid=stMarkdown]", has_text="Stored after step")
    for step in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        expect(stored).to_contain_text(f"Stored after step {step}:")
        for kept in steps[step - 1].kept:
            expect(stored).to_contain_text("".join(kept.tokens).rstrip())
    page.keyboard.press("End")
    expect(stored).to_contain_text(f"Stored after step {len(steps)}:")
    expect(stored).to_contain_text("".join(steps[-1].kept[0].tokens).rstrip())
    page.get_by_role("button", name="What it has read").click()
    expect(page.get_by_text("step by step the gradient fades").first).to_be_visible()
    assert console.errors == []


def test_a_pasted_tree_is_mended_in_place_and_then_searched(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("beam_search?view=Your+own+tree&entry=Paste"))
    settle(page, has_chart=False)
    box = page.get_by_role("textbox", name="Tree as JSON or CSV")
    box.fill("prefix,token,log_prob\n,<b>wind</b>,0.5")
    box.press("Control+Enter")
    alert = page.locator("[data-testid=stAlert]")
    expect(alert).to_contain_text("Row 1: positive log-probability")
    expect(box).to_have_value("prefix,token,log_prob\n,<b>wind</b>,0.5")
    box.fill("prefix,token,log_prob\n,<b>wind</b>,-0.5")
    box.press("Control+Enter")
    expect(alert).to_contain_text("A tree of 1 edge with 1 different token.")
    page.get_by_role("tab", name="Step by step").click()
    settle(page)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-testid=stMarkdown]", has_text="Stored after")).to_contain_text(
        "<b>wind</b> (−0.50)"
    )
    assert console.errors == []


def test_a_number_typed_into_the_table_reaches_the_tree_and_the_link(
    server: Server, page: Page
) -> None:
    page.goto(server.url("beam_search?view=Your+own+tree"))
    settle(page, has_chart=False)
    table = page.locator("[data-testid=stDataFrame]")
    table.click(position={"x": 330, "y": 52})  # the first row's probability
    page.wait_for_timeout(500)
    page.keyboard.type("1")  # opens the cell's editor, which needs a moment
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    alert = page.locator("[data-testid=stAlert]")
    expect(alert).to_contain_text("Row 2: sum of probabilities. 1.4000")
    page.wait_for_url("**tree=prefix**the%2C1**")


@pytest.mark.parametrize(
    "address",
    [
        "model=weather&length=8&k=5&step=6",
        "model=character+LSTM&length=40&k=20&step=20",
        "model=character+LSTM&length=40&k=5&step=20&view=(e)+What+it+costs",
        "model=character+LSTM&length=40&k=5&view=Conventions",
    ],
)
def test_the_largest_searches_are_not_wider_than_a_phone(
    server: Server, open_tab: OpenTab, address: str
) -> None:
    phone = open_tab(360, 780)
    phone.goto(server.url(f"beam_search?{address}"))
    settle(phone, has_chart=not address.endswith("Conventions"))
    phone.wait_for_timeout(500)
    assert fits(phone)
