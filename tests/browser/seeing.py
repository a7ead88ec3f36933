"""Looking at a page in the browser: its curves, its numbers, and whether it has settled."""

import re

from playwright.sync_api import Frame, Page, TimeoutError

CHART = "[data-testid=stVegaLiteChart] :is(svg, canvas).marks"
THICK_LINES = f"{CHART} .mark-line path[stroke-width='3']"


def chart_lines(page: Page) -> list[str]:
    """The paths of the prominent curves, as drawn."""
    paths = page.locator(THICK_LINES)
    return [paths.nth(i).get_attribute("d") or "" for i in range(paths.count())]


#: Whether the app has been idle, and the page unchanged, for a while: between two runs, too, the
#: app isn't running for a moment, and what a run has sent is drawn a little later.
QUIET = """(milliseconds) => {
  const app = document.querySelector('[data-testid=stApp]');
  if (!app || app.querySelector('[data-testid=stSkeleton]')) return false;
  if (window.watched?.app !== app) {
    const watched = window.watched = {app, since: performance.now()};
    new MutationObserver(() => { watched.since = performance.now(); })
      .observe(app, {subtree: true, childList: true, characterData: true, attributes: true});
  }
  if (app.dataset.testScriptState !== 'notRunning') window.watched.since = performance.now();
  return performance.now() - window.watched.since > milliseconds;
}"""
QUIET_MILLISECONDS = 300


def settle(page: Page | Frame, *, has_chart: bool = True) -> None:
    """Wait until the app is idle, the page stands still and, if there is to be one, a chart is drawn."""
    if has_chart:
        look_behind_the_question(page)
        page.locator(CHART).first.wait_for()
    page.wait_for_function(QUIET, arg=QUIET_MILLISECONDS, polling=50)


def look_behind_the_question(page: Page | Frame) -> None:
    """Ask for the picture that a question stands before, if there is one."""
    chart = page.locator(CHART).first
    wanted = page.get_by_role("button", name=re.compile("^(Just show me|Reveal)$")).first
    chart.or_(wanted).first.wait_for()
    page.wait_for_function(QUIET, arg=QUIET_MILLISECONDS, polling=50)
    if not chart.is_visible() and wanted.is_visible():
        wanted.click()


def fits(page: Page) -> bool:
    """Whether every chart comes to lie inside the window and the page doesn't scroll sideways."""
    try:
        page.wait_for_function(
            """() => {
              const main = document.querySelector('[data-testid=stMain]');
              const charts = [...main.querySelectorAll('.marks')];
              return main.scrollWidth <= main.clientWidth
                && charts.every(chart => chart.getBoundingClientRect().right <= innerWidth + 1);
            }""",
            timeout=8_000,
        )
    except TimeoutError:
        return False
    return True
