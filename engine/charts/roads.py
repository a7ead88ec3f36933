"""Roads of skips that multiply, over the units of a deep network (He et al. 2016)."""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.plot import Plot, headline, ticks
from engine.charts.skip_block import G
from engine.charts.stage import LABEL, Data, Layer, Own, expr, marks, parameter, raised, rule, words

LOW, HIGH = -18.0, 4.0
#: Beyond this an error failed to be one: a bar ends here.
LONGEST_ERROR = 20
PLOT = Plot("x0", "y0", "x1", "y1", (0, "last"), (LOW, HIGH))


def scaled_skips(roads: Data, mine: Data, ends: Data, said: Data) -> alt.LayerChart:
    """What the road leaves over the units, for the paper's shortcuts and for the reader's g.

    roads: `shortcut, units, log10_road`. mine: `units` and packed by g `road, measured`, base-10
    logarithms. ends: one row a shortcut, `shortcut, short, error, error_words, error_short,
    log10_road, label_at, units`. said: see `headline`.
    """
    moving = stage.unpacked(alt.Chart(mine), "place", road="roads", measured="gradients")
    names = alt.Chart(ends)
    parameters = [
        G.selection(),
        parameter("place", G.place()),
        stage.of_data("last", "ends", "units"),
        parameter("x0", "wide ? 12*s : 6"),
        parameter("x1", "width - (wide ? 400*s : 176)"),
        parameter("y0", "(wide ? 96 : 118)*s"),
        parameter("y1", "height - 34*s"),
        parameter("names", "x1 + 56*s"),
    ]
    layers = [
        *PLOT.levels(ticks({at: "1" if at == 0 else f"10{raised(at)}" for at in range(-16, 5, 4)})),
        PLOT.feet("last", "loss", "(wide ? ' units back' : '')", parts=3),
        PLOT.curve(alt.Chart(roads), "units", "log10_road", "mid", width=1.6, strokeDash=[5, 4],
                   detail=alt.Detail("shortcut:N")),
        *_errors(names),
        PLOT.curve(moving, "units", "measured", "gradient", width=2.6),
        PLOT.curve(moving, "units", "road", "road", width=3.4),
        *_names_of_mine(),
        *headline(said),
    ]  # fmt: skip
    height = "wide ? clamp(width * 0.42, 400, 760) : 470"
    return stage.stage(*layers, height=height, parameters=parameters)


def _errors(names: alt.Chart) -> list[Layer]:
    """Name and test error of each shortcut, with a line to the end of its road."""
    at = names.transform_calculate(
        name="wide ? datum.shortcut : datum.short",
        says="wide ? datum.error_words : datum.error_short",
    )
    up = {"y": PLOT.y("label_at")}
    ends = [expr("names - 4*s"), expr("width - 4*s")]
    error = alt.X("error:Q", axis=None, scale=alt.Scale(domain=[0, LONGEST_ERROR], range=ends))
    text = up | {"baseline": "middle", "fontSize": f"{stage.CAPTION}*s", "color": "ink"}
    return [
        marks(names, "rule", x="x1 + 42*s", x2="names - 8*s", y=PLOT.y("log10_road"),
              y2=Own("label_at"), color="mid", strokeWidth=1, opacity=0.6),
        marks(at, "rule", x=error, x2="names - 4*s", **up,
              tooltip=[alt.Tooltip("shortcut:N"), alt.Tooltip("error_words:N", title="test error")],
              color="mid", opacity=0.28, strokeWidth="20*s"),
        marks(at, "text", x="names + 2*s", text=Own("name"), align="left", **text),
        marks(at, "text", x="width - 6*s", text=Own("says"), align="right",
              fontWeight=600, **text),
        words("width - 6*s", "y0 - 14*s", "wide ? 'their test error on CIFAR-10' : 'test error'",
              align="right"),
    ]  # fmt: skip


def _names_of_mine() -> list[Layer]:
    """A key of two lines, where no road goes."""
    left, top = "x0 + 10*s", "y1 - 58*s"
    rows = [("road", "the road alone, gᵏ", 0), ("gradient", "∂L/∂h of this stack", 1)]
    drawn: list[Layer] = []
    for colour, text, n in rows:
        y = f"{top} + {n}*22*s"
        drawn += [
            rule(left, y, f"{left} + 26*s", y, colour=colour, width=3),
            words(f"{left} + 33*s", f"{y} + 1", f"'{text}'", colour=colour, size=LABEL, weight=600,
                  baseline="middle"),
        ]  # fmt: skip
    return drawn
