"""What one visitor feels in Chromium: `python -m tests.load.browser` prints two Markdown tables.

The first: from a key press on a slider to the last change that it makes on the page, for values
that have been shown before and for values that nobody has asked for. A slider in a picture moves it
in the browser; what the server changes comes once the hand has let go. The second: from
the address to the first chart of a server that has just started, beside a bare page.
"""

import statistics
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.browser import hands
from tests.browser.conftest import BROWSER_FLAGS, find_browser
from tests.load import servers
from tests.load.report import percentile
from tests.load.servers import Server
from tests.sections import SECTIONS, open_sections

PRESSES = 12
#: Milliseconds; what the lecture allows itself.
CACHED, FRESH = 100.0, 150.0
#: First chart, as a multiple of the bare page's.
FIRST_CHART = 1.15
STARTS = 3
#: Without a change for so long, the page has come to rest.
REST_MILLISECONDS = 500

_WATCH = """() => {
  window.pressed = window.changed = 0;
  addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
  new MutationObserver(() => { window.changed = performance.now(); }).observe(
    document.querySelector('[data-testid=stMain]'),
    {subtree: true, childList: true, attributes: true, characterData: true});
}"""
_AT_REST = f"""() => document.querySelector('[data-testid=stApp]')
  .getAttribute('data-test-script-state') === 'notRunning'
  && performance.now() - Math.max(window.pressed, window.changed) > {REST_MILLISECONDS}"""


def main() -> None:
    """Measure and print."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
        server = servers.tuned()
        print("\n| section | slider | cached: p50 / p95 | fresh: p50 / p95 | within targets |")
        print("| --- | --- | --: | --: | --- |", flush=True)
        try:
            for name in SECTIONS:
                _print_page(browser, server, name)
        finally:
            server.stop()
        ours = _first_charts(browser, servers.tuned, "vanishing_gradients")
        bare = _first_charts(browser, servers.bare, "")
        ratio = ours / bare
        print(
            "\n| first chart after a start | seconds | times the bare page |\n| --- | --: | --: |"
        )
        print(f"| a bare page that imports torch | {bare:.2f} | 1 |")
        verdict = "yes" if ratio <= FIRST_CHART else "no"
        print(
            f"| vanishing gradients | {ours:.2f} | {ratio:.2f} (within {FIRST_CHART}: {verdict}) |"
        )
        browser.close()


def _print_page(browser: Browser, server: Server, name: str) -> None:
    """The first section of the page that has a hand, and the first that has another slider."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    wanted = {"in the picture", "above it"}
    for section, address in open_sections(name):
        page.goto(f"http://{server.host}/{address}")
        hands.settle(page, has_chart=False)
        page.evaluate(_WATCH)
        sliders = {
            "in the picture": page.locator(f"{hands.CHART} input[type=range][name$='_at']"),
            "above it": page.locator("[data-testid=stSlider]").get_by_role("slider"),
        }
        for kind in sorted(wanted):
            if sliders[kind].count():
                wanted.remove(kind)
                _print_presses(page, f"{name}, {section} | {kind}", sliders[kind].first)
        if not wanted:
            break
    page.close()


def _print_presses(page: Page, name: str, slider: Locator) -> None:
    fresh: list[float] = []
    # At the end of a slider no press does anything.
    while len(fresh) < PRESSES and _can_go_on(slider):
        fresh.append(_press(page, slider, "ArrowRight"))
    keys = ("ArrowLeft", "ArrowRight")
    cached = [_press(page, slider, keys[i % 2]) for i in range(PRESSES + 2)][2:]
    within = percentile(cached, 95) <= CACHED and percentile(fresh, 95) <= FRESH
    print(f"| {name} | {_two(cached)} | {_two(fresh)} | {'yes' if within else 'no'} |", flush=True)


def _can_go_on(slider: Locator) -> bool:
    return bool(slider.evaluate("slider => Number(slider.value) < Number(slider.max)"))


def _press(page: Page, slider: Locator, key: str) -> float:
    """Milliseconds from the key press to the last change."""
    slider.press(key)
    page.wait_for_function(_AT_REST)
    return float(page.evaluate("window.changed - window.pressed"))


def _two(milliseconds: list[float]) -> str:
    return f"{percentile(milliseconds, 50):.0f} / {percentile(milliseconds, 95):.0f} ms"


def _first_charts(browser: Browser, start: Callable[[], Server], address: str) -> float:
    """Seconds to the first chart: the median over servers that have just started."""
    return statistics.median(_first_chart(browser, start, address) for _ in range(STARTS))


def _first_chart(browser: Browser, start: Callable[[], Server], address: str) -> float:
    server = start()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        begin = time.perf_counter()
        page.goto(f"http://{server.host}/{address}")
        drawn = "[data-testid=stVegaLiteChart] :is(svg.marks, canvas.marks)"
        page.locator(drawn).first.wait_for(timeout=60_000)
        return time.perf_counter() - begin
    finally:
        context.close()
        server.stop()


if __name__ == "__main__":
    main()
