"""Looking at a page in the browser: its curves, its numbers, and whether it has settled."""

from playwright.sync_api import Page, expect

CHART = "[data-testid=stVegaLiteChart] svg"
THICK_LINES = f"{CHART} .mark-line path[stroke-width='3']"
SCRUBBER = ".vega-bindings input[type=range]"


def chart_lines(page: Page) -> list[str]:
    """The paths of the prominent curves, as drawn."""
    paths = page.locator(THICK_LINES)
    return [paths.nth(i).get_attribute("d") or "" for i in range(paths.count())]


def settle(page: Page, *, has_chart: bool = True) -> None:
    """Wait until the app says that it isn't running and, if there is to be one, a chart is drawn."""
    app = page.locator("[data-testid=stApp]")
    if has_chart:
        page.locator(CHART).first.wait_for()
    # Between two runs, too, it isn't running for a moment: look twice.
    for _ in range(2):
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        page.wait_for_timeout(150)


def wait_for_change(page: Page, before: list[str]) -> None:
    """Wait until one of the prominent curves is no longer the one it was."""
    page.wait_for_function(
        "([selector, old]) => [...document.querySelectorAll(selector)]"
        ".some((path, i) => path.getAttribute('d') !== old[i])",
        arg=[THICK_LINES, before],
    )


def numbers(page: Page) -> dict[str, str]:
    """The numbers below the charts by their labels."""
    page.locator("[data-testid=stMetricValue]").first.wait_for()
    labels = page.locator("[data-testid=stMetricLabel]").all_inner_texts()
    values = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    return dict(zip(labels, values, strict=True))


def fits(page: Page) -> bool:
    """Whether every chart lies inside the window and the page doesn't scroll sideways."""
    return bool(
        page.evaluate(
            """() => {
              const main = document.querySelector('[data-testid=stMain]');
              const charts = [...main.querySelectorAll('svg.marks')];
              return main.scrollWidth <= main.clientWidth
                && charts.every(chart => chart.getBoundingClientRect().right <= innerWidth + 1);
            }"""
        )
    )
