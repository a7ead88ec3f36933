"""Looking at a page in the browser: its curves, its numbers, and whether it has settled."""

import re

from playwright.sync_api import Frame, Page, TimeoutError

CHART = "[data-testid=stVegaLiteChart] :is(svg, canvas).marks"
THICK_LINES = f"{CHART} .mark-line path[stroke-width='3']"


def chart_lines(page: Page) -> list[str]:
    """The paths of the prominent curves, as drawn."""
    paths = page.locator(THICK_LINES)
    return [paths.nth(i).get_attribute("d") or "" for i in range(paths.count())]


#: Notes in a page when it last sent something to the server, and when it last heard from it.
WIRE = """(() => {
  const wire = window.wire = {sent: 0, heard: 0};
  const send = WebSocket.prototype.send, listening = new WeakSet();
  WebSocket.prototype.send = function(message) {
    wire.sent = performance.now();
    if (!listening.has(this)) {
      listening.add(this);
      this.addEventListener('message', () => { wire.heard = performance.now(); });
    }
    return send.call(this, message);
  };
})()"""
#: Whether the app has been idle, and the page unchanged, for a while: between two runs, too, the
#: app isn't running for a moment, and what a run has sent is drawn a little later. A busy
#: machine is late with all of it, so that the page has to have been looked at a few times as well.
QUIET = """([milliseconds, unanswered]) => {
  const app = document.querySelector('[data-testid=stApp]');
  if (!app || app.querySelector('[data-testid=stSkeleton]')) return false;
  const now = performance.now(), wire = window.wire;
  if (window.watched?.app !== app) {
    const watched = window.watched = {app, since: now, looks: 0};
    new MutationObserver(() => { Object.assign(watched, {since: performance.now(), looks: 0}); })
      .observe(app, {subtree: true, childList: true, characterData: true, attributes: true});
  }
  const {watched} = window, waits = wire?.sent > wire?.heard && now - wire.sent < unanswered;
  if (waits || app.dataset.testScriptState !== 'notRunning')
    Object.assign(watched, {since: now, looks: 0});
  return ++watched.looks > 3 && now - watched.since > milliseconds;
}"""
#: A slider of Streamlit's own waits for 200 ms before it sends.
QUIET_MILLISECONDS, BRIEFLY = 300, 80
#: What the server doesn't answer at all isn't waited for longer.
UNANSWERED_MILLISECONDS = 2_000


def settle(
    page: Page | Frame, *, has_chart: bool = True, milliseconds: int = QUIET_MILLISECONDS
) -> None:
    """Wait until the app is idle, the page stands still and, if there is to be one, a chart is drawn."""
    if has_chart:
        look_behind_the_question(page, milliseconds)
        page.locator(CHART).first.wait_for()
    _quiet(page, milliseconds)


def _quiet(page: Page | Frame, milliseconds: int) -> None:
    page.wait_for_function(QUIET, arg=[milliseconds, UNANSWERED_MILLISECONDS], polling=20)


def look_behind_the_question(page: Page | Frame, milliseconds: int = QUIET_MILLISECONDS) -> None:
    """Ask for the picture that a question stands before, if there is one."""
    chart = page.locator(CHART).first
    wanted = page.get_by_role("button", name=re.compile("^(Just show me|Reveal)$")).first
    chart.or_(wanted).first.wait_for()
    _quiet(page, milliseconds)
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
