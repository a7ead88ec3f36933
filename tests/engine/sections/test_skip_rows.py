"""What the page on skips draws and says at each place of a hand, against a stack for that place.

Norms and Jacobians are torch's; what has tests of its own elsewhere is taken from there.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from engine.charts import lesions as lesions_chart
from engine.charts import roads
from engine.charts.agreement import ANGLE, PLOT_ENDS
from engine.charts.path_shares import WEIGHT_SCALE
from engine.charts.plot import spread
from engine.charts.skip_block import COLUMNS, G
from engine.charts.stage import power_ticks
from engine.recurrent import draw_weights
from engine.residual import ResidualConfig, carry_gates, depth_trace, lesion
from engine.residual.analogy import lstm_beside, two_roads
from engine.residual.decorrelation import gradient_correlations, published_law
from engine.residual.gradients import block_flow
from engine.residual.path_bands import paths_by_weight_scale
from engine.residual.scaled_skips import published_roads
from engine.sections import paper_words as papers
from engine.sections import skip_rows as rows
from engine.sections import skip_words as say
from tests.engine.residual.plain import PlainStack, plain_sweep, plain_trace
from tests.engine.sections.pictures import assert_packed

STACK = ResidualConfig(depth=4, width=3, batch_size=2, skip=0.0)
GATED = replace(STACK, skip="highway")
SKIPS = G.values()
PLACES = range(len(SKIPS))
with np.errstate(divide="ignore"):
    LOG10_SKIPS = np.log10(SKIPS)


def assert_said(frame: pd.DataFrame, expected: Sequence[say.Said]) -> None:
    """One row, in which each text holds the words of all places."""
    assert [tuple(frame[of].item().split("|")) for of in frame] == list(zip(*expected, strict=True))


def assert_axis(ticks: pd.DataFrame, *curves: np.ndarray, least: float = -np.inf) -> None:
    """From a power of ten below all that is finite, and at least 1/10 to 10."""
    values = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
    high = max(1.0, values.max())
    low = max(min(-1.0, values.min()), high - rows.DEEPEST_AXIS, least)
    pd.testing.assert_frame_equal(ticks, power_ticks(low, high, most=5))


def left_by(stack: ResidualConfig) -> tuple[np.ndarray, np.ndarray]:
    """log10 of ‖h_t‖ beside the input's and of ‖∂L/∂h_t‖ beside the output's, (layers, skips)."""
    frame = plain_sweep(stack, SKIPS.tolist())
    return relative(frame, stack.depth)


def relative(frame: pd.DataFrame, depth: int) -> tuple[np.ndarray, np.ndarray]:
    hidden, gradient = (
        frame[name].to_numpy().reshape(-1, depth + 1).T
        for name in ("hidden_norm", "grad_hidden_norm")
    )
    return np.log10(hidden / hidden[0]), np.log10(gradient / gradient[-1])


def road(blocks: np.ndarray) -> np.ndarray:
    """log10 of g^blocks, where g⁰ is 1 for a g of 0, too."""
    return np.array([[n * log10 if n else 0.0 for log10 in LOG10_SKIPS] for n in blocks])


def assert_stacks(frame: pd.DataFrame, along: str, left: np.ndarray, gated: np.ndarray) -> None:
    """Rows from 1 for each layer, or each rank of a singular value."""
    assert frame[along].tolist() == list(range(1, len(left) + 1))
    np.testing.assert_allclose(frame["plain"], left[:, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(frame["gated"], gated, rtol=1e-9, atol=1e-12)
    assert_packed(frame["residual"], left)


@pytest.mark.parametrize(("depth", "middle"), [(4, 2), (1, 1)])
def test_a_block_stands_in_the_middle_of_what_autograd_leaves_at_each_layer(
    depth: int, middle: int
) -> None:
    stack = replace(STACK, depth=depth)
    frames, (_, left) = rows.block(stack), left_by(stack)
    flow, layers = frames["flow"], frames["layers"]
    assert flow["layer"].tolist() == [middle]
    expected = block_flow(stack, SKIPS, middle)
    for column in COLUMNS:
        assert_packed(flow[column], expected[[column]].to_numpy().T)
    assert layers["layer"].tolist() == list(range(1, depth + 2))
    np.testing.assert_allclose(layers["plain"], left[:, 0], atol=1e-9)
    assert_packed(layers["gradients"], left)
    assert_packed(layers["roads"], road(np.arange(depth, -1, -1)))
    assert_axis(frames["ticks"], left)
    ends = zip(SKIPS, left[0], road(np.array([depth]))[0], strict=True)
    assert_said(frames["said"], [say.block_said(*of, depth) for of in ends])


def test_of_a_gradient_that_is_exactly_zero_nothing_is_left() -> None:
    layers = rows.block(replace(STACK, weight_scale=0.0))["layers"]
    assert layers["plain"].tolist() == [-np.inf] * 4 + [0.0]


@pytest.mark.parametrize(
    "stack",
    [
        ResidualConfig(depth=100, width=2, activation="identity", weight_scale=1e-6, skip=0.0),
        ResidualConfig(depth=9, width=2, activation="identity", weight_scale=3.0, skip=0.0),
        replace(STACK, depth=9),
    ],
    ids=["more than an axis holds", "growing", "vanishing"],
)
def test_an_axis_ends_where_curves_do_or_four_hundred_powers_below(stack: ResidualConfig) -> None:
    traces = [depth_trace(replace(stack, skip=g)).log10_frame for g in SKIPS.tolist()]
    logs = np.array([of["log10_grad_hidden_norm"].to_numpy() for of in traces])
    assert_axis(rows.block(stack)["ticks"], logs - logs[:, -1:])


def test_both_roads_are_drawn_from_the_loss_to_the_input() -> None:
    frames, both = rows.analogy(STACK), two_roads(STACK, SKIPS)
    back, parts = np.arange(STACK.depth + 1), list(both.flow.groupby("network"))
    assert [name for name, _ in parts] == ["lstm", "resnet"]
    for column in COLUMNS:
        assert_packed(frames["flow"][column], np.array([of[column] for _, of in parts]))
    curves = dict(list(frames["curves"].groupby("curve")))
    assert set(curves) == set(both.left)
    for name, curve in curves.items():
        assert curve["back"].tolist() == back.tolist()
        assert_packed(curve["left"], both.left[name])
        np.testing.assert_array_equal(curve["without"], both.without.get(name, back * np.nan))
    least = min(of.min() for of in both.without.values()) - 1
    assert_axis(frames["ticks"], *both.left.values(), least=float(least))
    low, high = frames["ticks"]["value"].iloc[[0, -1]]
    ends = frames["ends"]
    assert (ends["back"] == STACK.depth).all()
    last = np.array([both.left[name][-1] for name in ends["curve"]])
    assert_packed(ends["at"], spread(last, 0.115 * (high - low), low, high))


def test_a_long_road_is_drawn_with_fewer_points_and_both_ends() -> None:
    back = rows.analogy(replace(STACK, depth=60))["curves"]["back"].unique()
    assert (len(back), back.min(), back.max()) == (rows.ROAD_POINTS, 0, 60)


def test_three_stacks_have_autograds_gradients_and_singular_values() -> None:
    frames, (_, left) = rows.three_stacks(STACK), left_by(STACK)
    _, gated = relative(plain_trace(GATED).frame, STACK.depth)
    spectra = np.transpose([spectrum(replace(STACK, skip=g)) for g in SKIPS.tolist()])
    of_gates = spectrum(GATED)
    assert_stacks(frames["layers"], "layer", left, gated[:, 0])
    assert_stacks(frames["values"], "rank", spectra, of_gates)
    assert_axis(frames["layer_ticks"], left, gated)
    assert_axis(frames["value_ticks"], spectra, of_gates)
    expected = [
        say.stacks_said(
            float(g),
            (left[:, 0], left[:, n], gated[:, 0]),
            (spectra[:, 0], spectra[:, n], of_gates),
        )
        for n, g in enumerate(SKIPS)
    ]
    assert_said(frames["said"], expected)


def spectrum(stack: ResidualConfig) -> np.ndarray:
    """log10 of the singular values from the first example's input to its output."""
    model = PlainStack(stack)
    jacobian = torch.autograd.functional.jacobian(lambda h: model(h)[-1], model.inputs[0])
    return torch.linalg.svdvals(jacobian).log10().numpy()


def test_paths_are_counted_by_their_length_and_their_shares_swept() -> None:
    stack = replace(STACK, width=2)
    frames = rows.paths(stack)
    of = paths_by_weight_scale(replace(stack, depth=54, skip=1.0), WEIGHT_SCALE.values())
    lengths = frames["lengths"]
    assert lengths["path_length"].tolist() == list(range(55))
    shares = [math.comb(54, k) / 2**54 for k in range(55)]
    np.testing.assert_allclose(lengths["path_share"], shares, rtol=1e-12)
    assert lengths["path_length"][lengths["in_band"]].tolist() == list(range(5, 18))
    assert_packed(lengths["shares"], of.share.T)
    doubts = [papers.path_doubt(sizes[5:18].tolist(), 2) for sizes in of.size]
    assert [rows.doubt(of, place, 2) for place in range(len(doubts))] == doubts
    assert_said(
        frames["said"],
        [
            papers.band_said(float(band), doubt, float(times))
            for band, doubt, times in zip(of.band(), doubts, of.cancelled(), strict=True)
        ],
    )


def test_two_paths_take_as_many_blocks_as_they_say_and_join_those_side_by_side() -> None:
    paths = rows.paths(replace(STACK, width=2))["example"]
    assert paths["path"].unique().tolist() == [0, 1]
    for (_, path), most in zip(paths.groupby("path"), (17, 27), strict=True):
        taken = path["taken"].tolist()
        assert path["block"].tolist() == list(range(54))
        assert path["short"].unique().tolist() == [f"{sum(taken)} blocks, {54 - sum(taken)} skips"]
        assert 5 <= sum(taken) <= most, "in the band of what carries the gradient, or as most are"
        before, after = [False, *taken[:-1]], [*taken[1:], False]
        assert path["since"].tolist() == [a and b for a, b in zip(before, taken, strict=True)]
        assert path["on"].tolist() == [a and b for a, b in zip(taken, after, strict=True)]
    assert sum(taken) == 27, "as most paths do"


def test_changes_by_deleted_block_are_those_of_a_study_of_each_stack() -> None:
    studies = [lesion(replace(STACK, skip=g)) for g in (*SKIPS.tolist(), "highway")]
    *swept, gated = (of["relative_response_change"].to_numpy() for of in studies)
    changes, frames = np.array(swept).T, rows.lesions(STACK)
    logs, drawn = np.log10(changes), frames["changes"]
    assert drawn["deleted_layer"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(drawn["plain"], logs[:, 0], rtol=1e-6)
    np.testing.assert_allclose(drawn["gated"], np.log10(gated), rtol=1e-6)
    assert_packed(drawn["residual"], logs)
    medians, of_gates = np.median(changes, axis=0), float(np.median(gated))
    at = np.log10([medians * 0 + medians[0], medians * 0 + of_gates, medians])
    named = dict(zip(("plain", "gated", "residual"), at, strict=True))
    row = frames["medians"]
    np.testing.assert_allclose(row[["plain", "gated"]], at[:2, :1].T, rtol=1e-6)
    assert_packed(row["residual"], named["residual"][None])
    placed = spread(at, 0.4, lesions_chart.LOW, lesions_chart.HIGH)
    for name, label in zip(named, placed, strict=True):
        assert_packed(row[f"{name}_at"], label[None])
    here = zip(SKIPS, medians, strict=True)
    said = [say.lesion_said(float(g), medians[0], median, of_gates) for g, median in here]
    assert_said(frames["said"], said)


def test_of_a_deeper_stack_than_the_papers_the_first_blocks_are_deleted() -> None:
    first = rows.lesions(replace(STACK, depth=54))
    for name, frame in rows.lesions(replace(STACK, depth=60)).items():
        pd.testing.assert_frame_equal(frame, first[name])


def test_the_readers_road_lies_beside_the_papers_with_their_errors() -> None:
    stack, published = replace(STACK, depth=54), published_roads()
    frames, units = rows.scaled_skips(stack), np.arange(55)
    pd.testing.assert_frame_equal(frames["roads"], published.drop(columns="test_error"))
    (_, left), mine = left_by(stack), frames["mine"]
    assert mine["units"].tolist() == units.tolist()
    assert_packed(mine["roads"], road(units))
    assert_packed(mine["gradients"], left[::-1])
    said = [
        papers.road_said(float(g), 54 * log10, end, 54)
        for g, log10, end in zip(SKIPS, LOG10_SKIPS, left[0], strict=True)
    ]
    assert_said(frames["said"], said)
    ends, drawn = published[published["units"] == 54], frames["ends"]
    assert list(drawn) == [
        "shortcut", "units", "log10_road", "label_at", "short", "error", "error_words", "error_short",
    ]  # fmt: skip
    np.testing.assert_allclose(drawn["log10_road"], np.maximum(ends["log10_road"], roads.LOW))
    label_at = spread(ends[["log10_road"]].to_numpy(), 1.75, roads.LOW + 0.8, roads.HIGH)
    np.testing.assert_allclose(drawn["label_at"], label_at[:, 0])
    printed = {
        "identity": "6.61 %", "exclusive gate": "8.70 %", "1×1 convolution": "12.22 %",
        "constant 0.5": "12.35 %", "shortcut gate": "12.86 %", "dropout 0.5": "fails to converge",
    }  # fmt: skip
    assert dict(zip(drawn["shortcut"], drawn["error_words"], strict=True)) == printed
    assert drawn["error_short"].tolist() == [*list(printed.values())[:-1], "fails"]


def test_correlations_are_drawn_beside_their_laws_at_every_angle() -> None:
    found, frames = gradient_correlations(), rows.decorrelation()
    last, depths = found[found["depth"] == 50], np.arange(51)
    at_end = {}
    for network in ("plain", "residual"):
        curve, law = (of[of["network"] == network] for of in (frames["curves"], frames["laws"]))
        own = found[found["network"] == network].pivot_table("correlation", "depth", "angle")
        assert curve["depth"].tolist() == depths.tolist()
        assert_packed(curve["correlations"], own.to_numpy())
        assert law["depth"].tolist() == depths[1:].tolist()
        assert (
            law["correlation"].tolist()
            == published_law(network, depths[1:].astype(np.float64)).tolist()
        )
        at_end[network] = own.to_numpy()[-1]
        assert_packed(frames["ends"][network], own.to_numpy()[-1:])
    assert frames["ends"]["deepest"].tolist() == [50]
    for network, placed in zip(
        at_end, spread(np.array(list(at_end.values())), 0.085, *PLOT_ENDS), strict=True
    ):
        assert_packed(frames["ends"][f"{network}_at"], placed[None])
    spreads = [last.loc[last["angle"] == angle, "spread"].max() for angle in ANGLE.values()]
    at_places = zip(at_end["plain"], at_end["residual"], spreads, ANGLE.values(), strict=True)
    said = [papers.agreement_said(*of, angle=int(angle), depth=50) for *of, angle in at_places]
    assert_said(frames["said"], said)


@pytest.mark.parametrize(
    "stack",
    [STACK, replace(STACK, weight_scale=3.0), replace(STACK, width=1, weight_scale=0.1)],
    ids=["one matrix of an RNN is largest", "a block's is", "none is as large as 1"],
)
def test_the_blocks_weights_their_gates_and_their_growth_are_torchs(stack: ResidualConfig) -> None:
    frames, (growth, _) = rows.where_it_ends(stack), left_by(stack)
    gated = replace(stack, skip="highway")
    of_gates, _ = relative(plain_trace(gated).frame, stack.depth)
    blocks, gates = frames["blocks"], carry_gates(gated)
    norms = [float(torch.linalg.matrix_norm(of, 2)) for of in depth_trace(stack).weights]
    rnn = replace(lstm_beside(stack, 1.0), cell="rnn", forced_forget=None)
    shared = float(torch.linalg.matrix_norm(torch.from_numpy(draw_weights(rnn).w_h), 2))
    assert blocks["layer"].tolist() == list(range(1, stack.depth + 1))
    np.testing.assert_allclose(blocks["largest"], norms)
    np.testing.assert_allclose(blocks["shared"], shared)
    np.testing.assert_allclose(blocks["most"], 1.15 * max(*norms, shared, 1))
    for column, of in (("mean", "mean"), ("low", "smallest"), ("high", "largest")):
        np.testing.assert_array_equal(blocks[f"gate_{column}"], gates[of])
    layers = frames["layers"].rename(columns={"hidden": "residual"})
    assert_stacks(layers, "layer", growth, of_gates[:, 0])
    assert_axis(frames["ticks"], growth, of_gates)
    ends = (float(of_gates[-1, 0]), gates["smallest"].min(), gates["largest"].max())
    assert_said(
        frames["said"],
        [say.ends_said(float(g), up, *ends) for g, up in zip(SKIPS, growth[-1], strict=True)],
    )


@pytest.mark.parametrize("slider", [G, WEIGHT_SCALE, ANGLE], ids=lambda slider: slider.name)
def test_a_value_stands_at_its_own_place_or_the_nearest(slider: rows.Slider) -> None:
    for place, value in enumerate(slider.values()):
        assert rows.place_of(slider, value + 0.3 * slider.step) == place
