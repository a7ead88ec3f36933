"""The beam search page in Chromium: the handout's tree by keys and by slider, trees of one's own."""

from playwright.sync_api import Page, expect

from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from tests.browser.conftest import PHONE, Console, Server
from tests.browser.hands import hand, where
from tests.browser.seeing import fits, settle

#: What the page has to print after each step: the handout's answers to (a), (b) and (c).
ANSWERS = (
    ("neural (−0.65)", "network (−0.73)"),
    ("neural network (−0.65 − 0.60 = −1.25)", "network neural (−0.73 − 0.60 = −1.33)"),
    (
        "neural network network (−0.65 − 0.60 − 0.60 = −1.85)",
        "network neural network (−0.73 − 0.60 − 0.60 = −1.93)",
    ),
)


def test_the_keys_play_the_handouts_tree_even_after_a_click_on_a_tab(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("beam_search?view=(d)+The+optimum"))
    settle(page)
    page.get_by_role("tab", name="Step by step").click()
    settle(page)
    page.evaluate("document.querySelector('.vega-embed .marks').marked = true")
    said = page.locator("[data-testid=stMarkdown]", has_text="Stored after step")
    expect(said).to_have_count(0)
    for step, answers in enumerate(ANSWERS, start=1):
        for _ in ("proposed", "sorted", "cut"):
            page.keyboard.press("ArrowRight")
        assert where(page, "moment") == str(3 * step)
        for answer in (f"Stored after step {step}:", *answers):
            expect(said).to_contain_text(answer)
        page.wait_for_url(f"**moment={3 * step}**")
    page.keyboard.press("Home")
    expect(said).to_have_count(0)
    page.keyboard.press("End")
    expect(said).to_contain_text("Stored after step 3:")
    assert page.evaluate("document.querySelector('.vega-embed .marks').marked"), "drawn anew"
    assert console.errors == []


def test_the_sliders_play_the_handouts_tree_and_a_wider_beam_keeps_the_optimum(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("beam_search?moment=10&reveal=shown"))
    settle(page)
    said = page.locator("[data-testid=stMarkdown]", has_text="Stored after step")
    expect(said).to_contain_text("It was lost at step 2")
    hand(page, "k").first.focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("The search never let go of it")
    page.wait_for_url("**k=3**")
    hand(page, "moment").first.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("Stored after step 1:")
    assert console.errors == []


def test_whoever_types_keeps_the_arrows(server: Server, page: Page) -> None:
    page.goto(server.url("beam_search?model=character+LSTM&length=6&step=3"))
    settle(page)
    box = page.get_by_role("textbox", name="Prompt")
    box.focus()
    page.keyboard.press("ArrowLeft")
    assert where(page, "step") == "3"
    page.get_by_role("heading", name="Beam search").click()
    page.keyboard.press("ArrowRight")
    assert where(page, "step") == "4"


def test_the_keys_play_the_character_lstm_and_its_text_grows(
    server: Server, page: Page, console: Console
) -> None:
    steps = comparisons.beam(DecodingConfig("characters", "the ", 5, 12)).steps
    page.goto(server.url("beam_search?model=character+LSTM&k=5&length=12&prompt=the+&step=1"))
    settle(page)
    said = page.locator("[data-testid=stMarkdown]", has_text="Stored after step")
    for step in (2, 3):
        page.keyboard.press("ArrowRight")
        expect(said).to_contain_text(f"Stored after step {step}:")
        for kept in steps[step - 1].kept:
            expect(said).to_contain_text("".join(kept.tokens).rstrip())
    page.get_by_role("button", name="What it has read").click()
    expect(page.get_by_text("step by step the gradient fades").first).to_be_visible()
    assert console.errors == []


def test_a_pasted_tree_is_mended_in_place_and_then_searched(
    server: Server, page: Page, console: Console
) -> None:
    page.goto(server.url("beam_search?view=Your+own+tree&entry=Paste"))
    settle(page)
    box = page.get_by_role("textbox", name="Tree as JSON or CSV")
    box.fill("prefix,token,log_prob\n,<b>wind</b>,0.5")
    box.press("Control+Enter")
    alert = page.locator("[data-testid=stAlert]").first
    expect(alert).to_contain_text("Row 1: positive log-probability")
    expect(box).to_have_value("prefix,token,log_prob\n,<b>wind</b>,0.5")
    box.fill("prefix,token,log_prob\n,<b>wind</b>,-0.5")
    box.press("Control+Enter")
    expect(alert).to_contain_text("A tree of 1 edge with 1 different token.")
    settle(page)
    page.get_by_role("heading", name="Beam search").click()
    page.keyboard.press("End")
    expect(page.locator("[data-testid=stMarkdown]", has_text="Stored after")).to_contain_text(
        "<b>wind</b> (−0.50)"
    )
    assert console.errors == []


def test_a_number_typed_into_the_table_reaches_the_tree_and_the_link(
    server: Server, page: Page
) -> None:
    page.goto(server.url("beam_search?view=Your+own+tree"))
    settle(page)
    table = page.locator("[data-testid=stDataFrame]")
    table.click(position={"x": 330, "y": 52})  # the first row's probability
    page.wait_for_timeout(500)
    page.keyboard.type("1")  # opens the cell's editor, which needs a moment
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    alert = page.locator("[data-testid=stAlert]").first
    expect(alert).to_contain_text("Row 2: sum of probabilities. 1.4000")
    page.wait_for_url("**tree=prefix**the%2C1**")


def test_the_largest_searches_are_not_wider_than_a_phone(server: Server, page: Page) -> None:
    page.set_viewport_size(PHONE)
    for largest in ("model=weather&length=8&k=5", "model=character+LSTM&length=40&k=20"):
        page.goto(server.url(f"beam_search?{largest}"))
        settle(page)
        assert fits(page), largest
