"""The server's run store and training queue, and a session's training as it shows on a page."""

from collections.abc import Mapping

import streamlit as st

from engine import captions
from engine.charts import training as charts
from engine.frames import rows_where
from engine.training import RunStore, TrainingConfig, TrainingRun
from engine.training.comparisons import curve_frames
from engine.training.growing import GrowingRun
from engine.training.queue import Progress, QueueRefusalError, Ticket, TrainingQueue
from engine.training.store import LOCATION_VARIABLE
from pages.common.charts import show_chart

#: Runs that the server keeps in memory: at most some 0.3 MB each.
RECENT_RUNS = 64
_TICKET, _NAMES, _REFUSED, _SESSION, _PROGRESS = (
    "_training_ticket", "_training_names", "_training_refused", "_training_session",
    "_training_progress",
)  # fmt: skip


@st.cache_resource
def run_store() -> RunStore:
    """The store at the place that a secret names, or the environment."""
    # Streamlit hands top-level secrets on to the environment; without a file of them it raises.
    try:
        location = st.secrets.get(LOCATION_VARIABLE)
    except FileNotFoundError:
        location = None
    return RunStore(location, recent=RECENT_RUNS)


@st.cache_resource
def training_queue() -> TrainingQueue:
    """The one queue of this server."""
    return TrainingQueue(run_store())


def start(runs: Mapping[str, TrainingConfig]) -> None:
    """Ask for a training (a callback); a refusal is shown by `show_training`."""
    session = st.session_state.setdefault(_SESSION, object())
    st.session_state.pop(_REFUSED, None)
    try:
        st.session_state[_TICKET] = training_queue().submit(list(runs.values()), session)
        st.session_state[_NAMES] = dict(runs)
    except (QueueRefusalError, ValueError) as error:
        st.session_state[_REFUSED] = str(error)


def look() -> None:
    """See how this session's training stands, once for all that a run of the page shows.

    Seen twice, a training that ends in between would be under way at the top of the page and over
    below, where nothing would look for its end any more.
    """
    ticket: Ticket | None = st.session_state.get(_TICKET)
    st.session_state[_PROGRESS] = None if ticket is None else training_queue().look(ticket)


def is_under_way() -> bool:
    """Whether this session had a training that was not over, when `look` looked."""
    progress: Progress | None = st.session_state[_PROGRESS]
    return progress is not None and not progress.is_over


def is_there(config: TrainingConfig) -> bool:
    """Whether the run of `config` needs no training; what can't be read does."""
    try:
        return run_store().load(config) is not None
    except Exception:  # fsspec's back ends raise errors of their own; training will report it
        return False


def last_training() -> dict[str, TrainingConfig]:
    """What this session asked for last, by the names of the runs."""
    names: dict[str, TrainingConfig] = st.session_state.get(_NAMES, {})
    return names


def show_training() -> None:
    """How this session's training stands: growing while it runs, and what a stop left of it."""
    if refused := st.session_state.get(_REFUSED):
        st.warning(refused, icon=":material/hourglass_disabled:")
    ticket: Ticket | None = st.session_state.get(_TICKET)
    progress: Progress | None = st.session_state[_PROGRESS]
    if ticket is None or progress is None:
        return
    if not progress.is_over:
        # Redrawn on its own: the page around it doesn't run again while curves grow.
        st.fragment(_grow, run_every=ticket.look_every)(ticket, last_training())
        return
    for problem in progress.problems:
        st.warning(problem, icon=":material/report:")
    if progress.state == "failed":
        st.error("The training could not be finished. Press Train to try again.")
    if progress.state != "finished":
        _show_curves(progress, last_training())
        st.button("Put away", on_click=_put_away, icon=":material/close:", type="tertiary")


def _grow(ticket: Ticket, runs: Mapping[str, TrainingConfig]) -> None:
    """The progress of a training, from one look to the next."""
    progress = training_queue().look(ticket)
    if progress.is_over:
        st.rerun()
    bar, button = st.columns([6, 1], vertical_alignment="center")
    share = min(progress.step / progress.total, 1.0) if progress.total else 0.0
    bar.progress(share, text=progress_in_words(progress))
    button.button(
        "Stop", on_click=_stop, args=(ticket,), icon=":material/stop_circle:",
        width="stretch",
    )  # fmt: skip
    _show_curves(progress, runs)


def progress_in_words(progress: Progress) -> str:
    """Where in the queue, or which step, how fast, and how much longer."""
    left = progress.seconds_left
    time_left = "" if left is None else f"about {duration(left)}"
    if progress.state == "waiting":
        before = progress.before
        ahead = f"{before} training{'s' if before != 1 else ''} before you" if before else "next"
        return f"Waiting: {ahead}, {time_left} to the end of yours."
    if progress.step == 0:
        return "Starting the training process …"
    parts = [f"Step {progress.step:,} of {progress.total:,}"]
    if progress.steps_per_second is not None:
        parts.append(f"{progress.steps_per_second:,.0f} steps/s")
    losses = [
        float(run.metrics[-1, 0]) for run in progress.runs.values()
        if isinstance(run, GrowingRun) and run.steps
    ]  # fmt: skip
    if losses:
        parts.append(f"training loss {' | '.join(f'{loss:.3g}' for loss in losses)}")
    return " · ".join([*parts, f"{time_left} left"])


def duration(seconds: float) -> str:
    """A time for people who wait."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min"


def _show_curves(progress: Progress, runs: Mapping[str, TrainingConfig]) -> None:
    """Loss and gradient norm of all that there is; unfinished runs say how far they came."""
    shown: dict[str, TrainingRun | GrowingRun] = {}
    names = []
    for name, config in runs.items():
        run = progress.runs.get(config, GrowingRun(config))
        if progress.is_over and isinstance(run, GrowingRun):
            name += f" (stopped at step {run.steps:,})" if run.steps else " (not begun)"
        names.append(name)  # all of them from the start, so that none changes its colour
        if isinstance(run, TrainingRun) or run.steps:
            shown[name] = run
    if not shown:
        return
    frames = curve_frames(shown)
    left, right = st.columns(2)
    with left:
        show_chart(
            charts.losses,
            alt_text="Training and validation loss of a training under way or stopped.",
            finding=captions.curves_at(
                rows_where(frames["losses"], kind="validation"),
                "log10_loss",
                "run",
                along="step",
                where="step",
                last=True,
            ),
            data={"curves": frames["losses"], "marks": frames["constants"]},
            runs=tuple(names),
        )
    with right:
        show_chart(
            charts.gradient_norms,
            alt_text="Norm of the gradient of a training under way or stopped.",
            finding=captions.curves_at(
                frames["norms"], "log10_grad_norm", "run", along="step", where="step", last=True
            ),
            data={"curves": frames["norms"], "thresholds": frames["thresholds"]},
            runs=tuple(names),
        )


def _stop(ticket: Ticket) -> None:
    """End this session's part in a training (a callback)."""
    training_queue().stop(ticket)


def _put_away() -> None:
    """Forget what a stop left (a callback)."""
    st.session_state.pop(_TICKET, None)
