"""One's own comparison: its controls mean the networks that they were set from."""

from dataclasses import replace
from typing import Any

import pytest

from engine.training import TrainingConfig
from engine.training.presets import PRESETS
from pages.common.controls import Choice
from pages.common.own_networks import OWN_CONTROLS, OWN_NETWORKS, plan_of, values_of


def meant(values: dict[str, Any]) -> dict[str, Any]:
    """What the controls return for the values that a session has for them."""
    options = {of.key: of.options for of in OWN_CONTROLS if isinstance(of, Choice)}
    return {key: options[key][value] if key in options else value for key, value in values.items()}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_made_ones_own_is_the_very_same_networks(name: str) -> None:
    configs = list(PRESETS[name].runs.values())
    assert list(plan_of(meant(values_of(configs))).runs.values()) == configs


@pytest.mark.parametrize(
    "config",
    [
        TrainingConfig(task="adding", cell="residual", activation="relu", timesteps=2,
                       validation_batches=4, steps=100),
        TrainingConfig(cell="lstm", forget_bias=-2.0, num_layers=2, steps=2100, seed=7,
                       validation_interval=100),
        TrainingConfig(recurrent_init="nonnormal", spectral_radius=0.5, clip_norm=0.3),
    ],
)  # fmt: skip
def test_what_the_controls_are_set_to_means_what_they_were_set_from(config: TrainingConfig) -> None:
    other = replace(config, timesteps=9)
    assert list(plan_of(meant(values_of([config, other]))).runs.values()) == [config, other]


def test_no_two_controls_share_a_place_in_the_address() -> None:
    keys = [control.key for control in OWN_CONTROLS]
    assert len(set(keys)) == len(keys) == 7 + 12 * len(OWN_NETWORKS)
