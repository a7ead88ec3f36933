"""Does the gradient story matter for learning? What each section of the page shows.

A comparison is a preset's name, whose runs ship from eight seeds, or networks of one's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from engine.charts.by_network import by_network
from engine.charts.recall import EVERY, LAST, STEP
from engine.charts.recall import recall as recall_picture
from engine.frames import rows_where
from engine.in_words import lowered
from engine.sections import training_rows as rows
from engine.sections.shown import Figure, Shown, figure
from engine.training.comparisons import Comparison, OwnNetwork
from engine.training.findings import findings
from engine.training.papers import table
from engine.training.presets import PRESETS, RECALL
from engine.training.progress import GrowingRun
from engine.training.seeds import LEARNED, WHEN, Frames, measure, steps_of, thinned
from engine.training.shipped import shipped


def recall(step: int = LAST) -> Shown:
    """What three networks say of their first input, from step to step of their training."""
    return Shown(
        {
            "recall": figure(
                recall_picture,
                partial(rows.recall),
                alt_text="For three networks, what each recalls of its first input against that "
                "input, the norms of its gradient along time, and below the training losses of all "
                "seeds, with a slider over the steps of training.",
                caption=f"After {step:,} of {LAST:,} steps, one seed: " + _recalled(step) + ".",
                hands={STEP.name: step},
            )
        },
        sentences=("These networks come with the project, trained from eight seeds; the scatter and "
                   "the norms are of the first of them.",),
    )  # fmt: skip


def loss(comparison: Comparison) -> Shown:
    """Losses and gradient norms, each network in a column of its own."""
    frames = _frames(comparison)
    names = frames["outcomes"]["run"].unique().tolist()
    return Shown(
        {"loss": _losses(frames["curves"], names, _fates(frames, names), "loss")},
        sentences=_sentences(comparison),
    )


def growing(runs: Mapping[str, OwnNetwork | GrowingRun]) -> Shown:
    """The same of trainings under way or stopped, by name: what is finished and what there is."""
    frames = {name: run.run().frame if isinstance(run, OwnNetwork) else steps_of(run)
              for name, run in runs.items()}  # fmt: skip
    curves = [
        thinned(frame, runs[name].config.steps).assign(run=name, seed=0)
        for name, frame in frames.items()
    ]
    said = [f"step {len(frame):,} of {runs[name].config.steps:,}" for name, frame in frames.items()]
    drawn = _losses(pd.concat(curves, ignore_index=True), list(runs), said, "growing")
    return Shown({"growing": drawn})


def papers() -> Shown:
    """Published figures beside our own."""
    lines = ["| figure | published | ours: median, range | ratio |", "| --- | --: | --: | --: |"]
    for row in table().itertuples():
        published = "no number" if np.isnan(row.published) else _number(row.published)
        deviation = "" if np.isnan(row.deviation) else _number(row.deviation)
        ours = _number(row.ours)
        if row.low != row.high:
            ours += f", {_number(row.low)} to {_number(row.high)}"
        lines.append(f"| {row.paper}: {row.figure} | {published} | {ours} | {deviation} |")
    differs = table().drop_duplicates("paper")
    return Shown(
        {},
        sentences=(
            "\n".join(lines),
            *(f"What differs from {row.paper}: {row.differs}" for row in differs.itertuples()),
            "Ours are of eight seeds and come with the project; `python -m engine.training.papers` "
            "and `python -m engine.training.shipped` train them again.",
        ),
    )


def memory(comparison: Comparison) -> Shown:
    """How wrongly each network answers to an input, by how far back it lies."""
    frames = _frames(comparison)
    asked = frames["memory"]
    # To an input that the answer doesn't depend on there is no answer, and nothing to forget.
    asked = asked.assign(error=asked["error"].where(asked["needed"] > 0))
    names = asked["run"].unique().tolist()
    title = "Error in answering to an input, log scale; grey: of who ignores it"
    drawn = _by_network(
        asked,
        names,
        [_answered(rows_where(asked, run=name)) for name in names],
        {title: {"needed": "mid", "error": "state"}},
        x="distance",
        ends=lambda own: ("last input", f"{own['distance'].max()} back"),
        name="memory",
        alt_text="Error in answering to an input, by how far back the input lies, of each network "
        "and seed.",
    )
    return Shown(
        {"memory": drawn},
        sentences=(
            *_sentences(comparison),
            "One input that the answer depends on is swapped for another number and the rest left as "
            "it is: how far is the prediction's answer from the right one? Where it is as far as the "
            "grey one, the network has forgotten; a seed with less than half of that error answers.",
        ),
    )


def gradients(comparison: Comparison) -> Shown:
    """The gradient along time before and after training: did training open a road?"""
    frames = _frames(comparison)
    if "profiles" not in frames:
        return Shown({}, sentences=("The other pages know networks of one layer, with one input.",))
    profiles = frames["profiles"]
    both = profiles.pivot_table(
        index=["run", "seed", "timestep"],
        columns="when",
        values="log10_grad_hidden_norm",
        sort=False,
    )
    wide = both[list(WHEN)].set_axis(["before", "after"], axis="columns").reset_index()
    names = wide["run"].unique().tolist()
    title = "‖∂L/∂hₜ‖ with a target at T, log scale; grey: before training"
    drawn = _by_network(
        wide,
        names,
        [_roads(rows_where(wide, run=name)) for name in names],
        {title: {"before": "mid", "after": "gradient"}},
        x="timestep",
        ends=lambda own: ("h₁", f"h{lowered(int(own['timestep'].max()))}"),
        logs=True,
        name="gradients",
        alt_text="Norm of the gradient along time of each network and seed, before and after "
        "training.",
    )
    return Shown({"gradients": drawn})


def _frames(comparison: Comparison) -> Frames:
    if isinstance(comparison, str):
        return shipped(comparison)
    return measure({network.name: [network.run()] for network in comparison})


def _sentences(comparison: Comparison) -> tuple[str, ...]:
    if not isinstance(comparison, str):
        return ()
    found = findings(comparison, shipped(comparison))
    return (PRESETS[comparison].question, *(finding.in_words for finding in found))


def _fates(frames: Frames, names: list[str]) -> list[str]:
    """In how many seeds each network learned its task."""
    said = []
    for name in names:
        own = rows_where(frames["outcomes"], run=name)
        learned, diverged = int((own["share"] < LEARNED).sum()), int((own["diverged_at"] > 0).sum())
        if len(own) == 1:
            (share,) = own["share"]
            word = "learned" if learned else "did not learn"
            tail = f", {share:.2%} left" if np.isfinite(share) else ""
            at = int(own["diverged_at"].iloc[0])
            said.append(f"diverged at step {at:,}" if diverged else f"{word}{tail}")
        else:
            tail = f", {diverged} diverged" if diverged else ""
            said.append(f"learned in {learned} of {len(own)} seeds{tail}")
    return said


def _number(value: float) -> str:
    """A figure as people write it."""
    if np.isinf(value):
        return "never"
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.2g}"


def _answered(own: pd.DataFrame) -> str:
    """In how many seeds the farthest input that counts is answered better than by who ignores it."""
    counts = own[own["needed"] > 0]
    if counts.empty:
        return "depends on no input"
    back = counts["distance"].max()
    farthest = counts[counts["distance"] == back]
    answers = int((farthest["error"] < farthest["needed"] / 2).sum())
    if len(farthest) == 1:
        return f"{'answers' if answers else 'forgets'} {back} back"
    return f"{answers} of {len(farthest)} answer {back} back"


def _roads(own: pd.DataFrame) -> str:
    """In how many seeds more of the gradient reaches the first step after training."""
    by_seed = own.sort_values("timestep").groupby("seed")[["before", "after"]]
    heard = by_seed.first() - by_seed.last()
    more = int((heard["after"] > heard["before"]).sum())
    return f"more at h₁ in {more} of {len(heard)} seeds"


def _recalled(step: int) -> str:
    frames = rows.recall()
    place = round(step / EVERY)
    known = [text.split("|")[place] for text in frames["looks"]["known"]]
    return "; ".join(f"{name} {one}" for name, one in zip(RECALL, known, strict=True))


def _losses(curves: pd.DataFrame, names: list[str], said: list[str], name: str) -> Figure:
    """Training loss above, the gradient's norm below, on the steps of the longest run."""
    last = max([1, *curves["step"]])
    panels = {
        "Training loss": {"train_loss": "state"},
        "Norm of the gradient, before clipping": {"grad_norm": "gradient"},
    }
    return _by_network(
        curves, names, said, panels, x="step", reach=(0, last),
        ends=lambda _: ("step 0", f"{last:,}"), name=name,
        alt_text="Training loss and norm of the gradient of each network, every seed a thin line, "
        "the median bold.",
    )  # fmt: skip


def _by_network(
    frame: pd.DataFrame, names: list[str], said: list[str], panels: Mapping[str, Mapping[str, str]],
    *, x: str, reach: tuple[float, float] | None = None,
    ends: Callable[[pd.DataFrame], tuple[str, str]], logs: bool = False, name: str, alt_text: str,
) -> Figure:  # fmt: skip
    """A column of panels for each network.

    panels: by title, columns of `frame`, each with its ink. reach: the ends of x, if not each
    network's own; ends: their names. logs: the columns are logarithms already.
    """
    own = [rows_where(frame, run=one) for one in names]
    curves: list[pd.DataFrame] = []
    ticks: list[pd.DataFrame] = []
    for row, inks in enumerate(panels.values()):
        lines = [
            (p, column, rows.median_and_seeds(of, column, x, logs=logs))
            for p, of in enumerate(own)
            for column in inks
        ]
        values = np.concatenate([line[column] for _, column, line in lines])
        low, high, of_row = rows.axis(row, values)
        ticks.append(of_row)
        for p, column, line in lines:
            span = reach or (own[p][x].min(), own[p][x].max())
            curves.append(rows.curves(line, p, row, x, column, span, (low, high), inks[column]))
    heads = pd.DataFrame({"p": range(len(names)), "name": names, "said": said})
    heads[["first", "last"]] = [ends(of) for of in own]
    drawn = figure(
        by_network,
        {
            "curves": pd.concat(curves),
            "ticks": pd.concat(ticks),
            "panels": heads,
            "titles": pd.DataFrame({"row": range(len(panels)), "words": list(panels)}),
        },
        alt_text=alt_text,
        caption="; ".join(f"{one}: {word}" for one, word in zip(names, said, strict=True) if word),
        rows=len(panels),
    )
    return replace(drawn, name=f"training-{name}")
