"""A full room on this machine: `python -m tests.load` prints every table of the README beside it."""

import argparse
import asyncio
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeAlias

from engine.places import PAGES
from tests.load import browser, report, servers, soak
from tests.load.crowd import ARRIVAL_SECONDS, crowd
from tests.load.mixes import MIXES

NAMES = tuple("" if of.name == "overview" else of.name for of in PAGES)
#: Pages with experiments, which can all be fresh.
WITH_EXPERIMENTS = tuple(name for name in NAMES if name not in ("", "lecture"))
#: Of a row: what it is called, its pages and its mix.
Row: TypeAlias = tuple[str, Sequence[str], str]
ALL = "all pages at once"
#: More than any room holds; a load test that is told to do more has been told wrong.
MAX_SESSIONS, MAX_SECONDS = 1000, 600.0


def main() -> None:
    """Measure what the command line asks for, and print it as Markdown tables."""
    options = _options()
    pages = NAMES if options.page == "all" else (options.page.replace("overview", ""),)
    print(report.HEADER, flush=True)
    if options.before:
        _measure("before", _rows(pages, MIXES, short=True), options, options.before)
    _measure("after", _rows(pages, options.mix or MIXES), options, servers.ROOT)
    if options.browser:
        browser.main()
    if options.soak:
        # A new server: what the crowds above have left behind isn't the soak's.
        asyncio.run(soak.soak(options.soak))


def _rows(pages: Sequence[str], mixes: Collection[str], *, short: bool = False) -> list[Row]:
    """Each page in turn in each mix, and then visitors on all of them at once.

    short: of most pages the harsh mix alone.
    """
    rows: list[Row] = [
        (page, (page,), mix)
        for page in pages
        for mix in mixes
        if mix == "hand" or page in WITH_EXPERIMENTS
    ]
    if short:
        rows = [of for of in rows if of[2] == "fresh" or of[0] == "vanishing_gradients"]
    if len(pages) > 1:
        rows += [(ALL, pages, mix) for mix in mixes]
    return rows


def _measure(code: str, rows: Sequence[Row], options: argparse.Namespace, folder: Path) -> None:
    """Print the rows of one checkout; one server for all, so that its caches fill."""
    # As many workers in all as one copy has.
    workers = {} if options.copies == 1 else {"LECTURE_WORKERS": "1"}
    copies = [servers.hosted(workers, folder) for _ in range(options.copies)]
    try:
        for name, pages, mix in rows:
            outcome = asyncio.run(
                crowd(copies, pages, options.sessions, options.seconds, mix=MIXES[mix]())
            )
            print(report.row(name, code, mix, outcome), flush=True)
            for error, times in outcome.errors.most_common(5):
                print(f"<!-- {times} × {error} -->", flush=True)
    finally:
        for copy in copies:
            copy.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument(
        "--sessions", type=up_to(MAX_SESSIONS), default=300, help=f"at most {MAX_SESSIONS}"
    )
    parser.add_argument(
        "--seconds", type=up_to(MAX_SECONDS), default=11,
        help=f"after the {ARRIVAL_SECONDS:g} s in which all arrive; at most {MAX_SECONDS:g}",
    )  # fmt: skip
    parser.add_argument(
        "--page", choices=("all", *(of.name for of in PAGES)), default="all",
        help="each page in turn, and then visitors on all of them at once; or one page",
    )  # fmt: skip
    parser.add_argument("--mix", choices=tuple(MIXES), action="append", help="one of them only")
    parser.add_argument("--copies", type=up_to(4), default=1, help="of the server; at most 4")
    parser.add_argument(
        "--before", type=Path, metavar="FOLDER", help="another checkout, to be measured first"
    )
    parser.add_argument("--browser", action="store_true", help="key press to last change, too")
    parser.add_argument(
        "--soak", type=up_to(soak.MAX_SECONDS), metavar="SECONDS", help="and memory over this time"
    )
    return parser.parse_args()


def up_to(most: float) -> Callable[[str], int]:
    """A reader of whole numbers from 1 to `most`."""

    def read(text: str) -> int:
        number = int(text)
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between 1 and {most:g}")
        return number

    return read


if __name__ == "__main__":
    main()
