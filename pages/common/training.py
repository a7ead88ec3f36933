"""The server's run store and training pool, a session's training, and the networks that it has trained.

Controls describe a comparison that may not be trained yet. Until it is, what was shown before
stays on screen; a comparison that has finished stays within reach for as long as the session.
"""

from collections.abc import Mapping
from functools import cache

import streamlit as st

from engine.training import TrainingConfig
from engine.training.comparisons import Comparison, OwnNetwork, comparison_title
from engine.training.files import LOCATION_VARIABLE, RunFiles
from engine.training.pool import TrainingPool
from engine.training.presets import DEFAULT_PRESET, PRESETS
from engine.training.progress import GrowingRun, PoolRefusalError, Progress
from pages.common import ask, memory, visitors
from pages.common.controls import keep_in_address
from pages.common.sections import training_runs as sections
from pages.common.settings import setting
from pages.common.show import show

#: A training under way is in the address, so that a reload or a second tab finds it.
URL_KEY = "training"
#: Runs that the server keeps in memory: at most some 0.3 MB each.
RECENT_RUNS = 64
#: Trainings under way at a time of one browser, and of one known address, which a class may share:
#: fewer than may wait in all.
MOST_OF_BROWSER, MOST_OF_ADDRESS = 2, 12
#: Comparisons of one's own that a session keeps within reach.
MOST_KEPT = 12
_TICKET, _REFUSED, _PROGRESS = "_training_ticket", "_training_refused", "_training_progress"
_SHOWN, _KEPT = "_comparison_shown", "_comparisons_kept"


@cache
def run_files() -> RunFiles:
    """Finished runs at the place that a secret names, or the environment."""
    return RunFiles(setting(LOCATION_VARIABLE), recent=RECENT_RUNS)


@cache
def training_pool() -> TrainingPool:
    """The one pool of this server."""
    return TrainingPool(run_files())


def start(runs: Mapping[str, TrainingConfig]) -> None:
    """Ask for a training (a callback); a refusal is shown by `show_training`."""
    shares = {visitors.browser(): MOST_OF_BROWSER}
    if address := visitors.address():
        shares[address] = MOST_OF_ADDRESS
    pool, refused = training_pool(), None
    if pool.status().process is None:
        refused = memory.shortage(memory.TRAINING_MEGABYTES)
    if refused is None:
        try:
            ticket = pool.submit(runs, st.session_state.get(_TICKET), shares)
            st.session_state[_TICKET] = st.query_params[URL_KEY] = ticket
        except (PoolRefusalError, ValueError) as error:
            refused = str(error)
    st.session_state[_REFUSED] = refused


def look() -> None:
    """See how the training of this session or address stands, once for all that a run shows.

    Seen twice, a training that ends in between would be under way at the top of the page and over
    below, where nothing would look for its end any more.
    """
    ticket = st.query_params.get(URL_KEY) or st.session_state.get(_TICKET)
    progress = training_pool().look(ticket) if ticket else None
    st.session_state[_PROGRESS] = progress
    if ticket is None or progress is None:
        _put_away()
        return
    st.session_state[_TICKET] = ticket
    keep_in_address(URL_KEY, None if progress.is_over else ticket)


def is_under_way() -> bool:
    """Whether this session had a training that was not over, when `look` looked."""
    progress: Progress | None = st.session_state[_PROGRESS]
    return progress is not None and not progress.is_over


def is_there(config: TrainingConfig) -> bool:
    """Whether the run of `config` needs no training; what can't be read does."""
    try:
        return run_files().read(config) is not None
    except Exception:  # fsspec's back ends raise errors of their own; training will report it
        return False


def trained_here() -> list[dict[str, TrainingConfig]]:
    """The comparisons that this session has trained, the last one first, which is what to show now."""
    kept: list[dict[str, TrainingConfig]] = st.session_state.setdefault(_KEPT, [])
    progress: Progress | None = st.session_state[_PROGRESS]
    runs = dict(progress.asked) if progress is not None and progress.is_over else {}
    if runs and runs not in kept and _are_there(runs):
        kept.insert(0, runs)
        del kept[MOST_KEPT:]
        st.session_state[_SHOWN] = runs
    return kept


def comparison_to_show(name: str, runs: Mapping[str, TrainingConfig]) -> Comparison:
    """The comparison asked for, or the last one for as long as that isn't trained.

    name: of a preset, or of one's own. runs: what it is made of; empty where controls don't fit
    together.
    """
    shown: str | dict[str, TrainingConfig]
    if name in PRESETS:
        shown = st.session_state[_SHOWN] = name
    elif runs and _are_there(runs):
        shown = st.session_state[_SHOWN] = dict(runs)
    else:
        shown = st.session_state.get(_SHOWN, DEFAULT_PRESET)
        if not isinstance(shown, str) and not _are_there(shown):
            shown = DEFAULT_PRESET
        title = shown if isinstance(shown, str) else title_of(shown)
        st.caption(f"Below, until the networks above have been trained: **{title}**.")
    if isinstance(shown, str):
        return shown
    return tuple(
        OwnNetwork(name, config, run_files().read(config) or b"") for name, config in shown.items()
    )


def title_of(runs: Mapping[str, TrainingConfig]) -> str:
    """A comparison in a line."""
    return comparison_title(list(runs), list(runs.values()))


def _are_there(runs: Mapping[str, TrainingConfig]) -> bool:
    return all(map(is_there, runs.values()))


def show_training() -> None:
    """How this session's training stands: growing while it runs, and what a stop left of it."""
    if refused := st.session_state.get(_REFUSED):
        st.warning(refused, icon=":material/hourglass_disabled:")
    progress: Progress | None = st.session_state[_PROGRESS]
    if progress is None:
        return
    if not progress.is_over:
        # Redrawn on its own: the page around it doesn't run again while curves grow.
        st.fragment(_grow, run_every=progress.look_every)(st.session_state[_TICKET])
        return
    for problem in progress.problems:
        st.warning(problem, icon=":material/report:")
    if progress.state == "failed":
        st.error("The training could not be finished. Press Train to try again.")
    if progress.state != "finished":
        _show_curves(progress)
        st.button("Put away", on_click=_put_away, icon=":material/close:", type="tertiary")


def _grow(ticket: str) -> None:
    """The progress of a training, from one look to the next."""
    progress = training_pool().look(ticket)
    if progress is None or progress.is_over:
        st.rerun()
    bar, button = st.columns([6, 1], vertical_alignment="center")
    share = min(progress.step / progress.total, 1.0) if progress.total else 0.0
    bar.progress(share, text=progress_in_words(progress))
    button.button(
        "Stop", on_click=training_pool().stop, args=(ticket,), icon=":material/stop_circle:",
        width="stretch",
    )  # fmt: skip
    _show_curves(progress)


def progress_in_words(progress: Progress) -> str:
    """Where in the queue, or which step, how fast, and how much longer."""
    time_left = f"about {duration(progress.seconds_left)}"
    if progress.state == "waiting":
        before = progress.before
        ahead = f"{before} training{'s' if before != 1 else ''} before you" if before else "next"
        return f"Waiting: {ahead}, {time_left} to the end of yours."
    if progress.step == 0:
        return "Starting the training process …"
    parts = [f"Step {progress.step:,} of {progress.total:,}"]
    if progress.steps_per_second is not None:
        parts.append(f"{progress.steps_per_second:,.0f} steps/s")
    growing = [run for run in progress.runs.values() if isinstance(run, GrowingRun)]
    losses = [run.train_loss for run in growing if run.train_loss is not None]
    if losses:
        parts.append(f"training loss {' | '.join(f'{loss:.3g}' for loss in losses)}")
    return " · ".join([*parts, f"{time_left} left"])


def duration(seconds: float) -> str:
    """A time for people who wait."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min"


def _show_curves(progress: Progress) -> None:
    """Loss and gradient norm of all that there is; each network says how far it came."""
    shown = {
        name: OwnNetwork(name, config, run) if isinstance(run, bytes) else run
        for name, config in progress.asked.items()
        if (run := progress.runs.get(config)) is not None
    }
    if shown:
        show(ask.compute(sections.growing, shown).figures["growing"], menu=False)


def _put_away() -> None:
    """Forget the training (a callback)."""
    st.session_state.pop(_TICKET, None)
    keep_in_address(URL_KEY, None)
