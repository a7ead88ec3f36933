"""A full room on this machine: `python -m tests.load --sessions 300 --seconds 60 --page all`."""

import argparse
import asyncio
from collections.abc import Callable

from engine.places import PAGES
from tests.load import report, servers, soak
from tests.load.crowd import ARRIVAL_SECONDS, MAX_SECONDS, MAX_SESSIONS, crowd
from tests.load.servers import Server

NAMES = tuple("" if of.name == "overview" else of.name for of in PAGES)
SETTINGS: dict[str, Callable[[], Server]] = {"after": servers.tuned, "before": servers.untuned}


def main() -> None:
    """Measure what the command line asks for, and print it as a Markdown table."""
    options = _options()
    if options.soak:
        asyncio.run(soak.soak(options.soak, options.sessions))
        return
    pages = NAMES if options.page == "all" else (options.page.replace("overview", ""),)
    print(report.HEADER, flush=True)
    _measure("a bare page", "default", servers.bare, "", options)
    for settings in ("before", "after") if options.settings == "both" else (options.settings,):
        start = SETTINGS[settings]
        # "before", every page meets a server of its own: what one page piled up isn't the next's.
        server = None if settings == "before" else start()
        for page in pages:
            _measure(page, settings, start, page, options, server)
        if server is not None:
            if len(pages) > 1:
                _measure("all pages at once", settings, start, None, options, server)
            server.stop()


def _measure(
    name: str,
    settings: str,
    start: Callable[[], Server],
    page: str | None,
    options: argparse.Namespace,
    server: Server | None = None,
) -> None:
    """Print the row of one page, or of visitors spread over all where `page` is None."""
    running = server or start()
    try:
        pages = NAMES if page is None else (page,)
        outcome = asyncio.run(
            crowd(running, pages, options.sessions, options.seconds, seed=options.seed)
        )
    finally:
        if server is None:
            running.stop()
    print(report.row(name, settings, outcome), flush=True)
    for error, times in outcome.errors.most_common(5):
        print(f"<!-- {times} × {error} -->", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument(
        "--sessions", type=_up_to(MAX_SESSIONS), default=300, help=f"at most {MAX_SESSIONS}"
    )
    parser.add_argument(
        "--seconds", type=_up_to(MAX_SECONDS), default=60.0,
        help=f"after the {ARRIVAL_SECONDS:g} s in which all arrive; at most {MAX_SECONDS:g}",
    )  # fmt: skip
    parser.add_argument(
        "--page", choices=("all", *(of.name for of in PAGES)), default="all",
        help="each page in turn, and then visitors on all of them at once; or one page",
    )  # fmt: skip
    parser.add_argument(
        "--settings", choices=("after", "before", "both"), default="after",
        help="before: Streamlit's defaults on the same commit",
    )  # fmt: skip
    parser.add_argument("--soak", type=_up_to(soak.MAX_RERUNS), help="so many reruns, and memory")
    parser.add_argument("--seed", type=int, default=0, help="of the visitors")
    return parser.parse_args()


def _up_to(most: float) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between 1 and {most:g}")
        return number

    return read


if __name__ == "__main__":
    main()
