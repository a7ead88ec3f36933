"""The LSTM in traces, matrices, terms and sweeps, against torch.nn.LSTM and autograd."""

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import (
    GradientTrace,
    RecurrentConfig,
    Weights,
    draw_weights,
    gate_values,
    gradient_reach,
    gradient_share_by_loss,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
    weight_gradient_terms,
)
from engine.recurrent.cell_flow import cell_flow_sweep
from engine.recurrent.config import RECURRENT_INITS, RecurrentInit
from tests.engine.recurrent.plain import gradients, norms, total_loss
from tests.engine.recurrent.plain_lstm import (
    lstm_configs,
    plain_lstm_trace,
    same_frame,
    unroll_lstm,
)
from tests.engine.recurrent.strategies import hundredths

LSTM = RecurrentConfig(cell="lstm", hidden_size=6, timesteps=12, batch_size=2)
INPUT, FORGET = slice(0, 6), slice(6, 12)


def modules(config: RecurrentConfig, trace: GradientTrace) -> tuple[torch.nn.LSTM, torch.nn.Linear]:
    lstm = torch.nn.LSTM(1, config.hidden_size, batch_first=True).double()
    readout = torch.nn.Linear(config.hidden_size, 1).double()
    lstm.load_state_dict(trace.recurrent_state)
    readout.load_state_dict(trace.readout_state)
    return lstm, readout


def module_loss(
    config: RecurrentConfig, trace: GradientTrace, lstm: torch.nn.LSTM, readout: torch.nn.Linear
) -> torch.Tensor:
    errors = (readout(lstm(trace.inputs)[0]) - trace.targets).square()
    return total_loss(errors.mean(dim=(0, 2)), config)


@given(lstm_configs)
def test_the_weights_load_into_torchs_lstm_and_give_its_states_and_loss(
    config: RecurrentConfig,
) -> None:
    trace = gradient_trace(config)
    lstm, readout = modules(config, trace)
    with torch.no_grad():
        outputs, (_, last_cell) = lstm(trace.inputs)
        loss = float(module_loss(config, trace, lstm, readout))
    np.testing.assert_allclose(
        trace.frame["hidden_norm"], norms(list(outputs.transpose(0, 1))), rtol=1e-9
    )
    assert trace.frame["cell_norm"].iloc[-1] == pytest.approx(float(last_cell.norm()), rel=1e-9)
    assert trace.loss == pytest.approx(loss, rel=1e-9)


@given(lstm_configs)
def test_the_trace_agrees_with_autograd(config: RecurrentConfig) -> None:
    same_frame(gradient_trace(config).frame, plain_lstm_trace(config))


@given(lstm_configs)
def test_equation_one_adds_up_to_the_gradient_of_torchs_stacked_matrix(
    config: RecurrentConfig,
) -> None:
    trace = gradient_trace(config)
    lstm, readout = modules(config, trace)
    module_loss(config, trace, lstm, readout).backward()
    whole = dict(lstm.named_parameters())["weight_hh_l0"].grad
    assert whole is not None
    terms = weight_gradient_terms(config)
    assert terms["timestep"].tolist() == list(range(config.timesteps, 0, -1))
    assert terms["cumulative_norm"].iloc[-1] == pytest.approx(float(whole.norm()), rel=1e-9)
    assert terms["term_norm"].iloc[-1] == 0


@given(lstm_configs)
def test_each_term_of_equation_one_is_the_gradient_of_that_steps_own_copy(
    config: RecurrentConfig,
) -> None:
    run = unroll_lstm(config, with_edges=True)
    total_loss(run.losses, config).backward()
    copies = [run.edges["W_h", t] for t in range(config.timesteps, 0, -1)]
    expected = torch.stack(gradients(copies))
    terms = weight_gradient_terms(config)
    np.testing.assert_allclose(terms["term_norm"], expected.norm(dim=(1, 2)), rtol=1e-9)
    np.testing.assert_allclose(
        terms["cumulative_norm"], expected.cumsum(dim=0).norm(dim=(1, 2)), rtol=1e-9
    )


@given(lstm_configs, st.floats(0.5, 1))
def test_the_reach_is_the_smallest_past_that_holds_the_fraction(
    config: RecurrentConfig, fraction: float
) -> None:
    run = unroll_lstm(config, with_edges=True)
    total_loss(run.losses, config).backward()
    copies = [run.edges["W_h", t] for t in range(1, config.timesteps + 1)]
    older = torch.stack(gradients(copies)).cumsum(dim=0).norm(dim=(1, 2)).tolist()
    allowed = (1 - fraction) * older[-1]
    reach = gradient_reach(config, fraction)
    forgotten = config.timesteps - reach
    assert all(norm <= allowed * (1 + 1e-9) for norm in older[:forgotten])
    if reach > 0:
        assert older[forgotten] >= allowed * (1 - 1e-9)


@given(lstm_configs)
def test_each_loss_alone_agrees_with_autograd(config: RecurrentConfig) -> None:
    run = unroll_lstm(config)
    expected = []
    for k in range(config.timesteps):
        states = run.hidden_states[: k + 1]
        at_states = torch.autograd.grad(run.losses[k], states, retain_graph=True)
        expected += [(k + 1, t, norm) for t, norm in enumerate(norms(at_states), start=1)]
    columns = ["loss_timestep", "timestep", "grad_hidden_norm"]
    same_frame(loss_timestep_matrix(config), pd.DataFrame(expected, columns=columns))


@given(lstm_configs)
def test_the_shares_of_the_losses_are_projections_that_sum_to_one(config: RecurrentConfig) -> None:
    run = unroll_lstm(config)
    shares = gradient_share_by_loss(config).set_index(["timestep", "loss_timestep"])["share"]
    for t, state in enumerate(run.hidden_states, start=1):
        parts = [
            torch.autograd.grad(loss, state, retain_graph=True)[0] for loss in run.losses[t - 1 :]
        ]
        whole = torch.stack(parts).sum(dim=0)
        square = float(whole.square().sum())
        if square == 0:
            assert (shares[t] == 0).all()
            continue
        expected = [float((part * whole).sum()) / square for part in parts]
        np.testing.assert_allclose(shares[t], expected, rtol=1e-9, atol=1e-9)
        assert shares[t].sum() == pytest.approx(1, abs=1e-9)


@given(lstm_configs, st.lists(hundredths(0, 150), min_size=1, max_size=4))
def test_a_sweep_of_radii_agrees_with_autograd_at_each(
    config: RecurrentConfig, radii: list[float]
) -> None:
    frames = []
    for radius in radii:
        frame = plain_lstm_trace(replace(config, spectral_radius=radius))
        frame.insert(0, "spectral_radius", radius)
        frames.append(frame.drop(columns=["cell_norm", "grad_cell_norm"]))
    same_frame(spectral_sweep(config, radii), pd.concat(frames, ignore_index=True))


def test_a_sweep_replaces_chrono_biases() -> None:
    chrono = replace(LSTM, chrono_timesteps=50)
    pd.testing.assert_frame_equal(
        cell_flow_sweep(chrono, [0.0, 2.0]), cell_flow_sweep(LSTM, [0.0, 2.0])
    )


@pytest.mark.parametrize("forget", [1e-9, 0.01, 0.5])
def test_a_gradient_that_only_passes_forget_gates_keeps_its_logarithm(forget: float) -> None:
    # No input gate: C and h stay zero, and no gate has a slope to let anything through.
    config = replace(LSTM, timesteps=500, forced_forget=forget, forced_input=0.0)
    log10 = gradient_trace(config).log10_frame["log10_grad_cell_norm"].to_numpy()
    np.testing.assert_allclose(log10 - log10[-1], np.log10(forget) * np.arange(499, -1, -1))


def test_the_matrix_of_losses_keeps_its_logarithm_where_float64_ends() -> None:
    config = replace(LSTM, timesteps=500, spectral_radius=0.1, forget_bias=-20.0)
    matrix = loss_timestep_matrix(config, log10=True).set_index("loss_timestep")
    last = matrix.loc[500, "log10_grad_hidden_norm"].to_numpy()
    trace = gradient_trace(config).log10_frame["log10_grad_hidden_norm"].to_numpy()
    assert trace[0] < -400
    np.testing.assert_allclose(last, trace, rtol=1e-12)


@pytest.mark.parametrize("structure", RECURRENT_INITS)
@pytest.mark.parametrize("radius", [0.0, 0.7, 3.0])
def test_every_gate_has_the_spectral_radius(structure: RecurrentInit, radius: float) -> None:
    config = replace(LSTM, hidden_size=9, recurrent_init=structure, spectral_radius=radius)
    for block in np.split(draw_weights(config).w_h, 4):
        largest = np.abs(np.linalg.eigvals(block)).max()
        assert largest == pytest.approx(radius, abs=1e-9)


def test_the_gates_of_a_drawn_matrix_differ() -> None:
    i, f, g, o = np.split(draw_weights(LSTM).w_h, 4)
    assert not any(np.array_equal(i, other) for other in (f, g, o))


@given(hundredths(-2000, 2000), hundredths(-300, 300))
def test_the_forget_bias_is_the_two_biases_of_torch_together(bias: float, scale: float) -> None:
    weights = draw_weights(replace(LSTM, forget_bias=bias, bias_scale=scale))
    assert (weights.bias[FORGET] == bias * scale).all()


@pytest.mark.parametrize("change", [{"forget_bias": 3.0}, {"chrono_timesteps": 30}])
@pytest.mark.parametrize("radius", [None, 0.9])
def test_biases_of_the_memory_change_no_other_weight(
    change: dict[str, float], radius: float | None
) -> None:
    default = draw_weights(replace(LSTM, spectral_radius=radius))
    changed = draw_weights(replace(LSTM, spectral_radius=radius, **change))  # type: ignore[arg-type]
    touched = np.concatenate((changed.bias[FORGET], changed.bias[INPUT]))
    assert not np.isin(touched, default.bias).all()
    np.testing.assert_array_equal(changed.bias[12:], default.bias[12:])
    for name in ("weight_ih_l0", "weight_hh_l0"):
        np.testing.assert_array_equal(changed.recurrent[name], default.recurrent[name])
    for name in default.readout:
        np.testing.assert_array_equal(changed.readout[name], default.readout[name])


def test_a_change_of_radius_changes_no_other_weight() -> None:
    default, changed = draw_weights(LSTM), draw_weights(replace(LSTM, spectral_radius=3.0))
    for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"):
        np.testing.assert_array_equal(changed.recurrent[name], default.recurrent[name])


@given(st.integers(2, 10_000), st.integers(0, 1000))
def test_chrono_biases_are_the_log_of_a_time_up_to_the_one_meant(meant: int, seed: int) -> None:
    bias = draw_weights(replace(LSTM, chrono_timesteps=meant, seed=seed)).bias
    assert (bias[FORGET] >= 0).all()
    assert (bias[FORGET] <= np.log(meant - 1) + 1e-12).all()
    np.testing.assert_array_equal(bias[INPUT], -bias[FORGET])


def test_chrono_times_fill_their_range_evenly() -> None:
    config = replace(LSTM, hidden_size=256, chrono_timesteps=101)
    times = np.sort(np.exp(draw_weights(config).bias[256:512]))
    # Kolmogorov's statistic for U(1, 100); 1.63/√256 is exceeded once in a hundred seeds.
    assert np.abs((times - 1) / 99 - np.arange(256) / 256).max() < 1.63 / 16


def test_any_torch_lstm_can_be_put_under_the_lens() -> None:
    torch_weights = torch.Generator().manual_seed(3)
    lstm, readout = torch.nn.LSTM(1, 5, batch_first=True), torch.nn.Linear(5, 1)
    for parameter in (*lstm.parameters(), *readout.parameters()):
        torch.nn.init.normal_(parameter, generator=torch_weights)
    weights = Weights.from_state_dicts(lstm.state_dict(), readout.state_dict())
    config = RecurrentConfig(cell="lstm", hidden_size=5, timesteps=8, last_target_only=False)
    trace = gradient_trace(config, weights=weights)
    same_frame(trace.frame, plain_lstm_trace(config, weights))
    with torch.no_grad():
        loss = module_loss(config, trace, lstm.double(), readout.double())
    assert trace.loss == pytest.approx(float(loss), rel=1e-9)


def test_a_vanilla_network_of_torch_can_be_put_under_the_lens_too() -> None:
    config = RecurrentConfig(hidden_size=5)
    drawn = draw_weights(config)
    weights = Weights.from_state_dicts(drawn.recurrent, drawn.readout)
    given_weights = gradient_trace(replace(config, seed=0), weights=weights)
    pd.testing.assert_frame_equal(given_weights.frame, gradient_trace(config).frame)


def test_weights_are_copied() -> None:
    lstm, readout = torch.nn.LSTM(1, 2).double(), torch.nn.Linear(2, 1).double()
    weights = Weights.from_state_dicts(lstm.state_dict(), readout.state_dict())
    before = weights.w_h.copy()
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(weights.w_h, before)


@pytest.mark.parametrize(
    ("lstm", "message"),
    [
        (torch.nn.LSTM(3, 2), "weight_ih_l0.*8, 3.*allowed is"),
        (torch.nn.LSTM(1, 2, num_layers=2), "weight_hh_l1.*allowed is"),
        (torch.nn.LSTM(1, 2, bias=False), "recurrent has the shapes.*allowed is"),
        (torch.nn.GRU(1, 2), r"recurrent\['weight_hh_l0'\] is of shape \(6, 2\); allowed is"),
        (torch.nn.Linear(1, 2), r"recurrent\['weight_hh_l0'\] is of shape None; allowed is"),
        (torch.nn.LSTM(1, 3), r"readout has the shapes.*\(1, 2\).*allowed is.*\(1, 3\)"),
    ],
)
def test_state_dicts_of_other_shapes_are_refused(lstm: torch.nn.Module, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Weights.from_state_dicts(lstm.state_dict(), torch.nn.Linear(2, 1).state_dict())


def test_weights_that_are_no_numbers_are_refused() -> None:
    lstm, readout = torch.nn.LSTM(1, 2), torch.nn.Linear(2, 1)
    state = {**lstm.state_dict(), "bias_hh_l0": torch.full((8,), float("nan"))}
    with pytest.raises(ValueError, match=r"recurrent\['bias_hh_l0'\] has entries inf or NaN"):
        Weights.from_state_dicts(state, readout.state_dict())


def test_weights_that_do_not_fit_the_config_are_refused() -> None:
    weights = draw_weights(LSTM)
    with pytest.raises(ValueError, match=r"weights\.hidden_size is 6; allowed is .* 7"):
        gradient_trace(replace(LSTM, hidden_size=7), weights=weights)
    with pytest.raises(ValueError, match=r"weights\.cell is 'lstm'; allowed is .* 'rnn'"):
        gradient_trace(replace(LSTM, cell="rnn"), weights=weights)


EXTREMES = {
    "open forget gates": {"forget_bias": 20.0},
    "shut forget gates": {"forget_bias": -20.0},
    "gates beyond float64": {"forget_bias": -1e6},
    "huge weights": {"weight_scale": 1e3},
    "huge weights and open gates": {"weight_scale": 1e3, "forget_bias": 20.0},
    "the largest numbers allowed": {"weight_scale": 1e6, "input_scale": 1e6, "bias_scale": 1e6},
    "no weights": {"weight_scale": 0.0, "bias_scale": 0.0},
    "no inputs": {"input_scale": 0.0},
    "a conveyor belt": {"forced_forget": 1.0, "forced_input": 0.0},
    "one timestep": {"timesteps": 1},
    "one unit": {"hidden_size": 1},
    "an explosion": {"weight_scale": 10.0, "spectral_radius": 10.0, "hidden_size": 32},
}


@pytest.mark.parametrize("extreme", EXTREMES)
@pytest.mark.parametrize("last_target_only", [True, False])
def test_no_extreme_makes_a_number_that_is_none(extreme: str, last_target_only: bool) -> None:
    base = replace(LSTM, timesteps=300, last_target_only=last_target_only)
    config = replace(base, **EXTREMES[extreme])  # type: ignore[arg-type]
    trace = gradient_trace(config)
    short = replace(config, timesteps=min(config.timesteps, 40))
    frames = [
        trace.frame,
        trace.log10_frame,
        weight_gradient_terms(config, log10=True),
        spectral_sweep(config, [0.0, 1.0, 10.0], log10=True),
        loss_timestep_matrix(short, log10=True),
        gradient_share_by_loss(short),
    ]
    assert not any(frame.isna().any(axis=None) for frame in frames)
    assert (trace.log10_frame.to_numpy() < np.inf).all()
    assert np.isfinite(trace.loss)


def test_saturated_gates_agree_with_autograd() -> None:
    for bias in (-20.0, 20.0):
        config = replace(LSTM, forget_bias=bias, last_target_only=False)
        same_frame(gradient_trace(config).frame, plain_lstm_trace(config))


@pytest.mark.parametrize("config", [LSTM, replace(LSTM, weight_scale=5.0, timesteps=100)])
def test_the_same_config_gives_the_same_bits_whatever_else_the_process_does(
    config: RecurrentConfig,
) -> None:
    expected = [gradient_trace(config).frame, cell_flow_sweep(config, [0.0, 1.0])]
    found: list[pd.DataFrame] = []

    def elsewhere() -> None:
        torch.manual_seed(77)
        with torch.inference_mode():
            found.extend([gradient_trace(config).frame, cell_flow_sweep(config, [0.0, 1.0])])

    torch.set_default_dtype(torch.float16)
    try:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    finally:
        torch.set_default_dtype(torch.float32)
    for ours, theirs in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chrono_timesteps": 1}, "chrono_timesteps is 1; allowed is an integer from 2"),
        ({"chrono_timesteps": 9, "forget_bias": 1.0}, r"forget_bias is 1\.0; allowed is None"),
        ({"forced_forget": 1.5}, r"forced_forget is 1\.5; allowed is a number from 0 to 1"),
        ({"forced_input": -0.1}, r"forced_input is -0\.1; allowed is a number from 0 to 1"),
        ({"forced_input": float("nan")}, "forced_input is nan; allowed is"),
        ({"forget_bias": 1e7}, r"forget_bias is 10000000\.0; allowed is"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(LSTM, **change)  # type: ignore[arg-type]


@given(lstm_configs)
def test_the_forward_pass_stays_where_the_equations_put_it(config: RecurrentConfig) -> None:
    values = gate_values(config).set_index("gate")
    assert values.loc[["forget", "input", "output"], "value"].between(0, 1).all()
    assert values.loc[["candidate", "hidden_state"], "value"].between(-1, 1).all()
    cell = values.loc[["cell_state"]]
    assert (cell["value"].abs() <= cell["timestep"]).all()
