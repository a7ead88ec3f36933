"""The figures of /status: from runs that really ended, of the last minute only."""

from collections.abc import Iterator

import pytest

from pages.common import startup
from pages.common.meter import WINDOW_SECONDS, Meter, percentile
from tests.pages.opening import open_page
from tests.pages.reading import numbers


class Timed(Meter):
    """A meter whose clock goes on only while it is told how long a run takes."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(lambda: self.now)

    def take(self, seconds: float) -> None:
        with self.run():
            self.now += seconds


def test_runs_are_counted_and_timed() -> None:
    meter = Timed()
    for _ in range(19):
        meter.take(1.0)
    meter.take(11.0)
    recent = meter.recent()
    assert (recent.p50, recent.p95, recent.slowest) == (1.0, 1.0, 11.0)
    assert recent.per_second == pytest.approx(20 / 30)


def test_what_is_older_than_a_minute_no_longer_counts() -> None:
    meter = Timed()
    meter.take(5.0)
    meter.now += WINDOW_SECONDS + 1
    meter.take(0.5)
    assert meter.recent().slowest == 0.5
    assert meter.total == 2


def test_a_run_that_ends_by_an_exception_counts_too() -> None:
    meter = Timed()
    with pytest.raises(RuntimeError), meter.run():  # noqa: PT012
        meter.now += 2.0
        raise RuntimeError
    assert meter.recent().slowest == 2.0


def test_without_a_run_there_are_no_times() -> None:
    recent = Meter().recent()
    assert (recent.per_second, recent.p50, recent.p95, recent.slowest) == (0.0, None, None, None)


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (51, 3), (95, 4), (100, 4), (1, 1)])
def test_percentiles_are_values_that_occurred(percent: int, value: float) -> None:
    assert percentile([1, 2, 3, 4], percent) == value


@pytest.fixture(autouse=True)
def setting_read_anew() -> Iterator[None]:
    startup.status_is_on.cache_clear()
    yield
    startup.status_is_on.cache_clear()


def test_the_page_shows_the_figures_where_the_host_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(startup.STATUS_SETTING, "1")
    app = open_page("status")
    assert not app.exception
    shown = numbers(app)
    assert float(shown["runs per second"]) >= 0
    assert shown["p95"].endswith("ms")
    assert (shown["training now"], shown["waiting for it"]) == ("0", "0")
    assert int(shown["memory"].removesuffix(" MB")) > 50


def test_without_being_asked_for_it_there_is_no_such_page() -> None:
    with pytest.raises(ValueError, match="status"):
        open_page("status")


@pytest.mark.parametrize(("given", "on"), [("1", True), ("on", True), ("0", False), ("", False)])
def test_the_variable_switches_it(monkeypatch: pytest.MonkeyPatch, given: str, on: bool) -> None:
    monkeypatch.setenv(startup.STATUS_SETTING, given)
    assert startup.status_is_on() is on
