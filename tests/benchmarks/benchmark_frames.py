"""How long a frame takes while a hand moves: every section that has one, in Chromium.

Prints for each hand the milliseconds from an input to the paint that shows it, p50, p95 and the
longest, beside what the lecture allows itself. `python -m tests.benchmarks.benchmark_frames [page …]`.
"""

import sys

from playwright.sync_api import Page, sync_playwright

from tests.browser import hands
from tests.browser.conftest import BROWSER_FLAGS, Server, find_browser
from tests.sections import SECTIONS, open_sections

#: Milliseconds that 95 of 100 frames may take.
BOUND = 34.0
#: A laptop's window, and a phone's.
SIZES = ((1280, 800), (390, 844))


def main() -> None:
    """Measure and print."""
    server = Server()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
            print(f"| section | hand | width | p50 | p95 | longest | within {BOUND:g} ms |")
            print("| --- | --- | --: | --: | --: | --: | --- |")
            for width, height in SIZES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.set_default_timeout(60_000)
                for name in sys.argv[1:] or ("overview", *SECTIONS):
                    _print_page(server, page, name)
            browser.close()
    finally:
        server.stop()


def _print_page(server: Server, page: Page, name: str) -> None:
    for section, address in open_sections(name):
        page.goto(server.url("" if name == "overview" else address))
        hands.see_all(page)
        moved_hands = hands.move_all(page, hands.MANY_STOPS)
        for key, moved in hands.opened_anew(page, moved_hands).items():
            p50, p95, longest = (moved.frame(percent) for percent in (50, 95, 100))
            verdict = " ".join(["yes" if p95 <= BOUND else "no", *moved.faults()])
            assert page.viewport_size is not None
            print(
                f"| {name} {section} | {key} | {page.viewport_size['width']} | {p50:.0f} | {p95:.0f} "
                f"| {longest:.0f} | {verdict} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
