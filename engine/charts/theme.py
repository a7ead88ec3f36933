"""One look for every chart: a colour for each quantity, log axes people can read, common sizes."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import altair as alt
import pandas as pd

from engine.extended_range import LOG10_LARGEST, LOG10_SMALLEST

#: A frame in a notebook; on a page the name under which the rows arrive.
ChartData: TypeAlias = pd.DataFrame | alt.NamedData
AnyChart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart

#: Each quantity keeps its colour through the whole lecture. Every colour has a contrast of at
#: least 3 on white and on the dark theme's background, and no two of those that meet in a chart
#: are confused with a colour-vision deficiency (tests/engine/charts/test_theme.py).
COLOURS = {
    "gradient": "#D55E00",
    "hidden state": "#1F83C6",
    "cell state": "#00916A",
    "cell gradient": "#7A5AF8",
    "direct path": "#A65FC4",
    "through h": "#B58900",
    "theory": "#808080",
    "pinned": "#808080",
    "kept": "#1F83C6",
    "pruned": "#808080",
    "greedy": "#9932FF",
    "optimum": "#D55E00",
}

#: Short symbols for legends and tooltips; the words stand in axis titles and alt texts.
SYMBOLS = {
    "gradient": "‖∂L/∂hₜ‖ gradient",
    "cell gradient": "‖∂L/∂Cₜ‖ gradient",
    "hidden state": "‖hₜ‖ hidden state",
    "cell state": "‖Cₜ‖ cell state",
}

HEIGHT = 340
#: For charts of thousands of cells: as SVG each is an element of the page, and six heatmaps took a
#: browser half a second to draw.
MANY_CELLS: Final = {"embedOptions": {"renderer": "canvas"}}
#: Sequential scheme for heatmaps: even steps of lightness, readable without colour.
HEATMAP_SCHEME: Final = "viridis"

_SUPERSCRIPT_DIGITS = dict(zip("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))


def _superscript(expression: str) -> str:
    """A Vega expression that turns the digits of an integer into superscripts."""
    for digit, raised in _SUPERSCRIPT_DIGITS.items():
        expression = f"replace({expression}, regexp('{digit}', 'g'), '{raised}')"
    return expression


#: Axis label of a decimal exponent: 10⁻⁵, not 1e-5 beside 100,000; between powers, the number.
POWER_LABEL = (
    "datum.value == 0 ? '1' : datum.value != round(datum.value) ? "
    "format(pow(10, datum.value), '.2~r') : "
    f"'10' + {_superscript('toString(datum.value)')}"
)


def value_text(field: str) -> str:
    """A Vega expression that writes out the number whose log10 is in `field`, of any size."""
    log = f"datum['{field}']"
    exponent = f"floor({log})"
    raised = _superscript(f"toString({exponent})")
    return (
        f"!isFinite({log}) ? '0, exactly' : "
        f"({log} >= -2 && {log} < 4) ? format(pow(10, {log}), '.3~g') : "
        f"format(pow(10, {log} - {exponent}), '.2f') + '×10' + {raised}"
    )


def log_axis(title: str, **options: Any) -> alt.Axis:
    """An axis for a column of base-10 logarithms, labelled with the powers themselves."""
    return alt.Axis(title=title, labelExpr=POWER_LABEL, tickCount=6, **options)


def timestep_axis(title: str = "timestep t") -> alt.Axis:
    """The horizontal axis of everything that runs along time."""
    # With few steps Vega puts ticks between them; only whole numbers get a label.
    whole = "datum.value == floor(datum.value) ? datum.label : ''"
    return alt.Axis(title=title, tickMinStep=1, grid=False, format="d", labelExpr=whole)


def small_title(text: str) -> alt.TitleParams:
    """The heading of one of several stacked plots."""
    return alt.TitleParams(text, anchor="start", fontSize=13, fontWeight="normal", offset=4)


def colour_scale(*quantities: str, labels: dict[str, str] | None = None) -> alt.Scale:
    """A scale that gives each of `quantities` its colour, under its label where it has one."""
    names = labels or SYMBOLS
    return alt.Scale(
        domain=[names.get(quantity, quantity) for quantity in quantities],
        range=[COLOURS[quantity] for quantity in quantities],
    )


#: On a phone the entries of a legend stand below each other; a wider chart takes them side by side.
STACKED_ON_PHONES: Final = alt.ExprRef("width < 480 ? 1 : 0")
#: What an entry of a legend takes, rather too much than too little: its line and gap, and a letter.
PIXELS_OF_A_SYMBOL, PIXELS_OF_A_LETTER = 46, 7


def in_rows_that_fit(names: Sequence[str]) -> alt.ExprRef:
    """Columns of a legend of `names`: one on a phone, two where they are too long for one row."""
    row = sum(PIXELS_OF_A_SYMBOL + PIXELS_OF_A_LETTER * len(name) for name in names)
    return alt.ExprRef(f"width < 480 ? 1 : width < {row:.0f} ? 2 : 0")


def top_legend(**options: Any) -> alt.Legend:
    """A legend above the chart, where a phone has room for it."""
    options = {"columns": STACKED_ON_PHONES, "labelLimit": 320, "offset": 4, **options}
    return alt.Legend(title=None, orient="top", direction="horizontal", **options)


def heat_legend(title: str, **options: Any) -> alt.Legend:
    """The colours of a heat map at a few of its values.

    No gradient: Vega paints one by way of the page's whole address, and loses it when the address
    has a bracket in it or changes, as it does with every control here.
    """
    options = {
        "symbolType": "square",
        "symbolSize": 200,
        "tickCount": 5,
        "titleLimit": 300,
        **options,
    }
    return alt.Legend(title=title, orient="top", direction="horizontal", type="symbol", **options)


def float64_limits(data: ChartData, field: str) -> AnyChart:
    """Rules where float64 ends, drawn only when values lie beyond: results, not faults."""
    rules = []
    for status, limit, words in (
        ("underflow", LOG10_SMALLEST, "float64 ends here: below, a plain program prints 0"),
        ("overflow", LOG10_LARGEST, "float64 ends here: above, a plain program prints inf"),
    ):
        beyond = f"datum.{field} < {limit} && isFinite(datum.{field})"
        if status == "overflow":
            beyond = f"datum.{field} > {limit} && isFinite(datum.{field})"
        base = (
            alt.Chart(data)
            .transform_filter(beyond)
            .transform_aggregate(count="count()")
            .transform_filter("datum.count > 0")
            .transform_calculate(limit=str(limit), words=f"'{words}'")
        )
        rules.append(base.mark_rule(strokeDash=[2, 3], color=COLOURS["theory"]).encode(y="limit:Q"))
        rules.append(
            base.mark_text(align="left", dy=-6, color=COLOURS["theory"]).encode(
                x=alt.value(8), y="limit:Q", text="words:N"
            )
        )
    return alt.layer(*rules)


def exact_zeros(data: ChartData, field: str) -> AnyChart:
    """Crosses at the foot of the chart where the norm is exactly zero: no small number at all."""
    zero = f"isNumber(datum.{field}) && !isFinite(datum.{field}) && datum.{field} < 0"
    rows = alt.Chart(data).transform_filter(zero)
    crosses = (
        rows.transform_calculate(what="'exactly 0'")
        .mark_point(shape="cross", angle=45, size=70, filled=True, opacity=1)
        .encode(
            x=alt.X("timestep:Q"),
            y=alt.value(alt.expr("height - 7")),
            color=alt.value(COLOURS["theory"]),
            tooltip=[alt.Tooltip("timestep:Q", title="t"), alt.Tooltip("what:N", title="norm")],
        )
    )
    words = (
        rows.transform_aggregate(count="count()")
        .transform_filter("datum.count > 0")
        .transform_calculate(words="'✕ exactly zero, not merely small'")
        .mark_text(align="right", color=COLOURS["theory"])
        .encode(
            x=alt.value(alt.expr("width - 8")), y=alt.value(alt.expr("height - 22")), text="words:N"
        )
    )
    return alt.layer(crosses, words)


def log_layer(
    data: ChartData,
    field: str,
    what: str,
    *,
    x: str = "timestep",
    x_title: str = "timestep t",
    title: str = "Euclidean norm (log scale)",
) -> alt.Chart:
    """What every curve of base-10 logarithms has in common: axes, tooltip, finite rows only."""
    return (
        alt.Chart(data)
        .transform_filter(f"isFinite(datum.{field})")
        .transform_calculate(value=value_text(field), what=f"'{what}'")
        .encode(
            x=alt.X(f"{x}:Q", axis=timestep_axis(x_title), scale=alt.Scale(nice=False)),
            y=alt.Y(f"{field}:Q", axis=log_axis(title)),
            tooltip=[
                alt.Tooltip("what:N", title="what"),
                alt.Tooltip(f"{x}:Q", title=x[0]),
                alt.Tooltip("value:N", title="value"),
            ],
        )
    )
