"""What the page on vanishing gradients draws at each place of its hand, against plain networks."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.charts.stage import power_ticks
from engine.recurrent import RecurrentConfig, draw_weights, gradient_reach, weight_gradient_terms
from engine.recurrent.loss_sweep import loss_sweep
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.beyond import FEWEST, beyond
from engine.sections.gradient_rows.equation_one import equation_one
from engine.sections.gradient_rows.linear import closed_form
from engine.sections.gradient_rows.targets import targets
from tests.engine.recurrent.plain import plain_trace
from tests.engine.sections.pictures import unpacked

LINEAR = RecurrentConfig(
    activation="identity", spectral_radius=1.0, timesteps=9, hidden_size=4, seed=2
)
RADII = np.arange(201) / 100
#: Places of the hand that are looked at one by one, an end among them.
PLACES = (45, 70, 100, 150, 200)


def at(config: RecurrentConfig, place: int) -> RecurrentConfig:
    return replace(config, spectral_radius=float(RADII[place]))


def test_the_linear_gradient_and_its_formula_are_autograds_at_every_radius() -> None:
    frames = closed_form(LINEAR)
    steps, radii = frames["steps"], frames["radii"].set_index("i")
    low, high = frames["ticks"]["value"].iloc[[0, -1]]
    assert steps["t"].tolist() == list(range(1, 10))
    np.testing.assert_allclose(radii["at"], RADII)
    drawn = unpacked(steps["gs"])
    for place in PLACES:
        gradient = np.log10(plain_trace(at(LINEAR, place))["grad_hidden_norm"].to_numpy())
        here, slope = radii.loc[place], np.log10(RADII[place])
        np.testing.assert_allclose(drawn[:, place], gradient, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(
            steps["power"] + gradient[-1] + slope * (9 - steps["t"]), gradient, atol=1e-9
        )
        expected = {
            "log10_at": slope, "g_last": gradient[-1], "g_label": gradient[2],
            "slope_label": gradient[-1] + 6 * slope,
            "share": np.clip(gradient[0] - gradient[-1], low, high),
            "eigenvalue_share": np.clip(8 * slope, low, high),
        }  # fmt: skip
        np.testing.assert_allclose(here[list(expected)].astype(float), list(expected.values()))


def test_powers_are_those_of_the_matrix_beside_its_two_bounds() -> None:
    config = replace(LINEAR, recurrent_init="nonnormal")
    frames, w_h = beyond(config), draw_weights(config).w_h
    powers = [np.eye(4)]
    for _ in range(FEWEST):
        powers.append(powers[-1] @ w_h)
    norms = np.log10([np.linalg.norm(power, 2) for power in powers])
    steps, radii = frames["steps"], frames["radii"].set_index("i")
    n = steps["t"].to_numpy()
    assert (n[0], n[-1]) == (0, FEWEST)
    np.testing.assert_allclose(steps["norm"], norms[n], atol=1e-9)
    np.testing.assert_allclose(steps["singular"], n * norms[1], atol=1e-9)
    slopes = np.log10(RADII[1:])[:, None]
    own = norms + np.arange(FEWEST + 1) * slopes
    highest = own[RADII[1:] < 1].max()
    around = own[[69, 119]]  # at radii of 0.7 and 1.2
    ends = min(around.min(), -4.0), max(around.max(), highest, 2.0)
    pd.testing.assert_frame_equal(frames["ticks"], power_ticks(*ends))
    for place in PLACES:
        here, slope = radii.loc[place], np.log10(RADII[place])
        expected = {
            "log10_at": slope, "norm_label": norms[18] + 18 * slope,
            "eigenvalue_label": 18 * slope, "singular_label": 7.2 * (norms[1] + slope),
        }  # fmt: skip
        np.testing.assert_allclose(
            here[list(expected)].astype(float), list(expected.values()), atol=1e-9
        )
        if RADII[place] < 1:
            assert abs(here["share"] - own[place - 1].max()) < 1e-9


def test_terms_and_their_sums_are_those_of_equation_one() -> None:
    frames = equation_one(LINEAR)
    steps, radii = frames["steps"], frames["radii"].set_index("i")
    for place in PLACES:
        terms = weight_gradient_terms(at(LINEAR, place), log10=True).sort_values("timestep")
        for column, of, label in (
            ("terms", "log10_term_norm", "term_label"), ("sums", "log10_cumulative_norm", "sum_label"),
        ):  # fmt: skip
            expected = terms[of].to_numpy()
            np.testing.assert_allclose(unpacked(steps[column])[:, place], expected, rtol=1e-5)
            assert abs(radii.loc[place, label] - expected[2]) < 1e-9
        assert radii.loc[place, "reach"] == gradient_reach(at(LINEAR, place))


def test_each_loss_and_the_share_of_each_band_are_drawn_as_they_were_swept() -> None:
    config = replace(LINEAR, activation="tanh", timesteps=30)
    frames, steps = targets(config), list(range(1, 31))
    drawn, losses = frames["losses"], frames["losses"]["k"].unique().tolist()
    found = loss_sweep(config, RADII, losses, steps)
    assert (losses[0], losses[-1]) == (1, 30)
    for loss, single in zip(losses, found.single, strict=True):
        own = drawn[drawn["k"] == loss]
        assert own["t"].tolist() == steps[:loss]
        assert (own["is_last"] == (loss == 30)).all()
        np.testing.assert_allclose(unpacked(own["gs"]), single[:, :loss].T, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(unpacked(frames["steps"]["gs"]), found.total.T, rtol=1e-4, atol=1e-4)
    shares = frames["shares"].drop(columns="t")
    edges = found.shares.cumsum(axis=0)
    assert len(shares.columns) == len(edges) - 1
    for column, edge in zip(shares, edges, strict=False):
        np.testing.assert_allclose(unpacked(shares[column]), edge.T, atol=1e-3)
    radii = frames["radii"]
    np.testing.assert_allclose(radii["g_last"], found.total[:, -1])
    np.testing.assert_allclose(radii["g_label"], found.total[:, 5].clip(-common.FARTHEST))
    for n, (band, upper) in enumerate(zip(found.shares, edges, strict=True)):
        tallest = np.arange(201), radii[f"band_t{n}"].to_numpy() - 1
        np.testing.assert_allclose(radii[f"band_height{n}"], band[:, 3:27].max(axis=1))
        np.testing.assert_allclose(radii[f"band_height{n}"], band[tallest])
        np.testing.assert_allclose(radii[f"band_middle{n}"], upper[tallest] - band[tallest] / 2)
