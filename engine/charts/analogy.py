"""Two roads under one hand: a step of an LSTM and a block of a ResNet (handout, 1 (f)).

Where the analogy ends is seen in the picture: the LSTM's f is computed from what it reads and its
weights are the same at every step; the ResNet's g is a number, and each block has its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.charts import skip_block, stage
from engine.charts.altair import alt
from engine.charts.blocks import Symbol, cells, pills, symbols
from engine.charts.plot import Plot
from engine.charts.road import Ground, Stream, wires
from engine.charts.skip_block import BASE, BRANCH, GATE, HALF, TIMES, WAY, WIDTH, G, Step, steps
from engine.charts.stage import CAPTION, LABEL, Data, Layer, parameter, unpacked, words

#: Where the second step begins, and how far below the first it stands on a phone.
APART, BELOW = 80.0, 40.0
LSTM = Step(row=0, left=0, right=WIDTH + 5, gate="f", sigma="σ, tanh")
RESNET = Step(x=APART, row=1, left=0)
#: Each network's name, ink and short name, its plain counterpart's data column.
CURVES = (
    ("resnet", "ResNet, ‖∂L/∂h‖", "ResNet", "state"),
    ("lstm", "LSTM, ‖∂L/∂C‖", "LSTM", "cell"),
    ("road", "the road alone, fᵏ = gᵏ", "fᵏ = gᵏ", "road"),
)


def on_phone(x: float, y: float) -> tuple[float, float]:
    """The two steps below each other."""
    return (x - APART, y * 1.15 + BELOW) if x >= APART else (x, y * 1.15)


GROUND = Ground(wide=APART + WIDTH + 8, narrow=WIDTH + 8, on_phone=on_phone)
BACK = Plot("x0", "y0", "x1", "y1", ("last", 0), ("low", "high"))


def analogy(flow: Data, curves: Data, ends: Data, ticks: Data) -> alt.LayerChart:
    """Both steps at the f = g under the hand, over what is left along time and depth.

    flow: two rows, LSTM and ResNet, packed by g `total, road, slope, block`. curves: `curve` (of
    `CURVES`), `back` and `without`, what is left at f = g = 0 by other cells or no skip, and packed
    by g `left`, base-10 logarithms. ends: `curve, back` and packed by g `at`, where the label of
    each stands. ticks: `value, words`, the first and last are the ends of the axis.
    """
    under = f"wide ? {GROUND.down(BASE + 4)} : unit_px*{BELOW + (BASE + 3) * 1.15}"
    parameters = [
        replace(G, label="f = g").selection(),
        parameter("hand", G.now()),
        parameter("place", G.place()),
        *GROUND.unit(),
        *skip_block.flow_parameters(2),
        *stage.ends_of("ticks"),
        stage.of_data("last", "ends", "back"),
        parameter("x0", "wide ? 190*s : 74"),
        parameter("x1", "width - 52*s"),
        parameter("y0", f"({under}) + 12*s"),
        parameter("y1", "wide ? height - 30*s : y0 + 150"),
    ]
    frames = [(4 + x, 2, WIDTH - 4 + x, BASE + 2) for x in (0, APART)]
    return stage.stage(
        cells(GROUND, frames),
        *stage.unseen(flow),
        wires(GROUND, _only_lstm(), opacity="0.8"),
        *steps(GROUND, [LSTM, RESNET]),
        # What the LSTM's block reads is squashed on its way; a ResNet's block reads the road.
        alt.LayerChart(layer=pills(GROUND, [(*LSTM.at(BRANCH, GATE), "o ∘ tanh")])),
        *_letters(),
        *_notes(),
        *_curves(curves, ends, ticks),
        height=stage.in_window("y0 + (wide ? 226*s : 180)", 474),
        parameters=parameters,
        many_marks=True,
    )


def _only_lstm() -> list[Stream]:
    """f looks at what the cell reads: h_{t−1} and x_t."""
    return [
        Stream((LSTM.at(TIMES, WAY - HALF[1]), LSTM.at(TIMES, GATE + HALF[1])), "plain"),
        Stream((LSTM.at(TIMES, BASE + 2), LSTM.at(TIMES, WAY + HALF[1])), "plain"),
    ]


def _letters() -> list[Layer]:
    letters = (
        (LSTM, BRANCH - 1, 4.2, "C", "t−1"),
        (LSTM, WIDTH - 9, 4.2, "C", "t"),
        (RESNET, BRANCH - 1, 4.2, "h", "t"),
        (RESNET, WIDTH - 10.4, 4.2, "h", "t+1"),
        (LSTM, TIMES + 0.8, WAY, "W", ""),
        (RESNET, TIMES + 0.8, WAY, "W", "t"),
        (LSTM, BRANCH + 5, WAY - 2, "h", "t−1"),
        (LSTM, TIMES + 2.6, BASE - 0.4, "x", "t"),
    )
    return symbols(
        GROUND, [Symbol(step.at(x, y), letter, index) for step, x, y, letter, index in letters]
    )


def _notes() -> list[Layer]:
    """Names, the share through each block, and what differs, each at its own place."""
    drawn: list[Layer] = []
    for step, name, ink, gate, reads, weights in (
        (LSTM, "LSTM, one step of time", "cell", ("computed at", "every step"),
         ("its block reads", "a squashed copy"), "one W for all steps"),
        (RESNET, "ResNet, one layer of depth", "state", ("one number,", "1 in a ResNet"),
         ("its block reads", "the road itself"), "each layer has its own W"),
    ):  # fmt: skip
        row = step.row
        drawn += [
            _at(step, 36, 4.4, f"'{name}'", ink, weight=600, align="center", size=LABEL),
            *(_at(step, TIMES + 6.4, GATE + 2.2 * n - 1.1, f"'{line}'", "dim")
              for n, line in enumerate(gate)),
            _at(step, TIMES + 6.4, WAY + 4.6,
                f"format(flow[{row}].block, '.2f') + ' through the weights'",
                "weights", weight=600, size=LABEL),
            _at(step, TIMES + 6.4, WAY + 7.7, f"'{weights}'", "dim"),
            *(_at(step, 5.4, WAY + 5.5 + 2.2 * n, f"'{line}'", "dim", where="wide")
              for n, line in enumerate(reads)),
        ]  # fmt: skip
    return drawn


def _at(
    step: Step, x: float, y: float, text: str, colour: str, *, size: float = CAPTION, **mark: Any
) -> Layer:  # fmt: skip
    across, down = step.at(x, y)
    return words(
        GROUND.across(across, down), GROUND.down(down, across), text, colour=colour, size=size,
        baseline="middle", **mark,
    )  # fmt: skip


def _curves(curves: Data, ends: Data, ticks: Data) -> list[Layer]:
    labels = unpacked(alt.Chart(ends), "place", at="at")
    drawn: list[Layer] = [*BACK.levels(ticks)]
    for name, *_, ink in CURVES[:2]:
        without = alt.Chart(curves).transform_filter(f"datum.curve == '{name}'")
        drawn.append(BACK.curve(without, "back", "without", ink, width=1.5, strokeDash=[2, 3]))
    for name, *_, ink in reversed(CURVES):
        dash = [5, 4] if name == "road" else []
        # Filtered first: a formula costs its time for every row of every frame.
        rows = unpacked(
            alt.Chart(curves).transform_filter(f"datum.curve == '{name}'"), "place", v="left"
        )
        drawn.append(BACK.curve(rows, "back", "v", ink, width=2.6, strokeDash=dash))
    for name, long, short, ink in CURVES:
        drawn += BACK.label(
            labels.transform_filter(f"datum.curve == '{name}'"), f"wide ? '{long}' : '{short}'",
            "at", ink, left="x0 - 10*s", align="right", size=CAPTION,
        )  # fmt: skip
    unit = "(wide ? ' steps or layers back' : '')"
    return [
        *drawn,
        BACK.feet("last", "loss", unit, align="center"),
        words("x1 - 6*s", "y1 - 8*s", "wide ? 'what is left of the gradient; dotted: a vanilla RNN, "
              "and the same blocks without a skip' : 'dotted: RNN, no skip'",
              align="right", halo=True),
    ]  # fmt: skip
