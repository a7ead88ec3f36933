"""Everyone's page: what axe-core finds, what the Tab key reaches, what is said without a picture."""

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.seeing import BRIEFLY, settle

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")

#: What Tab has to reach: of a group of radio buttons, tabs or options it is the chosen one, and the
#: arrow keys go on from there.
_REACHABLE = """() => {
  const all = [...document.querySelectorAll('[data-testid=stApp] :is(button, a[href], input,'
    + ' select, textarea, summary, [role=slider], [role=tab], [role=combobox])')];
  const shown = one => one.checkVisibility({visibilityProperty: true}) && !one.disabled
    && !one.closest('[inert], [aria-hidden=true], [data-testid=stDataFrame]');
  const inGroup = one => one.getAttribute('tabindex') === '-1' || one.type === 'radio'
    || (one.role === 'tab' && one.ariaSelected !== 'true')
    || one.closest('[role=radiogroup], [role=group]');
  all.forEach((one, i) => { one.dataset.number = i; });
  window.reached = new Set();
  addEventListener('focusin', event => {
    const one = event.target.closest('[data-number]');
    if (one) window.reached.add(one.dataset.number);
  });
  return all.filter(one => shown(one) && !inGroup(one)).map(one =>
    `${one.dataset.number} ${one.tagName} ${one.ariaLabel ?? one.innerText.slice(0, 40)}`);
}"""
MAX_TABS = 150
_GRAVE = """options => axe.run(options).then(({violations}) => violations
  .filter(({impact}) => ['serious', 'critical'].includes(impact))
  .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`)))"""
#: Charts without a description, and formulas that are a picture only.
_WORDLESS = """() => [
  ...[...document.querySelectorAll('[data-testid=stVegaLiteChart]')].filter(chart =>
    ![chart, ...chart.querySelectorAll('[aria-label]')].some(
      one => (one.ariaLabel ?? '').length > 20)),
  ...[...document.querySelectorAll('.katex')].filter(
    formula => !formula.querySelector('.katex-mathml math')),
].map(one => one.outerHTML.slice(0, 200))"""


def grave_findings(page: Page, *, colours_only: bool = False) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands, or in its colours alone."""
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if colours_only:
        options["runOnly"] = ["color-contrast"]
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_GRAVE, options)
    return found


def grave_in_both(page: Page, scheme: Scheme) -> tuple[list[str], Scheme]:
    """What axe-core finds in this scheme, and of colours in the other one, which the page keeps."""
    other = SCHEMES[1 - SCHEMES.index(scheme)]
    found = [f"{scheme}: {of}" for of in grave_findings(page)]
    put_on(page, other)
    return found + [f"{other}: {of}" for of in grave_findings(page, colours_only=True)], other


def put_on(page: Page, scheme: Scheme) -> None:
    """Have the system turn light or dark while the page is open."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        "scheme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
        " === scheme",
        arg=scheme,
    )
    # The server chooses the colours in formulas, and hears of the theme with the next run.
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press("r")
    settle(page, has_chart=False, milliseconds=BRIEFLY)


def unreached(page: Page) -> list[str]:
    """The controls on screen that the Tab key doesn't come to."""
    wanted: list[str] = page.evaluate(_REACHABLE)
    assert wanted
    left = wanted
    for _ in range(0, MAX_TABS, 10):
        for _ in range(10):
            page.keyboard.press("Tab")
        reached = set(page.evaluate("[...window.reached]"))
        left = [one for one in wanted if one.split()[0] not in reached]
        if not left:
            break
    return left


def wordless(page: Page) -> list[str]:
    """Charts and formulas that say nothing to a screen reader."""
    found: list[str] = page.evaluate(_WORDLESS)
    return found
