"""What the pictures of trained networks are drawn from: rows of what ships and of own trainings."""

from functools import cache

import numpy as np
import pandas as pd

from engine.charts.recall import LARGEST, LAST, LOSS_HIGH, LOSS_LOW
from engine.charts.stage import packed, power_ticks
from engine.frames import rows_where
from engine.in_words import lowered, part_of
from engine.numerics import Array
from engine.training.presets import RECALL
from engine.training.shipped import shipped, shipped_snapshots

Frames = dict[str, pd.DataFrame]
#: Points of a norm along time in a small panel.
NORM_POINTS = 50
#: A share of the inputs' variance above this is told to a tenth of a percent.
NEARLY_ALL = 0.995
#: Where along its curve each network of the recall picture has its name, of all steps.
NAMED_AT = (0.35, 0.75, 0.6)


@cache
def recall() -> Frames:
    """The frames of `engine.charts.recall.recall`, by name; nobody may change them."""
    snapshots = shipped_snapshots()
    parts: dict[str, list[pd.DataFrame]] = {
        "points": [], "norms": [], "looks": [], "losses": [], "names": []
    }  # fmt: skip
    for p, (name, (preset, network)) in enumerate(RECALL.items()):
        recalled = rows_where(snapshots["recalled"], run=name)
        answers = recalled.pivot_table(index="step", columns="sequence", values="prediction")
        inputs = recalled[recalled["step"] == 0]["target"].to_numpy()
        points = pd.DataFrame({"x": np.clip(inputs, -LARGEST, LARGEST)})
        points["ys"] = packed(np.clip(answers.to_numpy().T, -LARGEST, LARGEST))
        parts["points"].append(points.assign(p=p))
        heard = rows_where(snapshots["heard"], run=name)
        parts["norms"].append(_norms(heard).assign(p=p))
        parts["looks"].append(_looks(answers.to_numpy(), inputs, heard, name).assign(p=p))
        losses = median_and_seeds(rows_where(shipped(preset)["curves"], run=network), "train_loss")
        losses = losses[losses["step"] <= LAST].assign(p=p)
        parts["losses"].append(losses.rename(columns={"train_loss": "loss"}))
        median = losses[losses["seed"] < 0]
        at = median.iloc[(median["step"] - NAMED_AT[p] * LAST).abs().argmin()]
        parts["names"].append(
            pd.DataFrame([{"p": p, "name": name, "step": at["step"], "loss": at["train_loss"]}])
        )
    frames = {kind: pd.concat(frames, ignore_index=True) for kind, frames in parts.items()}
    frames["names"]["loss"] = frames["names"]["loss"].clip(LOSS_LOW, LOSS_HIGH)
    return frames


def explained(answers: Array, inputs: Array) -> Array:
    """The share of the inputs' variance that each row of answers explains, at least 0."""
    error = np.mean((answers - inputs) ** 2, axis=-1)
    return np.clip(1 - error / np.mean(inputs**2), 0, 1)


def median_and_seeds(
    frame: pd.DataFrame, column: str, x: str = "step", *, logs: bool = False
) -> pd.DataFrame:
    """`seed, x`, and the column's log₁₀: of each seed, and of their median as seed −1.

    A seed that has ended counts as larger than any number. logs: it is a logarithm already.
    """
    frame = frame[frame[column].notna()]
    if not len(frame):  # diverged before its first step, or beyond any number
        return frame[["seed", x, column]]
    table = frame.pivot_table(index=x, columns="seed", values=column)
    middle = np.median(table.fillna(np.inf).to_numpy(), axis=1)
    median = pd.DataFrame({"seed": -1, x: table.index, column: middle})
    both = pd.concat([frame[["seed", x, column]], median], ignore_index=True)
    if not logs:
        both = both[both[column] > 0]
        both = both.assign(**{column: np.log10(both[column])})
    return both[np.isfinite(both[column])]


def _norms(heard: pd.DataFrame) -> pd.DataFrame:
    """Both norms along time, packed over the snapshots."""
    gradient, sensitivity = (
        heard.pivot_table(index="step", columns="timestep", values=column).to_numpy()
        for column in ("log10_grad_hidden_norm", "sensitivity")
    )
    timesteps = gradient.shape[1]
    shown = np.unique(
        np.linspace(0, timesteps - 1, min(timesteps, NORM_POINTS)).round().astype(int)
    )
    beside_last = gradient - gradient[:, -1:]
    with np.errstate(divide="ignore"):
        moved = np.log10(sensitivity)
    return pd.DataFrame(
        {
            "t": shown / max(timesteps - 1, 1),
            "gs": packed(beside_last[:, shown].T),
            "ss": packed(np.maximum(moved, -99)[:, shown].T),
            "first": beside_last[0, shown],
        }
    )


def _looks(answers: Array, inputs: Array, heard: pd.DataFrame, name: str) -> pd.DataFrame:
    """What the headings say at every snapshot."""
    gradient = heard.pivot_table(
        index="step", columns="timestep", values="log10_grad_hidden_norm"
    ).to_numpy()
    ratio, timesteps = gradient[:, 0] - gradient[:, -1], gradient.shape[1]
    known = [
        f"recalls {share:.1%}" if share > NEARLY_ALL else f"recalls {share:.0%}"
        for share in explained(answers, inputs)
    ]
    return pd.DataFrame(
        {
            "name": [name],
            "known": ["|".join(known)],
            "hears": ["|".join(part_of(one) for one in ratio)],
            "hears_title": ["h₁ hears"],
            "first_name": ["h₁"],
            "last_name": [f"h{lowered(timesteps)}"],
        }
    )


def axis(row: int, values: Array) -> tuple[float, float, pd.DataFrame]:
    """Low and high end of a row's axis of logarithms, and its ticks: `row, y, words`."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if len(finite) else (-1.0, 0.0)
    margin = 0.05 * max(high - low, 0.5)
    low, high = low - margin, high + margin
    ticks = power_ticks(low, high, most=5)
    ticks = ticks[(ticks["value"] >= low) & (ticks["value"] <= high)]
    if len(ticks) < 2:  # less than a power of ten: both ends as they are
        ends = np.array([low + margin, high - margin])
        ticks = pd.DataFrame({"value": ends, "words": [f"{10**end:.2g}" for end in ends]})
    shown = pd.DataFrame({"y": (ticks["value"] - low) / (high - low), "words": ticks["words"]})
    return low, high, shown.assign(row=row)


def curves(
    frame: pd.DataFrame, p: int, row: int, x: str, y: str, reach: tuple[float, float],
    scale: tuple[float, float], ink: str,
) -> pd.DataFrame:  # fmt: skip
    """Thin lines of the seeds and the bold median as `by_network` draws them.

    frame: `seed` (−1 the median) and the columns x and y. reach, scale: the ends of both axes. A
    line of a single point is drawn as one.
    """
    span = max(reach[1] - reach[0], 1e-9)
    found = pd.DataFrame(
        {
            "x": (frame[x] - reach[0]) / span if reach[1] > reach[0] else 1.0,
            "y": ((frame[y] - scale[0]) / (scale[1] - scale[0])).clip(0, 1),
            "line": ink + " " + frame["seed"].astype(str),
            "faint": (frame["seed"] >= 0) & bool((frame["seed"] < 0).any()),
        }
    )
    found["alone"] = found.groupby("line")["line"].transform("size") == 1
    found["width"] = np.where(found["faint"], 0.9, 2.6)
    return found.assign(p=p, row=row, ink=ink)
