"""Whatever may take a while on a page says so while it does."""

import ast
import importlib
import inspect
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from pages.common import runs

PAGES = Path(__file__).parents[2] / "pages"
#: The engine calls that pages may make, by the names that `runs` gives them.
CACHED = {
    name: call
    for name, call in vars(runs).items()
    if hasattr(call, "__wrapped__") and not name.startswith("_") and name != "run_store"
}


def test_every_engine_call_shows_what_it_is_doing() -> None:
    assert len(CACHED) > 40
    silent = [name for name, call in CACHED.items() if not call._info.show_spinner]
    assert silent == []
    assert all(str(call._info.show_spinner).endswith(" …") for call in CACHED.values())


def is_function_of(module: ModuleType, name: str, functions: set[Any]) -> bool:
    """Whether the name stands for one of `functions`; a module may share it."""
    found = getattr(module, name, None)  # a submodule may not be imported yet
    return isinstance(found, FunctionType) and found in functions


def test_no_page_goes_past_the_cache_to_what_takes_a_while() -> None:
    wrapped = {inspect.unwrap(call) for call in CACHED.values()}
    for path in [*PAGES.glob("*.py"), *PAGES.glob("common/*.py")]:
        if path.name == "runs.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine"):
                module = importlib.import_module(node.module or "")
                direct = [a.name for a in node.names if is_function_of(module, a.name, wrapped)]
                assert not direct, f"{path.name} calls {direct} without cache and spinner"
