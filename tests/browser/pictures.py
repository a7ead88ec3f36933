"""The README's pictures, made from the app in Chromium: `python -m tests.browser.pictures`.

One moves: the gradient under a hand. The others stand, each in light and in dark.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, ViewportSize, sync_playwright

from tests.browser.conftest import BROWSER_FLAGS, ROOT, Server, find_browser
from tests.browser.hands import hand
from tests.browser.seeing import settle

FOLDER = ROOT / ".github" / "images"
SIZE: ViewportSize = {"width": 1080, "height": 900}
PICTURE, MARGIN = "[class*='st-key-picture-']", 16
#: Where the hand comes by, and how many frames it takes from each place to the next.
RADII, FRAMES = (0.8, 1.35, 0.4, 0.8), 16
MILLISECONDS = 90
STILLS = {
    "cell": "lstm_cell_state",
    "tree": "beam_search?moment=6",
    "listening": "training_runs?view=What+it+hears",
    "presenter": "vanishing_gradients?present=1",
}
#: Where the finger is on the slider, drawn on the page.
FINGER = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  const finger = document.getElementById('finger') ?? document.body.appendChild(
    Object.assign(document.createElement('div'), {id: 'finger', style:
      'position: fixed; z-index: 9; width: 34px; height: 34px; border-radius: 50%;' +
      'margin: -17px; background: #8886; border: 2px solid #888'}));
  const at = slider.getBoundingClientRect(), part = (value - slider.min) / (slider.max - slider.min);
  finger.style.left = `${at.left + 8 + part * (at.width - 16)}px`;
  finger.style.top = `${at.top + at.height / 2}px`;
}"""
#: Until the picture is drawn as the slider stands.
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    """Make all of them."""
    server = Server()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=find_browser(), args=BROWSER_FLAGS
            )
            move(chromium, server, FOLDER / "gradient.webp")
            for name, address in STILLS.items():
                for scheme in ("light", "dark"):
                    with opened(chromium, server, address, scheme) as page:
                        clip = None if name == "presenter" else _around(page)
                        data = page.screenshot(clip=clip)
                    _image(data).save(FOLDER / f"{name}-{scheme}.webp", quality=80, method=6)
    finally:
        server.stop()


def move(chromium: Browser, server: Server, path: Path) -> None:
    """The picture of the gradient while a finger drags its slider."""
    ways = [np.linspace(start, end, FRAMES, endpoint=False) for start, end in pairwise(RADII)]
    with opened(chromium, server, "vanishing_gradients", "light") as page:
        slider = hand(page, "radius").first
        clip, frames = _around(page), []
        for radius in np.concatenate(ways):
            slider.evaluate(FINGER, f"{radius:.2f}")
            page.evaluate(DRAWN)
            frames.append(_image(page.screenshot(clip=clip)))
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0, quality=60,
        method=6,
    )  # fmt: skip


@contextmanager
def opened(chromium: Browser, server: Server, address: str, scheme: str) -> Iterator[Page]:
    """A page that has come to rest, the question before its picture left out."""
    page = chromium.new_page(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
    page.goto(server.url(address))
    settle(page)
    page.add_style_tag(content="[data-testid=stElementToolbar] { display: none }")
    yield page
    page.close()


def _around(page: Page) -> FloatRect:
    """The page's first picture, with a little of what is around it."""
    box = page.locator(PICTURE).first.bounding_box()
    assert box is not None
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    return {"x": x - MARGIN, "y": y, "width": width + 2 * MARGIN, "height": height}


def _image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


if __name__ == "__main__":
    main()
