"""Whatever may take a while on a page says so while it does."""

import ast
from pathlib import Path
from types import FunctionType

from pages.common import runs

PAGES = Path(__file__).parents[2] / "pages"
#: The engine calls that pages may make, by the names that `runs` gives them.
CACHED = {
    name: call
    for name, call in vars(runs).items()
    if hasattr(call, "__wrapped__") and not name.startswith("_")
}


def test_every_engine_call_shows_what_it_is_doing() -> None:
    assert len(CACHED) > 40
    silent = [name for name, call in CACHED.items() if not call._info.show_spinner]
    assert silent == []
    assert all(str(call._info.show_spinner).endswith(" …") for call in CACHED.values())


def test_no_page_goes_past_the_cache_to_what_takes_a_while() -> None:
    wrapped = {call.__wrapped__ for call in CACHED.values()}
    names = {function.__name__ for function in wrapped if isinstance(function, FunctionType)}
    for path in [*PAGES.glob("*.py"), *PAGES.glob("common/*.py")]:
        if path.name == "runs.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine"):
                direct = names & {alias.name for alias in node.names}
                assert not direct, f"{path.name} calls {direct} without cache and spinner"
