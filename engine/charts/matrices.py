"""Charts of the recurrent matrix itself: its eigenvalues and the growth of its powers."""

import altair as alt

from engine.charts.theme import (
    COLOURS,
    HEIGHT,
    AnyChart,
    ChartData,
    log_layer,
    top_legend,
)


def eigenvalue_plane(eigenvalues: ChartData, *, size: int = 240) -> AnyChart:
    """The eigenvalues of W_h in the complex plane with the unit circle.

    Data: `real, imaginary, magnitude`. What lies outside the circle can grow without end.
    """
    limit = "max(1.15, 1.1 * datum.largest)"
    bound = (
        alt.Chart(eigenvalues)
        .transform_aggregate(largest="max(magnitude)")
        .transform_calculate(reach=limit, back=f"-({limit})")
    )
    x_axis = alt.Axis(title="real part of λ", tickCount=5, format=".2~f")
    y_axis = alt.Axis(title="imaginary part of λ", tickCount=5, format=".2~f")
    # Invisible corners keep both axes on one scale, so that the unit circle is a circle.
    corners = [
        bound.mark_point(opacity=0).encode(
            x=alt.X(f"{name}:Q", axis=x_axis), y=alt.Y(f"{name}:Q", axis=y_axis)
        )
        for name in ("reach", "back")
    ]
    circle = (
        alt.Chart(alt.sequence(0, 361, 4, as_="degree"))
        .transform_calculate(x="cos(datum.degree * PI / 180)", y="sin(datum.degree * PI / 180)")
        .mark_line(strokeDash=[5, 4], color=COLOURS["theory"])
        .encode(x="x:Q", y="y:Q", order="degree:Q")
    )
    points = (
        alt.Chart(eigenvalues)
        .transform_calculate(where="datum.magnitude > 1 ? 'outside' : 'inside or on'")
        .mark_point(size=60, filled=True, opacity=0.85)
        .encode(
            x=alt.X("real:Q", axis=x_axis),
            y=alt.Y("imaginary:Q", axis=y_axis),
            color=alt.Color(
                "where:N",
                legend=top_legend(),
                scale=alt.Scale(
                    domain=["inside or on", "outside"],
                    range=[COLOURS["hidden state"], COLOURS["gradient"]],
                ),
            ),
            shape=alt.Shape(
                "where:N",
                legend=top_legend(),
                scale=alt.Scale(domain=["inside or on", "outside"], range=["circle", "diamond"]),
            ),
            tooltip=[
                alt.Tooltip("real:Q", format=".3f"),
                alt.Tooltip("imaginary:Q", format=".3f"),
                alt.Tooltip("magnitude:Q", title="|λ|", format=".4f"),
            ],
        )
    )
    return alt.layer(*corners, circle, points).properties(
        width=size, height=size, autosize=alt.AutoSizeParams(type="pad")
    )


def power_growth(powers: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """‖W_h^n‖ between what the largest eigenvalue and the largest singular value promise.

    Data: `power, log10_norm, log10_eigenvalue, log10_singular`.
    """
    names = ["‖Wₕⁿ‖ measured", "ρⁿ, largest |eigenvalue|", "σₘₐₓⁿ, largest singular value"]
    colour = alt.Color(
        "what:N",
        legend=top_legend(),
        scale=alt.Scale(
            domain=names, range=[COLOURS["gradient"], COLOURS["theory"], COLOURS["direct path"]]
        ),
    )
    fields = ("log10_norm", "log10_eigenvalue", "log10_singular")
    dashes: tuple[list[float], ...] = ([1, 0], [6, 4], [2, 3])
    layers = [
        log_layer(powers, field, name, x="power", x_title="power n: steps back in time")
        .mark_line(strokeWidth=2.5, strokeDash=dash)
        .encode(color=colour)
        for field, name, dash in zip(fields, names, dashes, strict=True)
    ]
    return alt.layer(*layers).properties(height=height)
