"""The unrolled network: the ends of the sequence, one matrix on every edge, true widths."""

import pytest

from engine.charts.unrolled_edges import FIRST, GAP, LAST, drawn_timesteps, unrolled_edges
from engine.recurrent import RecurrentConfig, gradient_trace


@pytest.mark.parametrize("timesteps", [1, 2, FIRST + LAST, FIRST + LAST + 1, FIRST + LAST + 2, 500])
@pytest.mark.parametrize("every_target", [True, False])
def test_the_drawing_has_both_ends_and_one_loss_or_one_for_each(
    timesteps: int, every_target: bool
) -> None:
    frame = gradient_trace(RecurrentConfig(timesteps=timesteps, hidden_size=3)).log10_frame
    edges = unrolled_edges(frame, every_target=every_target)
    drawn = [t for t in drawn_timesteps(timesteps) if t]
    assert drawn[0] == 1
    assert drawn[-1] == timesteps
    kinds = edges["kind"].value_counts()
    assert kinds["x"] == len(drawn)
    assert kinds["readout"] == (len(drawn) if every_target else 1)
    recurrent = edges[edges["kind"] == "W_h"]
    assert recurrent["to"].iloc[:-1].tolist() == recurrent["from"].iloc[1:].tolist()
    assert (GAP in set(edges["to"])) == (len(drawn) < timesteps)
    assert recurrent["to"].iloc[-1] == ("h_T" if timesteps > 0 else "")


def test_an_edge_is_as_wide_as_its_gradient_says() -> None:
    frame = gradient_trace(RecurrentConfig(activation="identity", spectral_radius=0.5)).log10_frame
    edges = unrolled_edges(frame, every_target=False).query("kind == 'W_h' and text != ''")
    assert edges["width"].is_monotonic_increasing
    assert edges["width"].iloc[0] < edges["width"].iloc[-1]


def test_nothing_that_flows_is_a_thin_edge() -> None:
    frame = gradient_trace(RecurrentConfig(spectral_radius=0.0)).log10_frame
    edges = unrolled_edges(frame, every_target=False)
    assert edges["width"].min() == 1.0
    assert "0" in set(edges["text"])
