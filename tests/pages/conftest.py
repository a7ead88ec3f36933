"""Pages under Streamlit's own test runner, without a browser."""

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import ask
from pages.common.workers import Workers
from tests.pages import opening

OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page() -> OpenPage:
    """Open a page by name, with values for its URL as keyword arguments."""
    return opening.open_page


@pytest.fixture
def two_workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """Two processes, and an empty cache of their answers, in place of the server's own."""
    workers = Workers(2)
    monkeypatch.setattr(ask, "workers", lambda: workers)
    monkeypatch.setattr(ask, "ANSWERS", ask.Answers(1_000_000, 1_000_000))
    yield workers
    workers.stop()
