"""What the overview shows: a first picture to turn, and a small one for each page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from engine import places
from engine.charts.cards import card
from engine.charts.plot import spread
from engine.charts.unrolled import unrolled_small
from engine.decoding.comparisons import best_by_beam_width, optimum
from engine.decoding.config import DecodingConfig
from engine.extended_range import Array
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.residual import ResidualConfig, depth_trace
from engine.sections import gradient_rows
from engine.sections.shown import Figure, Shown, figure
from engine.training.shipped import shipped

#: Curves of the cards: of the radius, of the cell, of the skip, of the beam width.
RADII = (1.2, 1.0, 0.8, 0.6)
FORGETFUL = RecurrentConfig(spectral_radius=0.6)
LASTING = replace(FORGETFUL, cell="lstm", forget_bias=3.0)
SKIPS = {"with skips": 1.0, "plain": 0.0}
SEARCHED = DecodingConfig("characters", "a ", 20, 40)
#: The comparison whose losses stand for all training.
TRAINED = "recall: T = 10 and T = 100"
#: Names at the ends of curves are at least so far apart, as a share of the card.
APART = 0.17


def overview(config: RecurrentConfig) -> Shown:
    """The network of the first page, turned by its radius."""
    return Shown(
        {
            "overview": figure(
                unrolled_small,
                partial(_frames, replace(config, spectral_radius=1.0)),
                alt_text="An unrolled recurrent network over the norms of its gradient and its "
                "state along time, with a slider for the spectral radius.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )


def _frames(config: RecurrentConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.unrolled.unrolled_small`."""
    swept = gradient_rows.hero(config)
    return {name: swept[name] for name in ("steps", "radii", "ticks")}


def cards() -> Shown:
    """A small picture for each page, by its name; every curve is computed."""
    makers = {
        places.GRADIENTS: _gradients,
        places.LSTM: _lstm,
        places.SKIPS: _skips,
        places.TRAINED: _trained,
        places.SEARCH: _search,
    }
    return Shown({page.name: make() for page, make in makers.items()})


def _gradients() -> Figure:
    config = RecurrentConfig(activation="identity")
    return _of_logs(
        {
            f"radius {radius:g}": _gradient(replace(config, spectral_radius=radius))
            for radius in RADII
        },
        ["gradient"] * len(RADII),
        "The gradient along time without a nonlinearity, at four spectral radii.",
    )


def _lstm() -> Figure:
    return _of_logs(
        {"LSTM": _gradient(LASTING), "RNN": _gradient(FORGETFUL)},
        ["road", "mid"],
        "The gradient along time of an LSTM with open forget gates and of a vanilla RNN.",
    )


def _skips() -> Figure:
    column = "log10_grad_hidden_norm"
    norms = {
        name: depth_trace(ResidualConfig(skip=skip)).log10_frame[column].to_numpy()
        for name, skip in SKIPS.items()
    }
    return _of_logs(
        norms, ["road", "weights"], "The gradient along depth of a stack with skips and without."
    )


def _trained() -> Figure:
    losses = shipped(TRAINED)["validation"].groupby(["run", "step"])
    medians = losses["validation_loss"].median().groupby("run")
    norms = {str(name): np.log10(of.to_numpy()) for name, of in medians}
    alt_text = "Median loss of trained networks over eight seeds, falling or flat."
    return _of_logs(norms, ["ink"] * len(norms), alt_text, at_left=False)


def _search() -> Figure:
    best = optimum(SEARCHED)
    found = best_by_beam_width(SEARCHED, best)
    scores = found.loc[found["beam_width"] <= SEARCHED.beam_width, "log_prob"].to_numpy()
    drawn, inks = {"beam, by k": scores}, ["state"]
    if best is not None:
        drawn["optimum"] = np.full_like(scores, best.log_prob)
        inks.append("optimum")
    return _of_logs(
        drawn,
        inks,
        "The log-probability that beam search finds with each k, beside the optimum.",
        at_left=False,
    )


def _gradient(config: RecurrentConfig) -> Array:
    return gradient_trace(config).log10_frame["log10_grad_hidden_norm"].to_numpy()


def _of_logs(
    curves: Mapping[str, Array], inks: Sequence[str], alt_text: str, *, at_left: bool = True
) -> Figure:
    """Curves of logarithms on one axis, their names where they end, or where they begin."""
    low = min(float(of.min()) for of in curves.values())
    high = max(float(of.max()) for of in curves.values())
    rows, labels = [], []
    for (name, values), ink in zip(curves.items(), inks, strict=True):
        height = (values - low) / (high - low)
        x = np.linspace(0, 1, len(values))
        dash = "dashed" if name == "optimum" else "solid"
        rows.append(pd.DataFrame({"curve": name, "x": x, "y": height, "ink": ink, "dash": dash}))
        labels.append((name, float(height[0 if at_left else -1]), ink))
    ends = pd.DataFrame(labels, columns=["curve", "y", "ink"])
    ends["y"] = spread(ends[["y"]].to_numpy(), APART, 0, 1)
    return figure(
        card, {"curves": pd.concat(rows), "labels": ends}, alt_text=alt_text, at_left=at_left
    )
