"""The page of trained networks: shipped comparisons open, and one's own are trained from it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.sections.answering import Named, answer
from engine.training import RunStore, train
from engine.training.comparisons import OwnNetwork
from engine.training.files import LOCATION_VARIABLE, file_name
from engine.training.pool import TrainingPool
from engine.training.progress import Progress
from pages.common import training
from pages.common.own_networks import OWN_CONTROLS, plan_of
from tests.pages.opening import open_page
from tests.pages.reading import charts, press, texts
from tests.pages.test_own_networks import meant

#: Trained within a second, once the process is there.
SMALL = {
    "view": "Loss", "comparison": "your own", "timesteps": "5", "steps": "100", "units": "4",
    "sequences": "4",
}  # fmt: skip
#: Not trained before anybody presses a button.
LARGE = {"view": "Loss", "comparison": "your own", "timesteps": "100", "steps": "5000"}


@pytest.fixture(scope="module")
def lasting() -> Iterator[TrainingPool]:
    """One process for all tests: to import torch takes longer than most of them do."""
    made = TrainingPool(RunStore("memory://unused"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def pool(
    tmp_path: Path, lasting: TrainingPool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrainingPool]:
    """A store of each test's own."""
    monkeypatch.setenv(LOCATION_VARIABLE, str(tmp_path))
    training.run_files.cache_clear()
    lasting.files = training.run_files()
    monkeypatch.setattr(training, "training_pool", lambda: lasting)
    yield lasting
    for word in list(lasting._tickets):
        lasting.stop(word)
    deadline = time.monotonic() + 60
    while lasting.status().running and time.monotonic() < deadline:
        time.sleep(0.05)
    lasting._tickets.clear()
    training.run_files.cache_clear()


def run_until(app: AppTest, reached: Callable[[], Any], seconds: float = 120) -> AppTest:
    """Look at the page again and again, as its fragment does in a browser."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)
        app.run()
        assert not app.exception
    return app


def progress(app: AppTest) -> str:
    return " ".join(element.proto.text for element in app.get("progress"))


def train_button(app: AppTest) -> Any:
    return next(button for button in app.button if button.label == "Train")


def train_all(app: AppTest) -> None:
    press(app, "Train")
    run_until(app, lambda: "All of these have been trained" in texts(app))


def has_steps(app: AppTest) -> bool:
    return progress(app).startswith("Step") and len(charts(app)) == 2


@pytest.mark.parametrize("section", ["Recall", "What it hears", "Papers"])
def test_what_needs_no_comparison_has_no_controls_of_one(section: str) -> None:
    app = open_page("training_runs", view=section)
    assert "comparison" not in [box.key for box in app.selectbox]


def test_recall_is_learned_over_ten_timesteps_and_not_over_a_hundred() -> None:
    preset = "recall: T = 10 and T = 100"
    shown = texts(open_page("training_runs", view="Loss", comparison=preset))
    assert "RNN, T = 10: learned in 8 of 8 seeds" in shown
    assert "RNN, T = 100: learned in 0 of 8 seeds" in shown
    assert "Here it holds: in 8 of 8 seeds" in shown


def test_a_training_step_in_the_address_is_the_one_that_the_words_tell() -> None:
    assert "After 300 of 1,200 steps" in texts(open_page("training_runs", trained_steps="300"))


def test_a_small_run_is_trained_shown_and_kept(tmp_path: Path) -> None:
    app = open_page("training_runs", **SMALL)
    assert "To be trained: RNN | LSTM" in texts(app)
    train_all(app)
    shown = texts(app)
    assert "RNN: " in shown
    assert "LSTM: " in shown
    assert train_button(app).disabled
    assert len(list(tmp_path.glob("*.run"))) == 2
    # The list of what was trained stands above the controls, and may be drawn before the end.
    run_until(
        app,
        lambda: any(one.label.startswith("recall the first input, T = 5") for one in app.button),
    )


def test_runs_that_were_trained_before_are_loaded_and_only_others_are_to_be_trained(
    pool: TrainingPool, tmp_path: Path
) -> None:
    rnn, lstm = plan_of(values_by_name(SMALL)).runs.values()
    store = RunStore(str(tmp_path))
    store.save(train(rnn))
    app = open_page("training_runs", **SMALL)
    assert "To be trained: LSTM" in texts(app)
    assert "Below, until the networks above have been trained" in texts(app)
    store.save(train(lstm))
    app.run()
    assert "All of these have been trained" in texts(app)
    assert "RNN: " in texts(app)
    assert not pool._tickets


def test_the_program_of_ones_own_comparison_makes_what_the_page_shows(tmp_path: Path) -> None:
    plan = plan_of(values_by_name(SMALL))
    runs = {name: train(config) for name, config in plan.runs.items()}
    for run in runs.values():
        RunStore(str(tmp_path)).save(run)
    networks = tuple(OwnNetwork(name, run.config, run.to_bytes()) for name, run in runs.items())
    parcel = answer(Named("engine.sections.training_runs", "loss"), (networks,), {})
    shown = parcel.unpacked(parcel.pictures).figures["loss"]
    assert len(shown.program) < 4000, "the runs themselves aren't in it"
    names: dict[str, Any] = {}
    exec(shown.program, names)
    for name, frame in names["shown"].figures["loss"].frames.items():
        pd.testing.assert_frame_equal(frame, shown.frames[name])


def test_a_stop_keeps_what_is_there_and_says_at_which_step(tmp_path: Path) -> None:
    app = open_page("training_runs", **LARGE)
    before = texts(app)
    assert "RNN, T = 10: learned" in before, "the last comparison stays below"
    press(app, "Train")
    run_until(app, lambda: has_steps(app))
    assert train_button(app).disabled
    press(app, "Stop")
    shown = texts(app)
    assert not progress(app)
    assert "RNN, T = 10: learned" in shown
    assert len(charts(app)) == 2, "the half-done curves, and the comparison from before"
    assert "of 5,000" in shown
    assert list(tmp_path.iterdir()) == []
    assert not train_button(app).disabled
    press(app, "Put away")
    assert len(charts(app)) == 1


def test_a_control_moved_while_training_loses_nothing() -> None:
    app = open_page("training_runs", **SMALL)
    press(app, "Train")
    app.slider(key="timesteps").set_value(7).run()
    run_until(app, lambda: not progress(app))
    shown = texts(app)
    assert "RNN: " in shown
    assert "T = 5: RNN | LSTM" in shown, "the one that has finished is on screen, named"
    assert not train_button(app).disabled
    press(app, "recall the first input, T = 5")
    assert app.slider(key="timesteps").value == 5
    assert "All of these have been trained" in texts(app)


def test_a_training_that_ends_while_the_page_is_drawn_is_shown(
    pool: TrainingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("training_runs", **SMALL)
    look = pool.look

    def look_before_the_end(ticket: str) -> Progress | None:
        """How it stands; whoever looks again finds it over."""
        progress = look(ticket)
        deadline = time.monotonic() + 120
        while (now := look(ticket)) is not None and not now.is_over:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return progress

    monkeypatch.setattr(pool, "look", look_before_the_end)
    press(app, "Train")  # the page runs again by itself, as soon as its fragment finds the end
    shown = texts(app)
    assert not progress(app)
    assert "RNN: " in shown
    assert "Trained here: 1" in [block.proto.popover.label for block in app.get("popover")]
    assert "All of these have been trained" in shown


def test_a_reload_in_the_middle_of_a_training_finds_it_again_and_sees_it_end(
    pool: TrainingPool,
) -> None:
    first = open_page("training_runs", **{**SMALL, "steps": "2000"})
    press(first, "Train")
    run_until(first, lambda: has_steps(first))
    ticket = first.query_params[training.URL_KEY]
    assert isinstance(ticket, str)
    # A reload is another session, which knows nothing but the address.
    again = open_page("training_runs", **{**SMALL, "steps": "2000", training.URL_KEY: ticket})
    assert has_steps(again)
    assert train_button(again).disabled
    run_until(again, lambda: not progress(again))
    assert "All of these have been trained" in texts(again)
    assert "Trained here: 1" in [block.proto.popover.label for block in again.get("popover")]
    assert training.URL_KEY not in again.query_params
    assert pool.status().running == 0


@pytest.mark.parametrize(
    ("before", "ahead"), [(0, "next"), (1, "1 training before you"), (2, "2 trainings before you")]
)
def test_whoever_waits_reads_how_many_are_before_them(before: int, ahead: str) -> None:
    waiting = Progress("waiting", {}, {}, before=before, seconds_left=40)
    assert f"Waiting: {ahead}, about 40 s" in training.progress_in_words(waiting)


def test_a_training_without_a_loss_yet_says_its_step_and_the_time_left() -> None:
    running = Progress("training", {}, {}, step=3, total=1000, seconds_left=120)
    assert training.progress_in_words(running) == "Step 3 of 1,000 · about 2 min left"


def test_a_ticket_that_nobody_knows_opens_the_page_as_ever() -> None:
    app = open_page("training_runs", **{**SMALL, training.URL_KEY: "<b>gone</b>"})
    assert "To be trained: RNN | LSTM" in texts(app)
    assert training.URL_KEY not in app.query_params


def test_a_setting_that_does_not_fit_is_named_below_its_control_and_the_page_stays() -> None:
    app = open_page("training_runs", **{**SMALL, "task": "adding problem", "timesteps": "1"})
    assert [error.value for error in app.error] == [
        "timesteps is 1; allowed is an integer from 2 to 200"
    ]
    assert train_button(app).disabled
    assert charts(app)
    app.slider(key="timesteps").set_value(2).run()
    assert not app.error
    assert not train_button(app).disabled


def test_a_training_that_takes_too_long_is_refused_with_the_steps_allowed() -> None:
    heavy = {"timesteps": "200", "units": "64", "sequences": "128", "n1_cell": "LSTM"}
    app = open_page("training_runs", **{**LARGE, **heavy})
    assert "steps is 5000; allowed" in app.error[0].value
    assert train_button(app).disabled


def test_a_store_that_cannot_be_written_to_is_told_and_the_run_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(training.run_files(), "location", str(tmp_path / "file" / "runs"))
    app = open_page("training_runs", **SMALL)
    train_all(app)
    assert any("can't be written to" in warning.value for warning in app.warning)
    assert "LSTM: " in texts(app)


def test_a_full_line_is_told_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.pool.MOST_WAITING", 0)
    app = open_page("training_runs", **SMALL)
    press(app, "Train")
    assert "no more are allowed" in app.warning[0].value
    assert app.slider(key="timesteps").value == 5
    assert not train_button(app).disabled


def test_a_damaged_file_is_told_and_trained_anew(tmp_path: Path) -> None:
    plan = plan_of(values_by_name(SMALL))
    damaged = tmp_path / file_name(plan.runs["RNN"])
    damaged.write_bytes(b"something else")
    app = open_page("training_runs", **SMALL)
    assert "To be trained: RNN" in texts(app)
    train_all(app)
    assert any("is trained anew" in warning.value for warning in app.warning)
    assert damaged.read_bytes() != b"something else"


def test_ones_own_comparison_starts_from_a_preset_at_once() -> None:
    app = open_page("training_runs", view="Loss", comparison="no nonlinearity: clipping")
    press(app, "Change it")
    assert app.selectbox(key="comparison").value == "your own"
    assert app.slider(key="networks").value == 4
    assert "All of these have been trained" in texts(app)


def test_settings_survive_a_look_at_another_comparison() -> None:
    app = open_page("training_runs", **{**SMALL, "networks": "4", "n3_layers": "2"})
    app.slider(key="networks").set_value(2).run()
    app.selectbox(key="comparison").set_value("no nonlinearity: clipping").run()
    app.selectbox(key="comparison").set_value("your own").run()
    assert app.slider(key="timesteps").value == 5
    app.slider(key="networks").set_value(4).run()
    assert app.slider(key="n3_layers").value == 2


def values_by_name(query: dict[str, str]) -> dict[str, Any]:
    """What the controls return for what a link asks for."""
    shown = {c.key: c.read(query[c.key]) if c.key in query else c.default for c in OWN_CONTROLS}
    return meant(shown)
