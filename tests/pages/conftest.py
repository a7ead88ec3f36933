"""Pages under Streamlit's own test runner, without a browser."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import open_by_address

OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page() -> OpenPage:
    """Open a page by name, with values for its URL as keyword arguments."""

    def open_named(name: str, **query: str | list[str]) -> AppTest:
        return open_by_address(name, query)

    return open_named
