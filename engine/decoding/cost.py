"""What a search costs: the cells that it evaluates, and the tokens that it sorts (handout, 2 (e)).

With stored states every hypothesis reads one token a step: a line. Without, it reads all its
tokens again: a triangle. Sorting is the same both ways, because only the model is run again. So
the handout's O(T²·K·M log M) is loose: it is O(T·K·M log M) for sorting plus O(T²·K) for cells.
"""

import math
from collections.abc import Sequence
from typing import Unpack

import pandas as pd

from engine.arguments import require_integer
from engine.decoding.beam import beam_search
from engine.decoding.config import DecodingConfig
from engine.decoding.models import LanguageModel
from engine.decoding.scoring import Conventions

#: Beam widths that one frame may have.
MAX_WIDTHS = 256


def step_costs(
    model: LanguageModel,
    widths: Sequence[int],
    max_length: int,
    **conventions: Unpack[Conventions],
) -> pd.DataFrame:
    """What each step of a search costs, counted while it ran, for every width.

    conventions: as in `beam_search`; they decide what is kept, and so what is read.

    Returns `beam_width, timestep, stored_cells` (evaluated in this step, with stored states),
    `hypotheses` (that are expanded), `rerun_cells` (where each hypothesis is read from the start),
    `sorting` (hypotheses · M log₂M, for either), and the same from the first step on: `stored,
    rerun, sorted`. A step whose hypotheses are all finished costs nothing and has no row.
    """
    require_integer("the number of widths", len(widths), 1, MAX_WIDTHS)
    cells = [
        (width, step.timestep, step.cell_evaluations)
        for width in widths
        for step in beam_search(model, width, max_length, **conventions).steps
    ]
    columns = ["beam_width", "timestep", "stored_cells"]
    costs = pd.DataFrame(cells, columns=columns, dtype="int64")
    size, timestep = len(model.vocabulary), costs["timestep"]
    # The first step reads what every search has to read first; it expands one hypothesis.
    costs["hypotheses"] = costs["stored_cells"].where(timestep > 1, 1)
    costs["rerun_cells"] = costs["hypotheses"] * (model.start_steps + timestep - 1)
    costs["sorting"] = costs["hypotheses"] * size * math.log2(size)
    search = costs.groupby((timestep == 1).cumsum())
    costs["stored"] = search["stored_cells"].cumsum()
    costs["rerun"] = search["rerun_cells"].cumsum()
    costs["sorted"] = search["sorting"].cumsum()
    return costs


def costs_at(costs: pd.DataFrame, width: int, length: int) -> dict[str, float]:
    """Totals of a search of `length` steps: `stored, rerun, sorted`.

    A search that ends before costs no more than it did until then.
    """
    rows = costs[(costs["beam_width"] == width) & (costs["timestep"] <= length)]
    last = rows.iloc[-1]
    return {"stored": int(last["stored"]), "rerun": int(last["rerun"]), "sorted": last["sorted"]}


def cost_in_words(costs: pd.DataFrame, width: int, length: int) -> str:
    """How many cells each way takes, and that sorting is not repeated."""
    total = costs_at(costs, width, length)
    stored, rerun = total["stored"], total["rerun"]
    words = (
        f"With k = {width} and T = {length}, stored states take {stored:,} cell evaluation"
        f"{'' if stored == 1 else 's'} and running from the start {rerun:,}"
    )
    if rerun == stored:
        return f"{words}: the same, because nothing is read twice."
    return (
        f"{words}, {rerun / stored:.1f} times as many. Sorting is the same both ways: only the "
        "model is run again."
    )


def growth_on_doubling(costs: pd.DataFrame, width: int) -> dict[str, float]:
    """How many times as much all steps of `costs` take as half of them: `stored, rerun, sorted`."""
    longest = int(costs.loc[costs["beam_width"] == width, "timestep"].max())
    long, short = (costs_at(costs, width, length) for length in (longest, max(1, longest // 2)))
    # Of a single word there is nothing to sort.
    return {name: long[name] / (short[name] or 1) for name in long}


def orders_in_words(costs: pd.DataFrame, width: int) -> str:
    """How each count grows with T, and what that says of the sheet's O(T²·K·M log M).

    All steps of `costs` are compared with half of them; where these are so few that the orders
    don't show, only the counts are told.
    """
    longest = int(costs.loc[costs["beam_width"] == width, "timestep"].max())
    growth = growth_on_doubling(costs, width)
    words = (
        f"From T = {max(1, longest // 2)} to T = {longest}, sorting grows × {growth['sorted']:.1f}, "
        f"cells with stored states × {growth['stored']:.1f}, cells run from the start × "
        f"{growth['rerun']:.1f}."
    )
    if not max(growth["sorted"], growth["stored"]) < 3 < growth["rerun"]:
        return words
    return (
        f"{words} So $O(T^2 K\\,M \\log M)$ is loose: sorting isn't repeated. Without stored states "
        "it is $O(T\\,K\\,M \\log M)$ for sorting plus $O(T^2 K)$ for cells; with them "
        "$O(T\\,K\\,M \\log M)$ in all."
    )


def full_cells(model: LanguageModel, width: int, length: int) -> tuple[int, int]:
    """Cells with stored states and without, where nothing is impossible and nothing ends.

    These depend on k, T, M and on what is read before the first token, and on nothing else.
    """
    size = len(model.vocabulary)
    hypotheses = [min(size ** (t - 1), width) for t in range(1, length + 1)]
    before = model.start_steps
    stored = before + sum(hypotheses[1:])
    return stored, sum(count * (before + t) for t, count in enumerate(hypotheses))


def what_cells_depend_on(config: DecodingConfig, costs: pd.DataFrame) -> str:
    """Whether the counts follow from k, T and M alone.

    costs: of `step_costs` for the config's model, up to its T and with its width among others.
    """
    counted = costs_at(costs, config.beam_width, config.max_length)
    full = full_cells(config.model, config.beam_width, config.max_length)
    if (counted["stored"], counted["rerun"]) == full:
        return "Here these numbers follow from k, T and M alone."
    return (
        f"They don't follow from k, T and M alone: with these, {full[0]:,} and {full[1]:,} would be "
        "evaluated, but some tokens have probability 0 or some hypotheses end, and there is less "
        "to read."
    )
