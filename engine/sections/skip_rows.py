"""Rows of the page on skips: sweeps in wide form, ends of axes, and words for every place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.charts import agreement, analogy, lesions, roads, skip_block
from engine.charts.plot import spread
from engine.charts.stage import Slider, packed, power_ticks
from engine.numerics import Array
from engine.residual.analogy import TwoRoads
from engine.residual.config import ResidualConfig
from engine.residual.decorrelation import published_law
from engine.residual.path_bands import BAND, PathSweep
from engine.residual.paths import path_counts
from engine.residual.scaled_skips import PAPER_UNITS
from engine.sections.skip_words import Said

#: Below this many powers of ten under the top an axis ends: what lies there is cut.
DEEPEST_AXIS = 400.0


@dataclass(frozen=True)
class Stacks:
    """Base-10 logarithms of the stack with a skip, (rows, skips), and of the gated one, (rows,).

    The plain stack is the one whose skip is the first, 0.
    """

    residual: Array
    gated: Array

    def at(self, place: int) -> tuple[Array, Array, Array]:
        """Plain, residual and gated at one of the skips."""
        return self.residual[:, 0], self.residual[:, place], self.gated

    def rows(self, along: str) -> pd.DataFrame:
        """One row a layer or rank, counted from 1: `plain, gated` and packed `residual`."""
        return pd.DataFrame(
            {
                along: np.arange(1, len(self.gated) + 1),
                "plain": self.residual[:, 0],
                "gated": self.gated,
                "residual": packed(self.residual),
            }
        )

    def ticks(self) -> pd.DataFrame:
        """Those of an axis for all three."""
        return axis_ticks([self.residual, self.gated])


#: Points of a curve beside both roads, at most.
ROAD_POINTS = 26


def own_skip(config: ResidualConfig) -> float:
    """The config's g, which on this page is one number."""
    if not isinstance(config.skip, (int, float)):
        raise ValueError(f"skip is {config.skip!r}; allowed is one number for all units")
    return float(config.skip)


def place_of(slider: Slider, value: float) -> int:
    """Which of the slider's values this is, or is next to."""
    return int(np.abs(slider.values() - value).argmin())


def everywhere(say: Callable[[int], Said], slider: Slider = skip_block.G) -> pd.DataFrame:
    """One row with what `say` says of every place of a slider."""
    said = [say(place) for place in range(len(slider.values()))]
    return pd.DataFrame(
        {name: ["|".join(getattr(one, name) for one in said)] for name in Said._fields}
    )


def in_one_line(said: Said) -> str:
    """The words of a picture as a caption."""
    return f"{said.headline} {said.sentence}.".replace("\n", " ")


def true(*sentences: str) -> tuple[str, ...]:
    """The sentences that hold here."""
    return tuple(sentence for sentence in sentences if sentence)


def by_skip(sweep: pd.DataFrame, field: str) -> Array:
    """A column of `skip_sweep` as (layers, skips)."""
    layers = sweep["layer"].nunique()
    return sweep[field].to_numpy().reshape(-1, layers).T


def relative_to_loss(log10_norms: Array) -> Array:
    """Rows by layer, relative to the last one."""
    return less(log10_norms, log10_norms[-1])


def relative_to_first(log10_norms: Array) -> Array:
    """Rows by layer, relative to the first one."""
    return less(log10_norms, log10_norms[0])


def less(log10_part: Array, log10_whole: Array) -> Array:
    """The logarithm of a ratio; of exactly zero nothing is left."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(log10_part), -np.inf, log10_part - log10_whole)


def log10_powers(bases: Array, exponents: Array) -> Array:
    """log10 of base^exponent, (exponents, bases); 0^0 is 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(exponents[:, None] == 0, 0.0, exponents[:, None] * np.log10(bases))


def axis_ticks(curves: Sequence[Array], at_least: float = -np.inf, most: float = 5) -> pd.DataFrame:
    """Ticks for all curves; what is exactly zero, or below `at_least`, is left out."""
    values = np.concatenate([np.ravel(curve) for curve in curves])
    values = values[np.isfinite(values)]
    high = float(values.max(initial=1))
    low = max(float(values.min(initial=-1)), at_least, high - DEEPEST_AXIS)
    return power_ticks(low, high, most)


def two_paths() -> pd.DataFrame:
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


def ends_of_roads(published: pd.DataFrame) -> pd.DataFrame:
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


def of_lengths(sweep: PathSweep) -> pd.DataFrame:
    """A row for each path length: `path_length, path_share, in_band` and packed `shares`."""
    lengths = np.arange(sweep.share.shape[1])
    return pd.DataFrame(
        {
            "path_length": lengths,
            "path_share": [count / 2 ** lengths[-1] for count in path_counts(int(lengths[-1]))],
            "in_band": (lengths >= BAND[0]) & (lengths <= BAND[1]),
            "shares": packed(sweep.share.T),
        }
    )


def of_two_roads(both: TwoRoads) -> dict[str, pd.DataFrame]:
    """`flow, curves, ends, ticks` of `engine.charts.analogy.analogy`."""
    names = [name for name, *_ in analogy.CURVES]
    back = np.arange(len(both.left["road"]))
    # A curve of nearly straight pieces: fewer points, and a frame takes less time.
    drawn = np.unique(np.linspace(0, len(back) - 1, ROAD_POINTS).round().astype(int))
    lowest = min(of[np.isfinite(of)].min() for of in both.without.values())
    ticks = axis_ticks(list(both.left.values()), at_least=float(lowest) - 1)
    low, high = float(ticks["value"].min()), float(ticks["value"].max())
    last = np.stack([both.left[name][-1] for name in names])
    flow = {str(name): of for name, of in both.flow.groupby("network")}
    nothing = np.full(len(back), np.nan)
    return {
        "flow": pd.DataFrame(
            {
                column: packed(np.stack([flow[name][column] for name in ("lstm", "resnet")]))
                for column in skip_block.COLUMNS
            }
        ),
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


def of_lesions(change: Array, gated: Array) -> dict[str, pd.DataFrame]:
    """`changes` and `medians` of `engine.charts.lesions.lesions`.

    change: relative changes, (layers, skips), the first skip 0. gated: (layers,).
    """
    with np.errstate(divide="ignore"):
        logs, of_gated = np.log10(change), np.log10(gated)
        middle = np.log10(np.median(change, axis=0))
        at = np.stack(
            [
                np.full(len(middle), middle[0]),
                np.full(len(middle), np.log10(np.median(gated))),
                middle,
            ]
        )
    names = ("plain", "gated", "residual")
    placed = spread(at, 0.4, lesions.LOW, lesions.HIGH)
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
            {"plain": at[0, :1], "gated": at[1, :1], "residual": packed(at[2:])}
            | {f"{name}_at": packed(placed[n : n + 1]) for n, name in enumerate(names)}
        ),
    }


def of_blocks(weights: Array, shared: Array, gates: pd.DataFrame) -> pd.DataFrame:
    """A row for each block: `layer, largest, shared, most, gate_mean, gate_low, gate_high`."""
    largest = np.linalg.norm(weights, ord=2, axis=(1, 2))
    one = float(np.linalg.norm(shared, ord=2))
    return pd.DataFrame(
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


@dataclass(frozen=True)
class Correlations:
    """Of `gradient_correlations`: by angle the curve over depths, and its spread at the end."""

    plain: dict[int, Array]
    residual: dict[int, Array]
    spread: dict[int, float]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Correlations":
        """The same as curves."""
        plain, residual = (
            {int(angle): one["correlation"].to_numpy() for angle, one in of.groupby("angle")}
            for of in (frame[frame["network"] == name] for name in ("plain", "residual"))
        )
        last = frame[frame["depth"] == frame["depth"].max()].groupby("angle")["spread"].max()
        return cls(plain, residual, {int(angle): float(of) for angle, of in last.items()})

    def at_end(self, angle: int) -> tuple[float, float, float]:
        """What is left at the deepest, without skips and with them, and the spread there."""
        return float(self.plain[angle][-1]), float(self.residual[angle][-1]), self.spread[angle]

    def frames(self) -> dict[str, pd.DataFrame]:
        """`curves, laws, ends` of `engine.charts.agreement.decorrelation`."""
        networks = {"plain": self.plain, "residual": self.residual}
        swept = {name: np.stack(list(of.values()), axis=1) for name, of in networks.items()}
        left = np.stack([of[-1] for of in swept.values()])
        depth = np.arange(float(len(swept["plain"])))
        placed = spread(left, 0.085, *agreement.PLOT_ENDS)
        return {
            "curves": pd.concat(
                pd.DataFrame({"network": name, "depth": depth, "correlations": packed(of)})
                for name, of in swept.items()
            ),
            "laws": pd.concat(
                pd.DataFrame(
                    {
                        "network": name,
                        "depth": depth[1:],
                        "correlation": published_law(name, depth[1:]),
                    }
                )
                for name in swept
            ),
            "ends": pd.DataFrame(
                {"deepest": depth[-1:]}
                | {name: packed(left[n : n + 1]) for n, name in enumerate(swept)}
                | {f"{name}_at": packed(placed[n : n + 1]) for n, name in enumerate(swept)}
            ),
        }
