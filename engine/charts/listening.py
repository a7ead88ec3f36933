"""What a network still hears: a text whose earlier letters are tinted by what they do to the next.

Above the vanilla RNN, below the LSTM. The slider chooses the letter that is written, the radio
buttons whether the networks have been trained; both look up what was computed.
"""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Radio, Slider
from engine.charts.stage import Data, Layer, Own, of_data, parameter, placed, words

LETTERS = 64
LETTER = Slider("letter", "Letter that is written", 2, LETTERS, 1, 40)
TRAINED = Radio("ears", "Networks", ("untrained", "trained"), "trained")
#: How far back the norms are drawn.
BACK = 40

_COLUMN = "(datum.s % per)"
_ROW = "floor(datum.s/per)"
_TOP = "(head + datum.cell*block)"
_TINT = alt.Opacity("tint:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.85]), legend=None)


def listening(letters: Data, looks: Data, curves: Data, ticks: Data, scale: Data) -> alt.LayerChart:
    """Two texts with their tints, and the norms against distance.

    letters: `cell, s, letter, untrained, trained`: for the letter read at s, tints from 0 to 1 packed
    over the letter that is written; −1 where it isn't read yet. looks: `cell, name, untrained,
    trained`: what is said of each written letter, split by "|"; `title, subtitle` of the norms.
    curves: `cell, state, seed, back, y`, seed −1 the median, y a share of the panel; `label, dy`: a
    name at a point. ticks: `y, words`. scale: `place, tint, words`, what a tint says.
    """
    layers = [*_texts(letters), *_said(looks), *_norms(curves, ticks), *_scale(scale)]
    layout = [
        parameter("t", f"{LETTER.now()} - 1"),
        parameter("state_now", TRAINED.now()),
        parameter("per", "wide ? 32 : 16"),
        parameter("tw", "wide ? 0.62*width : width"),
        parameter("cw", "tw/per"),
        parameter("ch", "wide ? 30*s : 27"),
        parameter("head", "wide ? 58*s : 54"),
        parameter("block", f"head + ceil({LETTERS}/per)*ch + 18*s"),
        parameter("x0", "wide ? tw + 66*s : 40"),
        parameter("x1", "width - 12"),
        parameter("y0", "wide ? head : 2*block + 70"),
        parameter("y1", "height - 26*s"),
        of_data("title", "looks"),
        of_data("subtitle", "looks"),
    ]
    return stage.stage(
        *layers,
        height=stage.by_width(700, 320, 510),
        parameters=[LETTER.selection(), TRAINED.selection(), *layout],
        many_marks=True,
    )


def _texts(letters: Data) -> list[Layer]:
    rows = stage.unpacked(alt.Chart(letters), "t", u="untrained", v="trained")
    rows = rows.transform_calculate(tint="state_now == 'trained' ? datum.v : datum.u")
    place = {"x": f"{_COLUMN}*cw", "y": f"{_TOP} + {_ROW}*ch"}
    place |= {"x2": f"{_COLUMN}*cw + cw", "y2": f"{_TOP} + {_ROW}*ch + ch"}
    text = rows.transform_calculate(hue="datum.s <= t ? ink : mid")
    return [
        placed(rows.transform_filter("datum.tint > 0.01"), "rect", **place,
               opacity=_TINT, color="gradient", stroke=None),
        placed(text, "text", x=f"{_COLUMN}*cw + cw/2", y=f"{_TOP} + {_ROW}*ch + ch/2",
               text=Own("letter"), color=Own("hue"), font="monospace", baseline="middle",
               fontSize="wide ? 17*s : 16"),
        placed(rows.transform_filter("datum.s == t"), "rect", **place, filled=False, stroke="ink",
               strokeWidth="2*s", cornerRadius=3),
    ]  # fmt: skip


def _scale(scale: Data) -> list[Layer]:
    """What the tints say, below both texts."""
    rows, step = alt.Chart(scale), 40
    left, top = f"120*s + {step}*s*datum.place", "2*block + 4*s"
    return [
        words("0", "2*block + 10*s", "'tint, of the strongest'", size=stage.TICK, baseline="middle"),
        placed(rows, "rect", x=left, x2=f"{left} + {step}*s", y=top, y2=f"{top} + 12*s",
               opacity=_TINT, color="gradient", stroke=None),
        placed(rows, "text", x=f"{left} + {step}*s/2", y=f"{top} + 22*s", text=Own("words"),
               fontSize=f"{stage.TICK}*s", color="dim"),
    ]  # fmt: skip


def _said(looks: Data) -> list[Layer]:
    """The name of each network, and how sure it is of the letter."""
    rows = alt.Chart(looks).transform_calculate(
        now="split(state_now == 'trained' ? datum.trained : datum.untrained, '|')[t]"
    )
    return [
        placed(rows, "text", x="0", y=f"{_TOP} - 30*s", text=Own("name"), align="left",
               fontSize="15*s", fontWeight=700, color="ink"),
        placed(rows, "text", x="0", y=f"{_TOP} - 10*s", text=Own("now"), align="left",
               fontSize="13*s", color="dim"),
    ]  # fmt: skip


def _norms(curves: Data, ticks: Data) -> list[Layer]:
    """Of all lines and seeds: the RNN solid, the LSTM dashed."""
    place = {"x": f"x1 - (datum.back - 1)/{BACK - 1}*(x1 - x0)", "y": "y1 - datum.y*(y1 - y0)"}
    rows = alt.Chart(curves).transform_filter("datum.state == state_now")
    dash = alt.StrokeDash("cell:N", legend=None, scale=alt.Scale(domain=[0, 1], range=[[], [6, 4]]))
    names = rows.transform_filter("datum.seed < 0 && datum.label != ''")
    # The longest name is as wide as that, and has to end inside.
    names = names.transform_calculate(
        x_=f"min({place['x']}, x1 - 80*s)", y_=f"{place['y']} + datum.dy*s"
    )
    grid = alt.Chart(ticks).transform_calculate(y_=place["y"])
    return [
        *stage.levels(grid, Own("y_"), "x0", "x1", "x0 - 8*s", "right"),
        *(
            placed(rows.transform_filter(f"datum.seed {seeds}"), "line", **place, color="gradient",
                   strokeWidth=f"{width}*s", opacity=opacity, strokeDash=dash,
                   detail=[alt.Detail("cell:N"), alt.Detail("seed:N")])
            for seeds, width, opacity in ((">= 0", 0.8, 0.45), ("< 0", 2.6, 1.0))
        ),
        *stage.haloed(names, x=Own("x_"), y=Own("y_"), text=Own("label"), align="left",
                      fontSize="13*s", fontWeight=600, color="ink"),
        words("x0", "y0 - 30*s", "title", size=stage.LABEL, colour="ink", weight=600),
        words("x0", "y0 - 10*s", "subtitle"),
        words("x1", "y1 + 18*s", "'1 letter back'", size=stage.TICK, align="right"),
        words("x0", "y1 + 18*s", f"'{BACK}'", size=stage.TICK),
    ]  # fmt: skip
