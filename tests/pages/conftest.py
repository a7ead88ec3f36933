"""Pages under Streamlit's own test runner, without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

OpenPage = Callable[..., AppTest]
ENTRY_POINT = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def open_page() -> OpenPage:
    """Open a page by name through streamlit_app.py, with values for its URL."""

    def open_named(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ENTRY_POINT), default_timeout=60)
        app.run()
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(f"pages/{name}.py")
        return app.run()

    return open_named
