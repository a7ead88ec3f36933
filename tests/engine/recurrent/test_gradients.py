"""Every number of engine.recurrent.gradients, against autograd and torch's own modules."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from engine.recurrent import (
    RecurrentConfig,
    gradient_reach,
    gradient_share_by_loss,
    gradient_trace,
    gradients,
    loss_timestep_matrix,
    spectral_sweep,
    weight_gradient_terms,
)
from tests.engine.recurrent import plain
from tests.engine.recurrent.plain_lstm import (
    lstm_configs,
    of_both_cells,
    plain_trace_of_either,
    same_frame,
    torch_loss,
    torch_modules,
    unroll_either,
)
from tests.engine.recurrent.strategies import configs, hundredths

#: The relative error that the lecture promises.
RELATIVE = 1e-9

Networks = st.SearchStrategy[RecurrentConfig]
torch_activations = st.sampled_from(("tanh", "relu"))


@of_both_cells
@given(data=st.data())
def test_the_trace_agrees_with_autograd_at_every_timestep(
    networks: Networks, data: st.DataObject
) -> None:
    config = data.draw(networks)
    trace = gradient_trace(config)
    same_frame(trace.frame, plain_trace_of_either(config))
    loss = plain.total_loss(unroll_either(config).losses, config).item()
    assert trace.loss == pytest.approx(loss, rel=RELATIVE, abs=0)


@pytest.mark.parametrize(
    "networks", [configs(activation=torch_activations), lstm_configs], ids=["rnn", "lstm"]
)
@given(data=st.data())
def test_the_trace_agrees_with_torchs_own_modules(networks: Networks, data: st.DataObject) -> None:
    config = data.draw(networks)
    trace = gradient_trace(config)
    recurrent, readout = torch_modules(config, trace)
    with torch.no_grad():
        states, last = recurrent(trace.inputs)
        loss = torch_loss(config, trace, readout(states)).item()
    expected = torch.linalg.vector_norm(states, dim=(0, 2)).numpy()
    np.testing.assert_allclose(trace.frame["hidden_norm"], expected, rtol=RELATIVE)
    if config.cell == "lstm":
        last_cell = float(last[1].norm())
        assert trace.frame["cell_norm"].iloc[-1] == pytest.approx(last_cell, rel=RELATIVE)
    assert trace.loss == pytest.approx(loss, rel=RELATIVE, abs=0)


@given(lstm_configs)
def test_equation_one_adds_up_to_the_gradient_of_torchs_stacked_matrix(
    config: RecurrentConfig,
) -> None:
    trace = gradient_trace(config)
    lstm, readout = torch_modules(config, trace)
    torch_loss(config, trace, readout(lstm(trace.inputs)[0])).backward()
    whole = dict(lstm.named_parameters())["weight_hh_l0"].grad
    assert whole is not None
    terms = weight_gradient_terms(config)
    assert terms["cumulative_norm"].iloc[-1] == pytest.approx(float(whole.norm()), rel=RELATIVE)


@given(configs(activation=torch_activations, loss_reduction=st.just("sum")))
def test_the_gradient_agrees_with_torchs_rnn_started_at_every_hidden_state(
    config: RecurrentConfig,
) -> None:
    trace = gradient_trace(config)
    recurrent, readout = torch_modules(config, trace)
    states = recurrent(trace.inputs)[0].detach()
    for t in range(config.timesteps):
        # h_t as the start of what follows: the gradient at the start is ∂L/∂h_t.
        start = states[:, t].clone().requires_grad_()
        outputs = [readout(start).unsqueeze(1)]
        if t + 1 < config.timesteps:
            rest, _ = recurrent(trace.inputs[:, t + 1 :], start.unsqueeze(0))
            outputs.append(readout(rest))
        losses = (torch.cat(outputs, dim=1) - trace.targets[:, t:]).square().mean(dim=(0, 2))
        loss = losses[-1] if config.last_target_only else losses.sum()
        (gradient,) = torch.autograd.grad(loss, start)
        measured = trace.frame["grad_hidden_norm"][t]
        assert measured == pytest.approx(float(gradient.norm()), rel=RELATIVE, abs=0)


@given(configs())
def test_the_slope_is_the_mean_derivative_of_the_activation(config: RecurrentConfig) -> None:
    measured = gradient_trace(config).slope
    for t, state in enumerate(plain.unroll(config).hidden_states):
        # From h = σ(a) back to a, where σ has a single a for this h.
        sums = {"identity": state, "tanh": torch.atanh(state), "relu": state}[config.activation]
        sums = sums.detach().requires_grad_()
        plain.ACTIVATIONS[config.activation](sums).sum().backward()
        assert sums.grad is not None
        assert measured[t] == pytest.approx(float(sums.grad.mean()), rel=1e-9, abs=1e-12)


@of_both_cells
@given(data=st.data())
def test_the_loss_matrix_is_one_backward_pass_for_every_loss(
    networks: Networks, data: st.DataObject
) -> None:
    config = data.draw(networks)
    same_frame(loss_timestep_matrix(config), plain.matrix_of(unroll_either(config)))


@of_both_cells
@given(data=st.data())
def test_the_shares_of_the_losses_are_autograds_projections(
    networks: Networks, data: st.DataObject
) -> None:
    config = data.draw(networks)
    shares = gradient_share_by_loss(config)
    by_loss = plain.gradients_by_loss(unroll_either(config))
    expected = []
    for k in range(config.timesteps):
        for t in range(k + 1):
            total = torch.stack([by_loss[later][t] for later in range(t, config.timesteps)]).sum(0)
            square = float(total.square().sum())
            along = float((by_loss[k][t] * total).sum())
            expected.append((k + 1, t + 1, along / square if square else 0.0))
    theirs = pd.DataFrame(expected, columns=["loss_timestep", "timestep", "share"])
    rtol = RELATIVE if config.cell == "lstm" else 1e-7
    pd.testing.assert_frame_equal(shares, theirs, rtol=rtol, atol=1e-9, check_dtype=False)


def test_a_loss_that_explodes_behind_a_dead_unit_leaves_the_shares_of_the_others() -> None:
    # One ReLU that is off at first, so that no later loss reaches h_1; later h_t is beyond 10^300.
    config = RecurrentConfig(
        activation="relu",
        hidden_size=1,
        timesteps=400,
        spectral_radius=10,
        last_target_only=False,
        seed=17,
    )
    log10_hidden = gradient_trace(config).log10_frame["log10_hidden_norm"]
    assert log10_hidden.iloc[1] == -np.inf
    assert log10_hidden.iloc[-1] > 300
    sums = gradient_share_by_loss(config).groupby("timestep")["share"].sum()
    np.testing.assert_allclose(sums, 1.0, atol=1e-9)


@of_both_cells
@given(data=st.data())
def test_the_terms_of_equation_one_are_autograds_and_add_up_to_its_gradient(
    networks: Networks, data: st.DataObject
) -> None:
    config = data.draw(networks)
    run = unroll_either(config, copies=True)
    plain.total_loss(run.losses, config).backward()
    terms = torch.stack(plain.gradients(run.w_h)).flip(0)
    sums = terms.cumsum(dim=0)
    ours = weight_gradient_terms(config)
    assert ours.columns.tolist() == ["timestep", "term_norm", "cumulative_norm"]
    assert ours["timestep"].tolist() == list(range(config.timesteps, 0, -1))
    whole = run.parameters["weight_hh_l0"].grad
    assert whole is not None
    # Terms of opposite signs may cancel, in an RNN so far that rounding of the largest shows.
    slack = 0 if config.cell == "lstm" else 1e-12 * float(torch.linalg.matrix_norm(terms).max())
    for name, expected in (
        ("term_norm", terms),
        ("cumulative_norm", torch.cat([sums[:-1], whole.unsqueeze(0)])),
    ):
        norms = torch.linalg.matrix_norm(expected)
        np.testing.assert_allclose(ours[name], norms, rtol=RELATIVE, atol=slack)
    assert ours["term_norm"].iloc[-1] == 0


fractions = st.sampled_from((0.0, 0.5, 0.9, 0.99, 0.999, 1.0)) | st.floats(0.5, 1)


@example(RecurrentConfig(timesteps=20), 0.0)
@given(configs(timesteps=st.integers(1, 20)), fractions)
def test_the_reach_is_what_its_definition_says(config: RecurrentConfig, fraction: float) -> None:
    run = plain.unroll(config, copies=True)
    plain.total_loss(run.losses, config).backward()
    sums = torch.stack(plain.gradients(run.w_h)).cumsum(dim=0)
    older = [0.0, *torch.linalg.matrix_norm(sums).tolist()]  # [n]: of the terms of h_1 .. h_n

    smallest = config.timesteps
    while smallest > 0 and older[config.timesteps - smallest + 1] <= (1 - fraction) * older[-1]:
        smallest -= 1
    assert gradient_reach(config, fraction) == smallest


# Enough units that none saturates, and radii without chaos: 12 digits are then determined.
calm = configs(
    hidden_size=st.integers(4, 12), weight_scale=st.just(1.0), input_scale=hundredths(1, 60)
)


@pytest.mark.parametrize(
    ("networks", "largest", "rtol"), [(calm, 120, 1e-12), (lstm_configs, 150, RELATIVE)]
)
@given(data=st.data(), at_once=st.integers(1, 5))
def test_a_sweep_in_any_parts_is_a_trace_at_every_radius(
    networks: Networks, largest: int, rtol: float, data: st.DataObject, at_once: int
) -> None:
    config = data.draw(networks)
    radii = data.draw(st.lists(hundredths(0, largest), min_size=1, max_size=5))
    arrays = gradients.LSTM_ARRAYS if config.cell == "lstm" else 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradients, "SWEEP_NUMBERS", at_once * arrays * config.states)
        swept = spectral_sweep(config, radii)
    pd.testing.assert_frame_equal(swept, traces(config, radii), rtol=rtol, atol=0)


@given(calm, st.lists(hundredths(-150, 150), min_size=1, max_size=5))
def test_a_sweep_of_weight_scales_is_a_trace_at_every_one(
    config: RecurrentConfig, scales: list[float]
) -> None:
    swept = gradients.weight_scale_sweep(config, np.array(scales))
    for place, scale in enumerate(scales):
        own = gradient_trace(replace(config, spectral_radius=None, weight_scale=scale)).norms
        for name, norm in own.items():
            alone = norm.log10().ravel()
            np.testing.assert_allclose(swept[name][place], alone, rtol=1e-9, atol=1e-9)


def traces(config: RecurrentConfig, radii: list[float]) -> pd.DataFrame:
    frames = []
    for radius in radii:
        # What the sweep rescales has a structure, also where the config asks for torch's default.
        frame = gradient_trace(replace(config, spectral_radius=radius)).frame
        frame.insert(0, "spectral_radius", radius)
        frames.append(frame[["spectral_radius", "timestep", "hidden_norm", "grad_hidden_norm"]])
    return pd.concat(frames, ignore_index=True)


@given(configs())
def test_a_logarithm_frame_is_the_logarithm_of_the_frame(config: RecurrentConfig) -> None:
    pairs = [
        (gradient_trace(config).frame, gradient_trace(config).log10_frame),
        (loss_timestep_matrix(config), loss_timestep_matrix(config, log10=True)),
        (weight_gradient_terms(config), weight_gradient_terms(config, log10=True)),
        (spectral_sweep(config, [0.5, 1.0]), spectral_sweep(config, [0.5, 1.0], log10=True)),
    ]
    for frame, log10_frame in pairs:
        for name in frame:
            if name.endswith("_norm"):
                with np.errstate(divide="ignore"):
                    expected = np.log10(frame[name])
                np.testing.assert_allclose(log10_frame["log10_" + name], expected, atol=1e-10)
            else:
                assert log10_frame[name].equals(frame[name])
