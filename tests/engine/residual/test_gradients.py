"""Traces and sweeps against autograd, closed forms, and themselves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.residual import (
    ResidualConfig,
    carry_gates,
    depth_trace,
    skip_sweep,
)
from engine.residual.weights import draw_stack
from tests.engine.residual.plain import PlainStack, plain_sweep, plain_trace
from tests.engine.residual.strategies import configs

SKIPS = [0.0, 0.31, 1.0, 1.5]
TRACE_COLUMNS = ["layer", "hidden_norm", "grad_hidden_norm"]


@given(configs())
def test_a_trace_agrees_with_autograd(config: ResidualConfig) -> None:
    trace, plain = depth_trace(config), plain_trace(config)
    assert list(trace.frame) == TRACE_COLUMNS
    pd.testing.assert_frame_equal(trace.frame, plain.frame, rtol=1e-9, atol=1e-300)
    scale = float(plain.states[-1].detach().abs().mean())
    assert trace.loss == pytest.approx(plain.loss, rel=1e-9, abs=1e-12 * scale)


@given(configs(skip=st.just(0.5)))
def test_log_norms_are_the_logarithms_of_the_norms(config: ResidualConfig) -> None:
    trace = depth_trace(config)
    for column in ("hidden_norm", "grad_hidden_norm"):
        np.testing.assert_allclose(10 ** trace.log10_frame[f"log10_{column}"], trace.frame[column])


@given(configs(skip=st.just(0.0)))
def test_a_sweep_agrees_with_one_autograd_run_for_each_g(config: ResidualConfig) -> None:
    ours, plain = skip_sweep(config, SKIPS), plain_sweep(config, SKIPS)
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-9, atol=1e-300)


def test_a_sweep_that_leaves_float64_is_taken_in_batches_and_still_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = ResidualConfig(depth=200, width=3, activation="identity", weight_scale=100.0)
    whole = skip_sweep(config, SKIPS, log10=True)
    monkeypatch.setattr("engine.residual.gradients.SWEEP_NUMBERS", 1)
    pd.testing.assert_frame_equal(skip_sweep(config, SKIPS, log10=True), whole, rtol=1e-12)
    assert whole["log10_hidden_norm"].max() > 308
    assert np.isfinite(whole).all(axis=None)


@given(configs(), st.integers(1, 20))
def test_a_deeper_stack_begins_with_the_shallower_one(config: ResidualConfig, depth: int) -> None:
    shallow = depth_trace(replace(config, depth=min(depth, config.depth)))
    deep = depth_trace(config)
    shared = len(shallow.weights)
    assert torch.equal(deep.weights[:shared], shallow.weights)
    assert torch.equal(deep.biases[:shared], shallow.biases)
    norms = deep.frame["hidden_norm"].head(shared + 1)
    pd.testing.assert_series_equal(norms, shallow.frame["hidden_norm"], rtol=1e-12)


@given(configs())
def test_only_the_stack_changes_with_g_not_its_blocks(config: ResidualConfig) -> None:
    trace, plain = depth_trace(config), depth_trace(replace(config, skip=0.0))
    for name in ("weights", "biases", "inputs"):
        assert torch.equal(getattr(trace, name), getattr(plain, name))


def test_the_blocks_are_torchs_default_initialisation_and_gates_have_the_bias_asked_for() -> None:
    trace = depth_trace(ResidualConfig(depth=100, width=64, weight_scale=2.0))
    bound = 1 / 64**0.5
    assert 0.99 * bound < float(trace.biases.abs().max()) <= bound
    assert 1.99 * bound < float(trace.weights.abs().max()) <= 2 * bound
    assert float(trace.weights.var()) == pytest.approx(4 / (3 * 64), rel=0.01)
    gated = draw_stack(ResidualConfig(skip="highway", gate_bias=-1.0))
    assert gated.gate_biases is not None
    assert (gated.gate_biases == -1).all()


@given(configs(skip=st.just("highway")))
def test_gates_are_what_torch_computes(config: ResidualConfig) -> None:
    model = PlainStack(config)
    states = model(model.inputs)
    assert model.gates is not None
    gates = [torch.sigmoid(gate(h)) for gate, h in zip(model.gates, states, strict=False)]
    frame = carry_gates(config)
    np.testing.assert_allclose(frame["mean"], [float(gate.mean()) for gate in gates], rtol=1e-9)
    np.testing.assert_allclose(frame["smallest"], [float(g.min()) for g in gates], rtol=1e-9)
    np.testing.assert_allclose(frame["largest"], [float(g.max()) for g in gates], rtol=1e-9)


def test_a_number_for_g_is_every_gates_value() -> None:
    frame = carry_gates(ResidualConfig(depth=4, width=3, skip=0.25))
    assert list(frame) == ["layer", "mean", "smallest", "largest"]
    assert (frame[["mean", "smallest", "largest"]] == 0.25).all(axis=None)


def test_a_plain_stack_vanishes_where_a_residual_one_does_not() -> None:
    sweep = skip_sweep(ResidualConfig(depth=100), [0.0, 1.0], log10=True)
    first = sweep[sweep["layer"] == 1].set_index("skip")["log10_grad_hidden_norm"]
    assert first[0.0] < -20
    assert first[1.0] > -2
