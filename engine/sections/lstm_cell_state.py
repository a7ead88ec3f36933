"""The LSTM's cell state as a road for gradients (handout, 1 (d) and (e)): what each section shows."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from engine.charts import cell as cell_picture
from engine.charts import gate_strips, way_pictures
from engine.gates import Hands
from engine.recurrent import (
    RecurrentConfig,
    cell_jacobian_norms,
    cell_state_pathway,
    compare_memory,
    gate_values,
    half_lives,
    survival_quantiles,
)
from engine.recurrent.findings import log10_ratio
from engine.recurrent.presets import LSTM_PRESETS
from engine.sections import cell_rows
from engine.sections import cell_words as say
from engine.sections.shown import Figure, Shown, figure
from engine.sections.ways import as_chosen, not_a_stop, without_hands


def cell(config: RecurrentConfig, hands: Hands) -> Shown:
    """The cell at one timestep over the road from 1 to T, and one unit's numbers in its equation."""
    chosen = as_chosen(config, hands.gates)
    timestep = min(hands.timestep, config.timesteps)
    here = cell_rows.flow_of(config, hands.gates).iloc[timestep - 1]
    drawn = _figure(
        cell_picture.cell, cell_rows.cell, config, hands, t=hands.timestep, show=hands.show,
        caption=say.at_one_step(here),
        alt_text="The LSTM cell at one timestep between its neighbours: the cell state along the top, "
        "four gates, the hidden state along the bottom, and the gradient that flows back through "
        "each as a stream. Below, what is left of the gradient along time, and all forget gates.",
    )  # fmt: skip
    unit = min(hands.unit, config.hidden_size)
    numbers = say.plugged_in(gate_values(chosen), timestep, unit)
    return Shown({"cell": drawn}, sentences=(numbers, *_losses_join(config)))


def two_networks(config: RecurrentConfig, hands: Hands) -> Shown:
    """(d): an LSTM in the place of the RNN, on the same data."""
    chosen = as_chosen(config, hands.gates)
    flow = cell_rows.flow_of(config, hands.gates)
    gates = gate_values(chosen)
    numbers = say.Networks(
        log10_ratio(flow["rnn"]),
        log10_ratio(flow["hidden"]),
        float(gates.loc[gates["gate"] == "hidden_state", "value"].abs().max()),
        float(gates.loc[gates["gate"] == "forget", "value"].mean()),
        config.timesteps,
        config.last_target_only,
    )
    drawn = _figure(
        way_pictures.networks, cell_rows.networks, config, hands, caption=say.compared(numbers),
        alt_text="Along time, on a log axis: what is left of the gradients of an LSTM and of a "
        "vanilla RNN, relative to the last timestep; below, the sizes of their states.",
    )  # fmt: skip
    sentences = (say.lasting(numbers.forget), *_losses_join(config))
    return Shown({"networks": drawn}, {}, sentences, say.networks_verdict(numbers))


def two_terms(config: RecurrentConfig, hands: Hands) -> Shown:
    """(e): ∂L/∂C_{t-1} taken apart into the road's term and the one through h_{t-1}."""
    chosen = as_chosen(config, hands.gates)
    numbers = _terms(chosen, cell_rows.flow_of(config, hands.gates))
    if numbers is None:
        alone = "With a single timestep there is nothing to take apart: raise T."
        return Shown({}, sentences=(alone,), verdict=say.terms_verdict(None))
    caption = f"The road's term is on average {say.in_road(numbers.share)}."
    drawn = _figure(
        way_pictures.terms, cell_rows.terms, config, hands, t=hands.timestep,
        caption=caption,
        alt_text="Along time, on a log axis: the two terms of the gradient at the cell state and "
        "their sum; below, which part of it is the road's.",
    )  # fmt: skip
    return Shown({"terms": drawn}, verdict=say.terms_verdict(numbers))


def _terms(chosen: RecurrentConfig, flow: pd.DataFrame) -> say.Terms | None:
    """The numbers of (e); flow: of the same network."""
    pathway = cell_state_pathway(chosen, log10=True)
    if pathway.empty:
        return None
    size = 10.0 ** np.clip(pathway["log10_total_norm"].to_numpy(), -300, 300)
    return say.Terms(
        float(flow["direct_share"].iloc[1:].fillna(0.0).mean()),
        float((pathway["identity_error"].to_numpy() / size).max()),
        log10_ratio(flow["road"]),
        log10_ratio(flow["cell"]),
        chosen,
    )


def gates(config: RecurrentConfig, hands: Hands) -> Shown:
    """Every gate and state of one sequence, by unit and time."""
    values = gate_values(as_chosen(config, hands.gates))
    mean = float(values.loc[values["gate"] == "forget", "value"].mean())
    drawn = _figure(
        gate_strips.gates, cell_rows.gates, config, hands, caption=say.lasting(mean),
        alt_text="Six strips, a row for each unit and a column for each timestep: forget, input and "
        "output gate, candidate, tanh of the cell state, and hidden state.",
    )  # fmt: skip
    return Shown({"gates": drawn})


def memory(config: RecurrentConfig, hands: Hands) -> Shown:
    """What the forget gates alone keep, unit by unit, and initialisations made for it."""
    chosen = as_chosen(config, hands.gates)
    kept = float(survival_quantiles(chosen)["log10_median"].iloc[0])
    lives = half_lives(chosen)["half_life"].to_numpy()
    drawn = _figure(
        way_pictures.memory, cell_rows.memory, config, hands,
        caption=f"{say.kept_in_words(kept, config)} Half-life: "
        f"{cell_rows.half_lives_in_words(lives)}.",
        alt_text="Along time, on a log axis: how much of each unit's cell state the forget gates "
        "leave at T, as a band with its median, beside the gradient; below, each unit's half-life.",
    )  # fmt: skip
    initialisations = say.initialisations(compare_memory(without_hands(config)))
    return Shown({"memory": drawn}, sentences=(*_losses_join(config), initialisations))


def extremes(preset: str) -> Shown:
    """One setting under which an LSTM vanishes, explodes, or lives by its hidden state."""
    config = LSTM_PRESETS[preset]
    drawn = figure(
        way_pictures.jacobians,
        cell_rows.jacobians(config),
        alt_text="Along time, on a log axis: the most that a change of the cell state at t does to "
        "the one at T, along the road alone and altogether.",
        caption=_setting(config),
    )
    name = f"extreme-{list(LSTM_PRESETS).index(preset)}"
    words = say.extreme_in_words(cell_jacobian_norms(config))
    return Shown({"extreme": replace(drawn, name=name)}, sentences=(words,))


def trained(name: str) -> Shown:
    """A shipped LSTM before and after training, under the same lens; name: of TRAINED_LSTMS."""
    # These read files of training runs; no other section needs what that takes.
    from engine.sections import trained_rows
    from engine.training.trained_lstms import opened_in_words

    found = trained_rows.read(name)
    if found is None:
        return Shown({}, sentences=(trained_rows.MISSING,))
    frames, strips, units, gradients = found
    road = figure(
        way_pictures.trained, frames,
        alt_text="Along time, on a log axis: the gradient and what the forget gates keep, before and "
        "after training; below, the half-lives of all units before and after.",
        caption="Dashed: before training. Eight sequences of the averaging task, target at T, of the "
        "length that the network was trained on.",
    )  # fmt: skip
    images = figure(
        gate_strips.trained_gates, strips,
        alt_text="Strips by unit and timestep, before and after training: how far the forget gates "
        "are from 1, on a log scale, and the candidates.",
        caption="The most lasting units of the trained network on top.",
    )  # fmt: skip
    return Shown(
        {"trained": road, "trained_gates": images}, sentences=(opened_in_words(units, gradients),)
    )


def _losses_join(config: RecurrentConfig) -> tuple[str, ...]:
    return () if config.last_target_only else (say.LOSSES_JOIN,)


def _setting(config: RecurrentConfig) -> str:
    """What is set, in words."""
    start = "torch's own weights" if config.spectral_radius is None else (
        f"radius of each W {config.spectral_radius:g}"
    )  # fmt: skip
    bias = "" if config.forget_bias is None else f", forget bias {config.forget_bias:g}"
    return f"T = {config.timesteps}, {start}{bias}".replace("-", "−")


def _figure(
    chart: Any, rows: Any, config: RecurrentConfig, hands: Hands, *, t: int | None = None,
    show: str | None = None, **words: str,
) -> Figure:  # fmt: skip
    """A picture of all ways of the gates, with its hands where `config` and `hands` have them."""
    stands: dict[str, float | str | None] = {
        "forget_bias": config.forget_bias or 0.0, "gates": hands.gates, "t": t, "show": show,
    }  # fmt: skip
    there = {name: value for name, value in stands.items() if value is not None}
    frames = partial(rows, without_hands(config), not_a_stop(config.forget_bias))
    ends = None if t is None else {"t": config.timesteps}
    return figure(chart, frames, hands=there, ends=ends, **words)
