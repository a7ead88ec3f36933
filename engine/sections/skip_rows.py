"""What the pictures of the page on skips are drawn from: sweeps in wide form, and words.

The rows hold every place of the hand in a picture, and what is said at each: `…_said`.
`stack` is a config without the hand's own value.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from engine.charts import analogy as both_roads
from engine.charts import lesions as lesions_chart
from engine.charts import roads
from engine.charts.agreement import ANGLE, PLOT_ENDS
from engine.charts.hands import Slider
from engine.charts.path_shares import WEIGHT_SCALE
from engine.charts.plot import spread
from engine.charts.skip_block import COLUMNS, G
from engine.charts.stage import packed, power_ticks
from engine.numerics import Array
from engine.recurrent.weights import draw_weights
from engine.residual.analogy import lstm_beside
from engine.residual.config import ResidualConfig
from engine.residual.decorrelation import DEPTH, published_law
from engine.residual.gradients import block_flow
from engine.residual.path_bands import BAND, PathSweep
from engine.residual.paths import path_counts
from engine.residual.scaled_skips import PAPER_UNITS
from engine.residual.weights import draw_stack
from engine.sections import paper_words as papers
from engine.sections import skip_sweeps as sweeps
from engine.sections import skip_words as say
from engine.sections.skip_sweeps import Stacks
from engine.sections.skip_words import Said

Frames = dict[str, pd.DataFrame]
#: Below this many powers of ten under the top an axis ends: what lies there is cut.
DEEPEST_AXIS = 400.0
#: Points of a curve beside both roads, at most.
ROAD_POINTS = 26


def place_of(slider: Slider, value: float) -> int:
    """Which of the slider's values this is, or is next to."""
    return int(np.abs(slider.values() - value).argmin())


def middle_block(stack: ResidualConfig) -> int:
    """The block that is drawn large."""
    return (stack.depth + 1) // 2


def block(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.skip_block.block`."""
    layers, middle = np.arange(1, stack.depth + 2), middle_block(stack)
    flow, (_, left) = block_flow(stack, G.values(), middle), sweeps.norms(stack)
    return {
        "flow": pd.DataFrame(
            {"layer": [middle]}
            | {column: packed(flow[[column]].to_numpy().T) for column in COLUMNS}
        ),
        "layers": pd.DataFrame(
            {
                "layer": layers,
                "plain": left[:, 0],
                "gradients": packed(left),
                "roads": packed(_road(stack.depth + 1 - layers)),
            }
        ),
        "ticks": _axis_ticks([left]),
        "said": _everywhere(partial(block_said, stack)),
    }


def block_said(stack: ResidualConfig, place: int) -> Said:
    """What of the gradient arrives at the input, at one place of the hand."""
    left, road = sweeps.norms(stack)[1][0, place], _road(stack.depth)[place]
    return say.block_said(float(G.values()[place]), left, road, stack.depth)


def analogy(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.analogy.analogy`."""
    both, names = sweeps.roads(stack), [name for name, *_ in both_roads.CURVES]
    back = np.arange(len(both.left["road"]))
    # A curve of nearly straight pieces: fewer points, and a frame takes less time.
    drawn = np.unique(np.linspace(0, len(back) - 1, ROAD_POINTS).round().astype(int))
    lowest = min(of[np.isfinite(of)].min() for of in both.without.values())
    ticks = _axis_ticks(list(both.left.values()), at_least=float(lowest) - 1)
    low, high = float(ticks["value"].min()), float(ticks["value"].max())
    last = np.stack([both.left[name][-1] for name in names])
    flow = {str(name): of for name, of in both.flow.groupby("network")}
    wide = {column: np.stack([flow[name][column] for name in ("lstm", "resnet")])
            for column in COLUMNS}  # fmt: skip
    nothing = np.full(len(back), np.nan)
    return {
        "flow": pd.DataFrame({column: packed(of) for column, of in wide.items()}),
        "curves": pd.concat(
            pd.DataFrame(
                {
                    "curve": name,
                    "back": back[drawn],
                    "without": both.without.get(name, nothing)[drawn],
                    "left": packed(both.left[name][drawn]),
                }
            )
            for name in names
        ),
        "ends": pd.DataFrame(
            {
                "curve": names,
                "back": back[-1],
                "at": packed(spread(last, 0.115 * (high - low), low, high)),
            }
        ),
        "ticks": ticks,
    }


def three_stacks(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.three_stacks.three_stacks`."""
    (_, along), spectra = sweeps.along_depth(stack), sweeps.spectra(stack)
    return {
        "layers": _of_stacks(along, "layer"),
        "values": _of_stacks(spectra, "rank"),
        "layer_ticks": _axis_ticks([along.residual, along.gated]),
        "value_ticks": _axis_ticks([spectra.residual, spectra.gated]),
        "said": _everywhere(partial(stacks_said, stack)),
    }


def stacks_said(stack: ResidualConfig, place: int) -> Said:
    """What three stacks leave of the gradient and of directions, at one place of the hand."""
    (_, along), spectra = sweeps.along_depth(stack), sweeps.spectra(stack)
    return say.stacks_said(float(G.values()[place]), along.at(place), spectra.at(place))


def paths(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.path_shares.paths`; the slider sets the weight scale."""
    share = sweeps.paths(stack).share
    lengths = np.arange(share.shape[1])
    of_lengths = pd.DataFrame(
        {
            "path_length": lengths,
            "path_share": [count / 2 ** lengths[-1] for count in path_counts(int(lengths[-1]))],
            "in_band": (lengths >= BAND[0]) & (lengths <= BAND[1]),
            "shares": packed(share.T),
        }
    )
    said = _everywhere(partial(band_said, stack), WEIGHT_SCALE)
    return {"lengths": of_lengths, "example": _two_paths(), "said": said}


def _two_paths() -> pd.DataFrame:
    """A short path and one of the most common length, over the blocks they take."""
    generator, rows = np.random.default_rng(5), []
    for path, (what, length) in enumerate((("a short path", 8), ("a typical path", 27))):
        taken = set(generator.choice(PAPER_UNITS, length, replace=False).tolist())
        words = f"{length} blocks, {PAPER_UNITS - length} skips"
        rows += [
            {"path": path, "caption": f"{what}: {words}", "short": words, "block": block,
             "taken": block in taken, "since": {block - 1, block} <= taken,
             "on": {block, block + 1} <= taken}
            for block in range(PAPER_UNITS)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def band_said(stack: ResidualConfig, place: int) -> Said:
    """What paths through 5 to 17 blocks carry, at one weight scale."""
    sweep = sweeps.paths(stack)
    band, cancelled = float(sweep.band()[place]), float(sweep.cancelled()[place])
    return papers.band_said(band, doubt(sweep, place, stack.width), cancelled)


def doubt(sweep: PathSweep, place: int, width: int) -> float:
    """How far another seed may put the share of the band."""
    low, high = BAND
    return papers.path_doubt(sweep.size[place, low : high + 1].tolist(), width)


def lesions(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.lesions.lesions`."""
    change, gated, _ = sweeps.lesions(stack)
    with np.errstate(divide="ignore"):
        logs, of_gated = np.log10(change), np.log10(gated)
        middle = np.log10(np.median(change, axis=0))
        plain, with_gates = middle[0], np.log10(np.median(gated))
    at = np.stack([np.full(len(middle), plain), np.full(len(middle), with_gates), middle])
    placed = spread(at, 0.4, lesions_chart.LOW, lesions_chart.HIGH)
    names = ("plain", "gated", "residual")
    return {
        "changes": pd.DataFrame(
            {
                "deleted_layer": np.arange(1, len(change) + 1),
                "plain": logs[:, 0],
                "gated": of_gated,
                "residual": packed(logs),
            }
        ),
        "medians": pd.DataFrame(
            {"plain": [plain], "gated": [with_gates], "residual": packed(at[2:])}
            | {f"{name}_at": packed(placed[n : n + 1]) for n, name in enumerate(names)}
        ),
        "said": _everywhere(partial(lesion_said, stack)),
    }


def lesion_said(stack: ResidualConfig, place: int) -> Said:
    """What deleting a block changes, at one place of the hand."""
    change, gated, _ = sweeps.lesions(stack)
    plain, here = np.median(change[:, [0, place]], axis=0)
    return say.lesion_said(float(G.values()[place]), plain, here, float(np.median(gated)))


def scaled_skips(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.roads.scaled_skips`; `stack` has 54 blocks."""
    back, (_, left) = np.arange(PAPER_UNITS + 1.0), sweeps.norms(stack)
    mine = {"units": back, "roads": packed(_road(back)), "gradients": packed(left[::-1])}
    return {
        "roads": sweeps.published().drop(columns="test_error"),
        "mine": pd.DataFrame(mine),
        "ends": _ends_of_roads(sweeps.published()),
        "said": _everywhere(partial(road_said, stack)),
    }


def _ends_of_roads(published: pd.DataFrame) -> pd.DataFrame:
    """Where each road ends, its error, and where its name stands."""
    ends = published[published["units"] == published["units"].max()].reset_index(drop=True)
    at = spread(ends["log10_road"].to_numpy()[:, None], 1.75, roads.LOW + 0.8, roads.HIGH)[:, 0]
    errors = ends["test_error"]
    written = [None if np.isnan(error) else f"{error:.2f} %" for error in errors]
    return ends.assign(
        label_at=at,
        log10_road=ends["log10_road"].clip(lower=roads.LOW),
        short=[name.removesuffix("olution") for name in ends["shortcut"]],
        error=errors.fillna(roads.LONGEST_ERROR),
        error_words=[text or "fails to converge" for text in written],
        error_short=[text or "fails" for text in written],
    ).drop(columns="test_error")


def road_said(stack: ResidualConfig, place: int) -> Said:
    """What the road leaves after 54 units, at one place of the hand."""
    left, road = sweeps.norms(stack)[1][0, place], _road(PAPER_UNITS)[place]
    return papers.road_said(float(G.values()[place]), road, left, PAPER_UNITS)


def decorrelation() -> Frames:
    """The frames of `engine.charts.agreement.decorrelation`; the slider sets the angle."""
    curves, _ = sweeps.correlations()
    swept = {name: curves[name].to_numpy() for name in ("plain", "residual")}
    left = np.stack([of[-1] for of in swept.values()])
    depth = np.arange(float(len(curves)))
    placed = spread(left, 0.085, *PLOT_ENDS)
    laws = {name: published_law(name, depth[1:]) for name in swept}
    return {
        "curves": pd.concat(
            pd.DataFrame({"network": name, "depth": depth, "correlations": packed(of)})
            for name, of in swept.items()
        ),
        "laws": pd.concat(
            pd.DataFrame({"network": name, "depth": depth[1:], "correlation": law})
            for name, law in laws.items()
        ),
        "ends": pd.DataFrame(
            {"deepest": depth[-1:]}
            | {name: packed(left[n : n + 1]) for n, name in enumerate(swept)}
            | {f"{name}_at": packed(placed[n : n + 1]) for n, name in enumerate(swept)}
        ),
        "said": _everywhere(agreement_said, ANGLE),
    }


def agreement_said(place: int) -> Said:
    """How alike the gradients at two inputs stay, at one angle between them."""
    angle, (curves, spreads) = int(ANGLE.values()[place]), sweeps.correlations()
    plain, residual = (float(curves[name][angle].iloc[-1]) for name in ("plain", "residual"))
    return papers.agreement_said(plain, residual, float(spreads[angle]), angle=angle, depth=DEPTH)


def where_it_ends(stack: ResidualConfig) -> Frames:
    """The frames of `engine.charts.where_it_ends.where_it_ends`."""
    (growth, _), gates = sweeps.along_depth(stack), sweeps.gates(stack)
    shared = draw_weights(replace(lstm_beside(stack, 1.0), cell="rnn", forced_forget=None)).w_h
    largest = np.linalg.norm(draw_stack(stack).weights, ord=2, axis=(1, 2))
    one = float(np.linalg.norm(shared, ord=2))
    blocks = pd.DataFrame(
        {
            "layer": gates["layer"],
            "largest": largest,
            "shared": one,
            "most": 1.15 * max(float(largest.max()), one, 1.0),
            "gate_mean": gates["mean"],
            "gate_low": gates["smallest"],
            "gate_high": gates["largest"],
        }
    )
    return {
        "blocks": blocks,
        "layers": _of_stacks(growth, "layer").rename(columns={"residual": "hidden"}),
        "ticks": _axis_ticks([growth.residual, growth.gated]),
        "said": _everywhere(partial(ends_said, stack)),
    }


def ends_said(stack: ResidualConfig, place: int) -> Said:
    """How far h_t grows, at one place of the hand."""
    (growth, _), gates = sweeps.along_depth(stack), sweeps.gates(stack)
    return say.ends_said(
        float(G.values()[place]), float(growth.residual[-1, place]), float(growth.gated[-1]),
        float(gates["smallest"].min()), float(gates["largest"].max()),
    )  # fmt: skip


def _everywhere(say_at: Callable[[int], Said], slider: Slider = G) -> pd.DataFrame:
    """One row with what is said at every place of a slider."""
    said = [say_at(place) for place in range(len(slider.values()))]
    parts = zip(Said._fields, zip(*said, strict=True), strict=True)
    return pd.DataFrame({name: ["|".join(texts)] for name, texts in parts})


def _of_stacks(stacks: Stacks, along: str) -> pd.DataFrame:
    """One row a layer or rank, counted from 1: `plain, gated` and packed `residual`."""
    return pd.DataFrame(
        {
            along: np.arange(1, len(stacks.gated) + 1),
            "plain": stacks.residual[:, 0],
            "gated": stacks.gated,
            "residual": packed(stacks.residual),
        }
    )


def _road(blocks: ArrayLike) -> Array:
    """log10 of g^blocks under every g, (…, skips); 0^0 is 1."""
    exponents = np.asarray(blocks)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(exponents == 0, 0.0, exponents * np.log10(G.values()))


def _axis_ticks(curves: Sequence[Array], at_least: float = -np.inf) -> pd.DataFrame:
    """Ticks for all curves; what is exactly zero, or below `at_least`, is left out."""
    values = np.concatenate(curves, axis=None)
    values = values[np.isfinite(values)]
    high = float(values.max(initial=1))
    low = max(float(values.min(initial=-1)), at_least, high - DEEPEST_AXIS)
    return power_ticks(low, high, most=5)
