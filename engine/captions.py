"""What a chart shows, in one sentence made from its rows: for those who can't see its curves.

Every function takes the rows that the chart draws and returns a sentence. Logarithms are base 10,
as in the rows; a curve that is exactly zero somewhere says 0 there.
"""

import pandas as pd

from engine.extended_range import scientific, written


def curves_at(
    rows: pd.DataFrame,
    field: str,
    by: str,
    *,
    along: str = "timestep",
    where: str = "t",
    last: bool = False,
    is_log10: bool = True,
) -> str:
    """How high each curve is at its first row along the axis, or at its last.

    rows: one curve for each value of `by`, in the order in which they first appear. where: what
    the axis is called. Curves of different lengths each name their own end.
    """
    heights: dict[float, list[str]] = {}
    for name, curve in rows.groupby(by, sort=False):
        end = curve.loc[curve[along].idxmax() if last else curve[along].idxmin()]
        text = scientific(float(end[field])) if is_log10 else written(float(end[field]))
        heights.setdefault(float(end[along]), []).append(f"{name}: {text}")
    return " ".join(f"At {where} = {at:g}, {'; '.join(texts)}." for at, texts in heights.items())


def ends(rows: pd.DataFrame, field: str, what: str, *, along: str = "timestep") -> str:
    """One curve of logarithms at both its ends, whatever the order of its rows."""
    if rows.empty:
        return f"{what}: nothing to show."
    first, last = (rows.loc[pick] for pick in (rows[along].idxmin(), rows[along].idxmax()))
    return (
        f"{what}: {scientific(float(first[field]))} at {first[along]:g}, "
        f"{scientific(float(last[field]))} at {last[along]:g}."
    )


def averages(rows: pd.DataFrame, field: str, by: str, *, median: bool = False) -> str:
    """The mean of each curve over all its rows, or its median."""
    groups = rows.groupby(by, sort=False)[field]
    values = groups.median() if median else groups.mean()
    texts = [f"{name}: {written(float(value))}" for name, value in values.items()]
    return f"{'Median' if median else 'Mean'} of {'; of '.join(texts)}."


def extents(rows: pd.DataFrame, field: str, by: str) -> str:
    """Between which values each of several quantities lies."""
    texts = [
        f"the {name} from {values.min():.3g} to {values.max():.3g}"
        for name, values in rows.groupby(by, sort=False)[field]
    ]
    text = f"{', '.join(texts)}."
    return text[0].upper() + text[1:]


def peak(rows: pd.DataFrame, field: str, at: str, what: str, where: str) -> str:
    """Where a curve of logarithms is highest. what: the curve; where: its axis."""
    highest = rows.loc[rows[field].idxmax()]
    return f"{what} is largest at {where} = {highest[at]:g}: {scientific(float(highest[field]))}."


def eigenvalues(rows: pd.DataFrame) -> str:
    """How many eigenvalues lie outside the unit circle. rows: `magnitude`."""
    outside = int((rows["magnitude"] > 1).sum())
    return (
        f"{outside} of {len(rows)} eigenvalues lie outside the unit circle; the largest "
        f"magnitude is {rows['magnitude'].max():.3g}."
    )


def last_loss(matrix: pd.DataFrame) -> str:
    """What the last loss sends to its own timestep and to the first.

    matrix: `loss_timestep, timestep, log10_grad_hidden_norm`.
    """
    last = matrix[matrix["loss_timestep"] == matrix["loss_timestep"].max()]
    return ends(last, "log10_grad_hidden_norm", "What the last loss sends back, by timestep")


def largest_share(shares: pd.DataFrame) -> str:
    """Which losses the gradient at the first timestep comes from.

    shares: `timestep, distance, share`.
    """
    first = shares[shares["timestep"] == shares["timestep"].min()]
    largest = first.loc[first["share"].idxmax()]
    return (
        f"At t = {largest['timestep']:g} the largest share of the gradient is from "
        f"{largest['distance']}: {largest['share']:.0%}."
    )


def errors(points: pd.DataFrame, truth: str = "truth") -> str:
    """How far each run's predictions are from the truth. points: `sequence, timestep, value, run`."""
    table = points.pivot_table("value", ["sequence", "timestep"], "run", sort=False)
    distance = table.drop(columns=truth).sub(table[truth], axis=0).abs().mean()
    texts = [f"{name}: {written(float(value))}" for name, value in distance.items()]
    return f"Mean distance from the truth of {'; of '.join(texts)}."
