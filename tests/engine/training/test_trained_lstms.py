"""What the LSTM page says of the trained networks follows from their numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from engine.frames import rows_where
from engine.numerics import tensor
from engine.recurrent import RecurrentConfig, gate_values, running_average_batch
from engine.training import RunStore
from engine.training.seeds import LENS_SEQUENCES as SEQUENCES
from engine.training.seeds import WHEN
from engine.training.trained_lstms import (
    TRAINED_LSTMS,
    config_of,
    opened_in_words,
    trained_lstm,
)

LENS = RecurrentConfig(cell="lstm", hidden_size=32, batch_size=SEQUENCES)

by_name = pytest.mark.parametrize("name", TRAINED_LSTMS)


@by_name
def test_the_trained_gates_are_those_of_torchs_own_lstm_with_the_final_weights(name: str) -> None:
    config = config_of(name)
    run = RunStore().load(config)
    assert run is not None
    lens = replace(LENS, timesteps=config.timesteps)
    inputs = tensor(running_average_batch(lens)[0])
    state = {k: torch.from_numpy(v).double() for k, v in run.final.recurrent.items()}
    lstm = torch.nn.LSTM(1, 32, batch_first=True).double()
    lstm.load_state_dict(state)
    hidden = torch.cat((torch.zeros(SEQUENCES, 1, 32).double(), lstm(inputs)[0][:, :-1]), dim=1)
    sums = inputs @ state["weight_ih_l0"].T + state["bias_ih_l0"]
    sums = sums + hidden @ state["weight_hh_l0"].T + state["bias_hh_l0"]
    forget = sums[0, :, 32:64].sigmoid().detach().numpy()
    ours = rows_where(trained_lstm(name)["gates"], when=WHEN[1])
    values = ours.loc[ours["gate"] == "forget", "value"].to_numpy().reshape(forget.shape)
    np.testing.assert_allclose(values, forget, rtol=1e-9)


@by_name
def test_before_training_is_the_network_that_the_seed_draws(name: str) -> None:
    config = config_of(name)
    drawn = gate_values(
        replace(
            LENS, timesteps=config.timesteps, spectral_radius=None, seed=config.seed,
            forget_bias=config.forget_bias, chrono_timesteps=config.chrono_timesteps,
        )
    )  # fmt: skip
    before = rows_where(trained_lstm(name)["gates"], when=WHEN[0])
    np.testing.assert_allclose(before["value"], drawn["value"], rtol=1e-4, atol=1e-5)


@by_name
def test_survival_and_gradient_reach_back_from_the_end_before_and_after(name: str) -> None:
    timesteps = config_of(name).timesteps
    frames = trained_lstm(name)
    for frame in (frames["survival"], frames["gradients"]):
        assert frame.groupby("when")["timestep"].max().tolist() == [timesteps, timesteps]
        assert set(frame["when"]) == set(WHEN)
    survival = frames["survival"]
    assert (survival.loc[survival["timestep"] == timesteps, "log10_median"] == 0).all()


def test_the_network_that_learned_recall_opened_its_gates_and_the_one_that_did_not_shut_them() -> (
    None
):
    frames = {name: trained_lstm(name) for name in TRAINED_LSTMS}
    said = {name: opened_in_words(of["units"], of["gradients"]) for name, of in frames.items()}
    assert "opened the gates" in said["recall over 100 steps, chrono"]
    assert "did not open the gates" in said["recall over 100 steps, forget bias 1"]


@pytest.mark.parametrize(("after", "opened"), [(0.9, True), (0.5, False), (0.4, False)])
def test_the_sentence_follows_the_numbers(after: float, opened: bool) -> None:
    def column(before: float, later: float) -> list[float]:
        return [before] * 3 + [later] * 3

    when = [WHEN[0]] * 3 + [WHEN[1]] * 3
    lives = -np.log(2) / np.log(column(0.5, after))
    units = pd.DataFrame(
        {"when": when, "unit": [1, 2, 3] * 2, "forget": column(0.5, after), "half_life": lives}
    )
    gradients = pd.DataFrame(
        {"when": when, "timestep": [1, 2, 3] * 2, "log10_grad_hidden_norm": [-2, -1, 0, -1, 0, 0]}
    )
    said = opened_in_words(units, gradients)
    assert ("did not open" not in said) == opened
    assert f"from 0.500 to {after:.3f}, and rose in {3 if opened else 0} of 3 units" in said
    assert "was 0.01 and is 0.1" in said
