"""Opening a page under Streamlit's own test runner."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

ENTRY_POINT = Path(__file__).parents[2] / "streamlit_app.py"


@cache
def _look_for_components_once() -> None:
    """Every new AppTest reads the metadata of all installed packages: nine tenths of its time."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def open_by_address(name: str, query: Mapping[str, str | list[str]]) -> AppTest:
    """Open a page by name through streamlit_app.py, with values for its URL."""
    _look_for_components_once()
    app = AppTest.from_file(str(ENTRY_POINT), default_timeout=60)
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    app.session_state["more"] = True  # what is folded away is the browser's to open
    app.switch_page(f"pages/{name}.py")
    return app.run()


def open_page(name: str, **query: str | list[str]) -> AppTest:
    """The same, with the values for its URL as keyword arguments."""
    return open_by_address(name, query)
