"""Pages under Streamlit's own test runner, without a browser."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

OpenPage = Callable[..., AppTest]
ENTRY_POINT = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture(scope="session", autouse=True)
def _look_for_components_once() -> Iterator[None]:
    """Every new AppTest reads the metadata of all installed packages: nine tenths of its time."""
    scan = manifest_scanner.scan_component_manifests
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


def open_by_address(name: str, query: dict[str, str | list[str]]) -> AppTest:
    """Open a page by name through streamlit_app.py, with values for its URL."""
    app = AppTest.from_file(str(ENTRY_POINT), default_timeout=60)
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(f"pages/{name}.py")
    return app.run()


@pytest.fixture
def open_page() -> OpenPage:
    """`open_by_address` with the values as keyword arguments."""

    def open_named(name: str, **query: str) -> AppTest:
        return open_by_address(name, dict(query))

    return open_named
