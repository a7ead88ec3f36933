"""One block's gradient by parts, and both roads of the analogy: against autograd and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.recurrent import gradient_trace
from engine.residual import ResidualConfig, depth_trace
from engine.residual.analogy import lstm_beside, two_roads
from engine.residual.gradients import block_flow
from tests.engine.residual.plain import PlainStack, run

CONFIG = ResidualConfig(depth=7, width=5, batch_size=3)


@pytest.mark.parametrize("activation", ["tanh", "relu", "identity"])
@pytest.mark.parametrize("layer", [1, 4, 7])
def test_the_parts_are_autograds(activation: str, layer: int) -> None:
    config = replace(CONFIG, activation=activation)  # type: ignore[arg-type]
    for skip, row in zip(
        (0.0, 0.6, 1.5), block_flow(config, [0.0, 0.6, 1.5], layer).iloc, strict=True
    ):
        model = PlainStack(replace(config, skip=skip))
        trace = run(model)
        arriving, state = trace.gradients[layer], trace.states[layer - 1].detach()
        _, through = torch.autograd.functional.vjp(
            lambda h, model=model: model.block(layer - 1, h), state, arriving
        )
        whole = arriving.norm()
        assert row["road"] == pytest.approx(float((skip * arriving).norm() / whole))
        assert row["block"] == pytest.approx(float(through.norm() / whole), abs=1e-12)
        assert row["total"] == pytest.approx(float(trace.gradients[layer - 1].norm() / whole))


def test_the_sum_of_two_parts_lies_between_their_difference_and_their_sum() -> None:
    flow = block_flow(CONFIG, np.arange(31) / 20, 3)
    assert (flow["total"] <= flow["road"] + flow["block"] + 1e-12).all()
    assert (flow["total"] >= (flow["road"] - flow["block"]).abs() - 1e-12).all()


def test_a_layer_beyond_the_stack_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="layer is 8"):
        block_flow(CONFIG, [1.0], 8)


def test_both_roads_start_at_the_loss_and_are_those_of_their_networks() -> None:
    both = two_roads(CONFIG, [0.0, 0.7, 1.0, 1.5])
    for curve in (*both.left.values(), *both.without.values()):
        assert (curve[0] == 0).all()
    for place, skip in enumerate((0.0, 0.7, 1.0, 1.5)):
        stack = depth_trace(replace(CONFIG, skip=skip)).log10_frame["log10_grad_hidden_norm"]
        assert both.left["resnet"][-1, place] == pytest.approx(stack.iloc[0] - stack.iloc[-1])
        # A gate can't exceed 1.
        lstm = gradient_trace(lstm_beside(CONFIG, min(skip, 1.0))).log10_frame
        cell = lstm["log10_grad_cell_norm"]
        assert both.left["lstm"][-1, place] == pytest.approx(cell.iloc[0] - cell.iloc[-1])
    np.testing.assert_allclose(both.left["road"][:, 1], np.log10(0.7) * np.arange(8), atol=1e-12)


def test_over_the_lstms_road_goes_what_its_gate_lets_through() -> None:
    flow = two_roads(CONFIG, [0.0, 0.7, 1.0, 1.5]).flow
    lstm = flow[flow["network"] == "lstm"]
    np.testing.assert_allclose(lstm["road"], [0.0, 0.7, 1.0, 1.0], atol=1e-12)
    assert (lstm["total"] <= lstm["road"] + lstm["block"] + 1e-12).all()
