"""Which comparison a session sees, and the ones of its own that it can go back to.

Controls describe a comparison that may not be trained yet. Until it is, what was shown before
stays on screen; a comparison that has finished stays within reach for as long as the session.
"""

from collections.abc import Mapping

import streamlit as st

from engine.training import TrainingConfig
from engine.training.comparisons import Comparison, OwnNetwork, comparison_title
from engine.training.presets import DEFAULT_PRESET, PRESETS
from pages.common import training
from pages.common.controls import Choice
from pages.common.own_networks import set_controls

#: What the choice of comparisons calls the one that the controls describe.
OWN = "your own"
#: Comparisons of one's own that a session keeps within reach.
MOST_KEPT = 12
_SHOWN, _KEPT = "_comparison_shown", "_comparisons_kept"


def show(choice: Choice) -> None:
    """A list of the comparisons that this session has trained; one click goes back to each."""
    _keep_finished()
    kept = _kept()
    with st.popover(
        f"Trained here: {len(kept)}", icon=":material/photo_library:", disabled=not kept,
        width="stretch",
    ):  # fmt: skip
        for number, runs in enumerate(kept):
            st.button(
                _title_of(runs),
                key=f"kept {number}",
                on_click=make_own,
                args=(runs, choice),
                width="stretch",
            )


def make_own(runs: Mapping[str, TrainingConfig], choice: Choice) -> None:
    """Set the controls of one's own comparison to `runs`, and choose it (a callback)."""
    set_controls(list(runs.values()))
    st.session_state[choice.key] = OWN


def comparison_to_show(name: str, runs: Mapping[str, TrainingConfig]) -> Comparison:
    """The comparison asked for, or the last one for as long as that isn't trained.

    name: of a preset, or `OWN`. runs: what it is made of; empty where controls don't fit together.
    """
    if name in PRESETS:
        st.session_state[_SHOWN] = name
        return name
    if runs and _are_there(runs):
        st.session_state[_SHOWN] = dict(runs)
        return _own(runs)
    shown: str | dict[str, TrainingConfig] = st.session_state.get(_SHOWN, DEFAULT_PRESET)
    if not isinstance(shown, str) and not _are_there(shown):
        shown = DEFAULT_PRESET
    title = shown if isinstance(shown, str) else _title_of(shown)
    st.caption(f"Below, until the networks above have been trained: **{title}**.")
    return shown if isinstance(shown, str) else _own(shown)


def _own(runs: Mapping[str, TrainingConfig]) -> tuple[OwnNetwork, ...]:
    """The finished runs of one's own networks, ready for another process."""
    files = training.run_files()
    return tuple(
        OwnNetwork(name, config, files.read(config) or b"") for name, config in runs.items()
    )


def _title_of(runs: Mapping[str, TrainingConfig]) -> str:
    """A comparison in a line."""
    return comparison_title(list(runs), list(runs.values()))


def _are_there(runs: Mapping[str, TrainingConfig]) -> bool:
    return all(training.is_there(config) for config in runs.values())


def _keep_finished() -> None:
    """Note a training of this session that has finished; it is what to show now."""
    runs, kept = dict(training.last_training()), _kept()
    if runs and runs not in kept and not training.is_under_way() and _are_there(runs):
        kept.insert(0, runs)
        del kept[MOST_KEPT:]
        st.session_state[_SHOWN] = runs


def _kept() -> list[dict[str, TrainingConfig]]:
    kept: list[dict[str, TrainingConfig]] = st.session_state.setdefault(_KEPT, [])
    return kept
