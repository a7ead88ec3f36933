"""One budget for all processes: what doesn't fit is refused with its reason, next to its control."""

import psutil
import pytest

from pages.common import ask, memory, training
from pages.common.workers import Workers
from tests.pages.asked import Large, double, process_id
from tests.pages.conftest import OpenPage
from tests.pages.reading import press, texts


@pytest.fixture
def small_machine(two_workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "budget", lambda: memory.taken() + 100)


@pytest.mark.usefixtures("small_machine")
def test_a_large_experiment_without_room_is_refused_and_a_small_one_computed() -> None:
    with pytest.raises(ask.RefusedError, match="of memory left, and this may take 300"):
        ask.ask(repr, Large())
    assert ask.ask(double, 21) == 42


@pytest.mark.usefixtures("small_machine")
def test_the_page_says_so_and_keeps_its_controls(open_page: OpenPage) -> None:
    app = open_page("vanishing_gradients", timesteps="500", hidden="64", batch="8")
    assert not app.exception
    assert "of memory left" in texts(app)
    assert app.number_input or app.slider


@pytest.mark.usefixtures("small_machine")
def test_so_is_a_training_that_would_need_a_process(open_page: OpenPage) -> None:
    assert training.training_pool().status().process is None
    asked = {"comparison": "your own", "timesteps": "100", "steps": "5000"}
    app = press(open_page("training_runs", view="Loss", **asked), "Train")
    assert "of memory left" in texts(app)
    assert app.query_params["steps"] == "5000"


def test_the_budget_is_no_more_than_the_machine_has_and_the_setting_sets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory.budget.cache_clear()
    assert 0 < memory.budget() <= psutil.virtual_memory().total / 1e6
    memory.budget.cache_clear()
    monkeypatch.setenv(memory.MEMORY_SETTING, "700")
    assert memory.budget() == 700
    memory.budget.cache_clear()


def test_what_the_server_takes_is_all_of_its_processes() -> None:
    lanes = Workers(1)
    lanes.submit(process_id).result(60)
    here = psutil.Process()
    own, *theirs = (
        of.memory_full_info().uss / 1e6 for of in (here, *here.children(recursive=True))
    )
    assert sum(theirs) > 20
    assert memory.taken() > 0.9 * (own + sum(theirs))
    lanes.stop()
