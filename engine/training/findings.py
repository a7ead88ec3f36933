"""What the handout and the papers say about each preset, and whether its runs say so too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.extended_range import written
from engine.training.comparisons import LEARNED, Comparison, finished_runs
from engine.training.evaluate import error_by_distance
from engine.training.run import TrainingRun
from engine.training.store import RunStore
from engine.training.tasks import constant_loss

#: A validation loss above this share of the best constant's is no better than it.
NOTHING_LEARNED = 0.9
#: A training loss this many times the one before training is an explosion.
EXPLODED = 10.0


@dataclass(frozen=True)
class Finding:
    """A claim, by whom, what the runs show, and whether that is what was claimed."""

    claim: str
    measured: str
    agrees: bool


Runs = Mapping[str, TrainingRun]


def findings(comparison: Comparison, store: RunStore | None = None) -> list[Finding]:
    """The findings on a preset's runs; none on other comparisons. store: see `finished_runs`."""
    if not isinstance(comparison, str):
        return []
    return _FINDINGS[comparison](finished_runs(comparison, store))


def share_of_constant(run: TrainingRun) -> float:
    """The last validation loss as a share of the best constant's; inf for a run that diverged."""
    if run.diverged_at is not None:
        return float("inf")
    return float(run.validation_loss[-1]) / constant_loss(run.config)


def _vanishing(runs: Runs) -> list[Finding]:
    near, far = (share_of_constant(run) for run in runs.values())
    return [
        Finding(
            "Vanishing gradients make learning with long sequences difficult (handout, 1 (a); Bengio, "
            "Simard and Frasconi 1994).",
            f"Of the best constant's loss {near:.2%} are left at T = 10, {far:.2%} at T = 100.",
            near < LEARNED and far > NOTHING_LEARNED,
        )
    ]


def _cell_or_initialisation(runs: Runs) -> list[Finding]:
    share = {name: share_of_constant(run) for name, run in runs.items()}
    rnn, one, radius, chrono = (
        share[name] for name in ("RNN", "LSTM, forget bias 1", "RNN, radius 1", "LSTM, chrono")
    )
    return [
        Finding(
            "An LSTM bridges long lags that a vanilla RNN doesn't learn (Hochreiter and Schmidhuber "
            "1997; handout, 1 (d): gradients vanish less quickly).",
            f"With a forget bias of 1 the LSTM ends at {one:.2%} of the best constant's loss, the "
            f"RNN at {rnn:.2%}.",
            one < LEARNED and rnn > NOTHING_LEARNED,
        ),
        Finding(
            "Chrono initialisation lets an LSTM learn lags as long as it was told of (Tallec and "
            "Ollivier 2018).",
            f"The same LSTM, told of T = 100, ends at {chrono:.2%}.",
            chrono < LEARNED,
        ),
        Finding(
            "Gradients are stable when the largest |eigenvalue| of Wₕ is close to 1 (handout, 1 (a)): "
            "then a vanilla RNN should learn it, too.",
            f"The RNN of radius 1 ends at {radius:.2%}, the one with torch's initialisation at "
            f"{rnn:.2%}.",
            radius < LEARNED < rnn,
        ),
    ]


def _clipping(runs: Runs) -> list[Finding]:
    found = []
    for name in ("gaussian", "orthogonal"):
        free, clipped = runs[name], runs[f"{name}, clipped"]
        calm = _worst_loss(clipped) < EXPLODED
        exploded = free.diverged_at is not None or _worst_loss(free) >= EXPLODED
        found.append(
            Finding(
                f"Clipping the gradient's norm keeps training from exploding (Pascanu, Mikolov and "
                f"Bengio 2013); {name} weights.",
                f"Without: {_fate(free)}. With: {_fate(clipped)}.",
                calm and exploded and clipped.diverged_at is None,
            )
        )
    return found


def _fate(run: TrainingRun) -> str:
    if run.diverged_at is not None:
        return f"no finite {run.diverged_what} at step {run.diverged_at}"
    worst, last = _worst_loss(run), share_of_constant(run)
    rises = f"rises to {written(worst)} times the first" if worst > 1 else "never exceeds the first"
    return f"the training loss {rises}, and validation ends at {last:.2%} of the best constant's"


def _worst_loss(run: TrainingRun) -> float:
    """The largest training loss beside the first."""
    return float(run.train_loss.max() / run.train_loss[0]) if len(run.train_loss) else float("inf")


def _more_gradient(runs: Runs) -> list[Finding]:
    every, last = runs.values()
    first_norms = [float(run.grad_norm[0]) for run in (every, last)]
    errors = [error_by_distance(run) for run in (every, last)]
    far = errors[0]["distance"] >= every.config.timesteps // 2
    means = [float(np.mean(frame["error"][far])) for frame in errors]
    needed = float(np.mean(errors[0]["needed"][far]))
    return [
        Finding(
            "A loss at every timestep brings more gradient (handout, 1 (c)).",
            f"Norm of the first gradient: {written(first_norms[0])} with a loss at every step, "
            f"{written(first_norms[1])} with one at the last.",
            first_norms[0] > first_norms[1],
        ),
        Finding(
            "It doesn't help the network to learn dependencies across long sequences (handout, 1 (c)).",
            f"Over the farther half of the inputs the error is {written(means[0])} with a loss at "
            f"every step and {written(means[1])} with one at the last; ignoring the input costs "
            f"{written(needed)}.",
            means[0] >= means[1],
        ),
    ]


def _notebook(runs: Runs) -> list[Finding]:
    shares = {name: share_of_constant(run) for name, run in runs.items()}
    steps = {name: _steps_to_learn(run) for name, run in runs.items()}
    fastest = min(steps, key=lambda name: steps[name])
    worst = max(shares.values())
    return [
        Finding(
            "Ten timesteps are few: gradients reach back that far in all four networks (course "
            "notebook; handout, 1 (a): difficult are long sequences).",
            f"The worst of the four ends at {worst:.2%} of the best constant's loss; the first below "
            f"{LEARNED:.0%} is {fastest}, after {steps[fastest]:,.0f} steps.",
            worst < LEARNED,
        )
    ]


def _steps_to_learn(run: TrainingRun) -> float:
    """The first validated step at which the task was learned; inf for never."""
    learned = run.validation_loss < LEARNED * constant_loss(run.config)
    return float(run.validation_step[learned][0]) if learned.any() else float("inf")


_FINDINGS: dict[str, Callable[[Runs], list[Finding]]] = {
    "recall: T = 10 and T = 100": _vanishing,
    "recall: RNN and LSTM": _cell_or_initialisation,
    "ReLU: clipping": _clipping,
    "average: every step and last only": _more_gradient,
    "notebook: every step": _notebook,
    "notebook: last step": _notebook,
}
