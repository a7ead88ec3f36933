"""What the page on skips says of three papers' claims, as functions of the numbers.

He et al. (2016), Veit et al. (2016), Balduzzi et al. (2017). A claim that doesn't hold at these
numbers is another sentence, or "" for none.
"""

import math

import pandas as pd

from engine.in_words import decimal, rounded
from engine.numerics import Array
from engine.residual.path_bands import BAND, band_of_paths, product_model
from engine.residual.scaled_skips import PAPER_UNITS
from engine.sections.skip_words import Said, of_what, percent

#: Beyond these the share of a band is no share: its paths and others point against each other.
LEAST_SHARE, MOST_SHARE = -0.5, 1.5
#: A share that is smaller has no bar: half of a thousandth.
VISIBLE = 0.0005


def band_said(band: float, doubt: float, cancelled: float) -> Said:
    """What paths through 5 to 17 of 54 blocks carry.

    band: their share. doubt: how far another seed may put it, `path_doubt`. cancelled: how many
    times the whole all parts are together, 0 where ∂L/∂h_1 is exactly zero.
    """
    low, high = BAND
    few = f"{percent(band_of_paths())} of all 2⁵⁴ paths"
    lengths = f"paths through {low} to {high} of the {PAPER_UNITS} blocks"
    if cancelled == 0:
        return Said(
            "No gradient arrives",
            "every path carries exactly zero:\nthere is nothing to share out",
            "every path carries exactly zero",
        )
    if not LEAST_SHARE <= band <= MOST_SHARE:
        return Said(
            "The parts cancel",
            f"all of them add up to {rounded(cancelled)} times the whole:\nwhich share comes down "
            f"{lengths} says nothing",
            f"they add up to {rounded(cancelled)} times\nthe whole: a share of it says nothing",
        )
    if band > 1:
        return Said(
            f"{percent(band)} of the gradient",
            f"on {lengths}, {few}:\nmore than the whole, because others point against it",
            f"on {few}: more than\nthe whole, because others point against it",
        )
    if abs(band) < 2 * doubt:
        return Said(
            f"{percent(band)}, and unsteady",
            f"on {lengths}: parts add up to\n{rounded(cancelled)} times the whole and cancel, so "
            "another seed may differ a lot",
            f"on paths of {low} to {high} blocks; parts cancel,\nso another seed may differ a lot",
        )
    if band < 0:
        return Said(
            f"{percent(band)} of the gradient",
            f"on {lengths}:\ntogether they point against it",
            f"on paths of {low} to {high} blocks:\ntogether they point against it",
        )
    return Said(
        f"{percent(band)} of the gradient",
        f"comes down {lengths},\n{few}",
        f"on paths through {low} to {high} blocks:\n{few}",
    )


def path_doubt(sizes: list[float], width: int) -> float:
    """About how far a band's share moves from seed to seed.

    sizes: norms of its parts relative to the whole. Parts that stood at random to the whole, in
    `width` directions, would project on it by their sizes over √width.
    """
    return math.sqrt(sum(size**2 for size in sizes) / width)


def shorter_than_most(shares: list[float], doubt: float) -> str:
    """Whether the gradient comes down shorter paths than most of them are.

    shares: by path length, 0 to L. doubt: as in `band_said`, of the lengths below L/2.
    """
    depth = len(shares) - 1
    half = depth / 2
    below = sum(share for k, share in enumerate(shares) if k < half)
    if not any(shares):
        return ""
    most = f"Half of all paths go through {math.ceil(half)} blocks or more"
    if 0.5 + doubt < below <= 1 + doubt:
        share = "nearly all" if below > 0.99 else percent(below)
        return f"{most}; {share} of the gradient comes down shorter ones."
    if below < 0.5 - doubt and below >= -doubt:
        return f"{most}, and so does most of the gradient at these weights."
    return f"{most}. Parts cancel too much here to say whether the gradient does."


def model_in_words(shares: list[float], band: float, doubt: float) -> str:
    """The product model r^k·C(L, k) that has the gradient's own mean length, beside the band.

    shares: by path length. Nothing where the mean length is no mean, because shares cancel.
    """
    depth = len(shares) - 1
    mean_length = sum(k * share for k, share in enumerate(shares))
    if not 0 < mean_length < depth or not 2 * doubt <= band <= 1:
        return ""
    ratio = mean_length / (depth - mean_length)
    low, high = BAND
    model = float(product_model(ratio, depth)[low : high + 1].sum())
    return (
        f"A block that passed on exactly {ratio:.2f} of what it gets would give the same mean "
        f"length, {mean_length:.1f} blocks, and this band {percent(model)}; here it is "
        f"{percent(band)}. The paper's own case, nearly everything, is reached near a quarter."
    )


def shares_in_words(least: float, most: float, cancelled: float) -> str:
    """What a share is, where one points the other way or is more than the whole."""
    what = [
        *(["negative"] if least < -VISIBLE else []),
        *(["beyond 100 %"] if most > 1 + VISIBLE else []),
    ]
    if not what:
        return ""
    return (
        "A share is a part's projection on the whole gradient, and all of them sum to 100 %. Parts "
        f"cancel here, together they are {rounded(cancelled)} times the whole, so a share can be "
        f"{' or '.join(what)}."
    )


def road_said(skip: float, log10_road: float, log10_stack: float, units: int) -> Said:
    """What the road leaves after all units at the reader's g, and the stack with its weights."""
    through = f"with the weights, {of_what(log10_stack, 'it')} arrives"
    where = f"on a road of {units} blocks"
    return Said(
        f"g = {skip:g} leaves {of_what(log10_road, 'the gradient')}",
        f"{where}, as many as ResNet-110 has units; {through}",
        f"{where};\n{through}",
    )


def agreement_said(plain: float, residual: float, spread: float, *, angle: int, depth: int) -> Said:
    """How alike the gradients at two inputs are after all blocks. spread: over seeds, the larger."""
    where = (
        f"is the correlation of the gradients at two inputs {angle}° apart, after {depth} blocks"
    )
    short = f"correlation of gradients, {depth} blocks,\ninputs {angle}° apart"
    is_none = abs(plain) <= spread < residual - plain
    left = "nothing" if is_none else decimal(plain)
    return Said(f"{residual:.2f} with skips, {left} without", where, short)


def published_in_words(published: pd.DataFrame) -> str:
    """Whether the paper's errors go with what the roads leave.

    published: of `published_roads`; what failed counts as worse than every error.
    """
    ends = published[published["units"] == published["units"].max()]
    errors = ends["test_error"].fillna(math.inf)
    best, roads = ends.loc[errors.idxmin()], ends["log10_road"]
    if best["log10_road"] < roads.max():
        return ""
    others = ends[ends["shortcut"] != best["shortcut"]]
    least, most = (float(f(others["test_error"])) for f in (min, max))
    return (
        f"He et al. trained ResNet-110 with each of these skips: the {best['shortcut']} reached "
        f"{best['test_error']:.2f} %, the others {least:.2f} to {most:.2f} % or nothing. A gate "
        "that starts almost open loses little of the road and least of the accuracy; what a "
        "product of 54 factors takes away, the weights have to carry. Their errors are after "
        "training, the roads before it."
    )


def laws_in_words(plain: Array, residual: Array) -> str:
    """Correlations at right angles, over depths 0, 1, …, beside the paper's laws at two depths."""
    deep = len(plain) - 1
    shallow = min(3, deep)
    halved, root = 0.5**shallow, deep**-0.5
    return (
        f"The laws are meant for inputs at right angles: after {shallow} blocks 2⁻ᴸ is "
        f"{halved:.3f} and this stack without skips has {decimal(plain[shallow], 3)}, "
        f"{decimal(plain[shallow] / halved)} times that; after {deep} blocks 1/√L is {root:.2f} and "
        f"the one with skips has {decimal(residual[deep])}, {decimal(residual[deep] / root)} times "
        "that."
    )
