"""Where the paths are and where the gradient is: lengths of 2^54 paths (Veit et al. 2016)."""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Slider
from engine.charts.plot import Plot, headline
from engine.charts.stage import LABEL, TICK, Data, Layer, Own, marks, parameter, rule, words

WEIGHT_SCALE = Slider("paths_weight_scale", "weight scale", 0, 3, 0.1, 1)
#: Both histograms have this scale: a share of the whole. What goes beyond is cut and labelled.
MOST = 0.3
#: Less than this has no bar: it would be a line on the axis.
LEAST = 0.0006
BLOCKS = 54
UP = Plot("x0", "zero - up", "x1", "zero", (-0.5, BLOCKS + 0.5), (0, MOST))
DOWN = Plot("x0", "below", "x1", "below + down", (-0.5, BLOCKS + 0.5), (0.12, 0))


def paths(lengths: Data, example: Data, said: Data) -> alt.LayerChart:
    """Shares of the gradient by path length, above how many of the paths are so long.

    lengths: `path_length, path_share, in_band` and packed by weight scale `shares`. example: two
    paths, `path, caption, short, block, taken`, and `since`, `on`: taken together with the block
    before or after. said: see `headline`.
    """
    now = stage.unpacked(alt.Chart(lengths), "place", v="shares")
    parameters = [
        WEIGHT_SCALE.selection(),
        parameter("place", WEIGHT_SCALE.place()),
        parameter("x0", "wide ? 8*s : 4"),
        parameter("x1", "width - x0"),
        parameter("up", "wide ? 290*s : 200"),
        parameter("down", "0.4*up"),
        parameter("zero", "up + (wide ? 12*s : 104)"),
        parameter("below", "zero + 24*s"),
        parameter("bar", "(x1 - x0)/55"),
        parameter("beside", UP.at_x(18.2)),
    ]
    layers = [
        _band(lengths),
        *_gradient_bars(now),
        *_path_bars(lengths),
        *_axis(),
        *_examples(example),
        *headline(said, left="wide ? beside : x0", top="wide ? 10*s : 4"),
    ]
    return stage.stage(*layers, height="below + down + 8*s", parameters=parameters)


def _band(lengths: Data) -> alt.Chart:
    """The paper's lengths, from the first row to the last that is in the band."""
    rows = (
        alt.Chart(lengths)
        .transform_filter("datum.in_band")
        .transform_aggregate(low="min(path_length)", high="max(path_length)")
        .transform_calculate(left="datum.low - 0.5", right="datum.high + 0.5")
    )
    return marks(rows, "rect", x=UP.x("left"), x2=Own("right"), y="zero - up - 8*s",
                 y2="below + down + 4*s", color="ink", opacity=0.06)  # fmt: skip


def _gradient_bars(now: alt.Chart) -> list[Layer]:
    """Filled where a length carries with the whole, only outlined where it points against it."""
    rows = now.transform_calculate(tall=f"min(abs(datum.v), {MOST})", foot="0")
    place: dict[str, Any] = {"x": UP.x("path_length"), "y": UP.y("tall"), "color": "gradient"}
    bar = place | {"y2": Own("foot")}
    tooltip = stage.tips(
        ("path_length:Q", "blocks on the path"),
        ("v:Q", "share of the gradient", ".2%"),
        ("path_share:Q", "share of the paths", ".2%"),
    )
    beyond = now.transform_filter(f"abs(datum.v) > {MOST}").transform_calculate(
        label="format(datum.v, '.0%')", tall=str(MOST)
    )
    opacity = alt.Opacity(
        "in_band:N", scale=alt.Scale(domain=[False, True], range=[0.45, 1]), legend=None
    )
    return [
        marks(rows.transform_filter(f"datum.v > {LEAST}"), "bar", **bar, tooltip=tooltip,
              opacity=opacity, width="0.76*bar", cornerRadiusEnd=2),
        marks(rows.transform_filter(f"datum.v < -{LEAST}"), "bar", **bar, tooltip=tooltip,
              fillOpacity=0, stroke="gradient", strokeDash=[2, 2], width="0.7*bar",
              strokeWidth=1.2),
        marks(beyond, "text", **place, text=Own("label"), dy=-7, fontSize=f"{TICK}*s",
              fontWeight=600),
        words("beside", "zero - 9*s", "wide ? 'where the gradient is' + "
              "'   (outlined: it points against the whole)' : 'where the gradient is'",
              colour="gradient", size=LABEL, weight=600, halo=True),
    ]  # fmt: skip


def _path_bars(lengths: Data) -> list[Layer]:
    rows = alt.Chart(lengths).transform_calculate(foot="0")
    return [
        marks(rows, "bar", x=DOWN.x("path_length"), y=DOWN.y("path_share"), y2=Own("foot"),
              color="mid", width="0.76*bar"),
        words(UP.at_x(36.5), "below + 0.62*down",
              "wide ? 'where the paths are: most pass 27 blocks' : 'where the paths are'", size=LABEL),
    ]  # fmt: skip


def _axis() -> list[Layer]:
    marked = [{"at": k, "words": str(k)} for k in (0, 5, 10, 17, 27, 40, BLOCKS)]
    return [
        rule("x0", "zero", "x1", "zero", colour="mid"),
        rule("x0", "below", "x1", "below", colour="mid"),
        marks(alt.InlineData(values=marked), "text", x=UP.x("at"), y="(zero + below)/2",
              text=Own("words"), baseline="middle", color="dim", fontSize=f"{TICK}*s"),
        words(UP.at_x(47), "(zero + below)/2", "'blocks on the path'", size=TICK, align="center",
              baseline="middle", where="wide"),
    ]  # fmt: skip


def _examples(example: Data) -> list[Layer]:
    """Two of the paths over the stack: level along the skips, dipping into the blocks they take."""
    top, gap = "(wide ? 142*s : zero - up + 44)", "(wide ? 74*s : 62)"
    step, tall = f"((x1 - beside)/{BLOCKS})", "(wide ? 16*s : 12)"
    rows = alt.Chart(example).transform_calculate(
        left=f"beside + datum.block*{step}",
        road=f"{top} + datum.path*{gap}",
    )
    blocks = rows.transform_calculate(
        a=f"datum.left + 0.2*{step}", b=f"datum.left + 0.8*{step}",
        c=f"datum.road + 0.4*{tall}", d=f"datum.road + 1.4*{tall}", ink_="datum.taken ? weights : mid",
    )  # fmt: skip
    line = rows.transform_calculate(number="sequence(4)").transform_flatten(["number"])
    line = line.transform_calculate(
        at=f"datum.left + [0, 0.1, 0.9, 1][datum.number]*{step}",
        down=f"datum.road + "
        f"([datum.since, datum.taken, datum.taken, datum.on][datum.number] ? {tall} : 0)",
        order="datum.block*4 + datum.number",
    )
    names = alt.Chart(example).transform_filter("datum.block == 0").transform_calculate(
        words="wide ? datum.caption : datum.short", road=f"{top} + datum.path*{gap} - 7*s"
    )  # fmt: skip
    paler = alt.Scale(domain=[False, True], range=[0.35, 1])
    return [
        marks(blocks, "rect", x=Own("a"), x2=Own("b"), y=Own("c"), y2=Own("d"), color=Own("ink_"),
              fillOpacity=alt.FillOpacity("taken:N", scale=paler, legend=None), cornerRadius=1,
              opacity=1),
        marks(line, "line", x=Own("at"), y=Own("down"), detail=alt.Detail("path:N"),
              order=alt.Order("order:Q"), color="road", strokeWidth="2*s", strokeJoin="round"),
        marks(names, "text", x="beside", y=Own("road"), text=Own("words"), align="left",
              color="dim", fontSize=f"{stage.CAPTION}*s"),
    ]  # fmt: skip
