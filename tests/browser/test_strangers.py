"""Text from strangers, wherever it can come in: the browser asks nobody else's server for it."""

import json
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.hands import see_all

STRANGER = "https://stranger.invalid"
IMAGE, LINK = f"![i]({STRANGER}/p.png)", f"[x]({STRANGER}/x)"
HTML = f"<img/src={STRANGER}/h.png><a/href={STRANGER}/a>a</a>"
TREE = json.dumps(
    [
        {"prefix": "", "token": IMAGE, "probability": 0.6},
        {"prefix": "", "token": LINK, "probability": 0.4},
        {"prefix": IMAGE, "token": HTML, "probability": 1.0},
        {"prefix": LINK, "token": "<end>", "probability": 1.0},
        {"prefix": f"{IMAGE} {HTML}", "token": "<end>", "probability": 1.0},
    ]
)
BROKEN_TREE = f"prefix,token,probability\n{IMAGE},{LINK},{HTML}\n"


def test_no_text_from_outside_makes_a_link_or_a_request(
    server: Server, page: Page, tmp_path: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def look() -> None:
        see_all(page)
        assert page.locator(f"[href*='{STRANGER}'], [src*='{STRANGER}']").count() == 0

    def visit(path: str, **values: str) -> None:
        page.goto(server.url(f"{path}?{urlencode(values)}"))
        look()

    visit("vanishing_gradients", radius=IMAGE, structure=LINK, view=HTML, room=LINK, scene=IMAGE)
    expect(page.get_by_text("view = <img/src=").first).to_be_visible()  # a text, and no picture
    visit("beam_search", model="character LSTM", prompt=IMAGE)
    for tree in (TREE, BROKEN_TREE):
        visit("beam_search", model="your own tree", tree=tree, step="1")
        expect(page.get_by_text("stranger.invalid").first).to_be_visible()
    visit("beam_search", view="Your own tree", entry="Paste")
    box = page.get_by_role("textbox", name="Tree as JSON or CSV")
    for tree in (BROKEN_TREE, TREE):
        box.fill(tree)
        box.press("Control+Enter")
        look()
    page.get_by_role("button", name="Symbols").click()
    page.get_by_label("Find a symbol by its name or meaning").fill(IMAGE)
    page.keyboard.press("Enter")
    look()

    page.goto(server.url("lecture"))
    scene = {"page": "beam_search", "name": IMAGE, "look_for": f"{LINK} {HTML}", "values": {}}
    scene["values"] = {"model": "your own tree", "tree": TREE}
    for content in ({"format": 1, "scenes": [scene]}, {"format": IMAGE, LINK: HTML}):
        file = tmp_path / "lecture.json"
        file.write_text(json.dumps(content))
        page.locator("input[type=file]").set_input_files(file)
        look()
    page.get_by_role("link", name="Scene 1", exact=True).click()
    expect(page.get_by_text(IMAGE).first).to_be_visible()
    look()

    assert [url for url in asked if not url.startswith((server.url(), "data:", "blob:"))] == []
