"""What the handout and the papers say about each preset, and in how many seeds it comes out so."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.in_words import written
from engine.training.seeds import LEARNED, Frames

#: A validation loss above this share of the best constant's is no better than it.
NOTHING_LEARNED = 0.9
#: A training loss this many times the first is an explosion.
EXPLODED = 10.0


@dataclass(frozen=True)
class Finding:
    """A claim, by whom, what the runs show, and whether it holds, for each seed."""

    claim: str
    measured: str
    holds: tuple[bool, ...]

    @property
    def count(self) -> int:
        """In how many seeds the claim holds."""
        return sum(self.holds)

    @property
    def agrees(self) -> bool:
        """Whether it holds in most of them."""
        return 2 * self.count > len(self.holds)

    @property
    def in_words(self) -> str:
        """The claim, whether it holds here, and the numbers."""
        verdict = "Here it holds" if self.agrees else "Here it doesn't hold"
        of_all = f"in {self.count} of {len(self.holds)} seeds"
        return f"{self.claim} **{verdict}: {of_all}.** {self.measured}"


def findings(preset: str, frames: Frames) -> list[Finding]:
    """The findings on a preset's runs, in frames of `engine.training.seeds.measure`."""
    return _FINDINGS[preset](frames)


def by_seed(frames: Frames, column: str) -> pd.DataFrame:
    """A column of the outcomes, one row a seed, one column a network."""
    outcomes = frames["outcomes"]
    names = list(dict.fromkeys(outcomes["run"]))
    return outcomes.pivot_table(index="seed", columns="run", values=column)[names]


def shares_in_words(share: pd.DataFrame) -> str:
    """What is left of the best constant's loss: the median of the seeds, and their range."""
    parts = []
    for name, values in share.items():
        low, middle, high = (_percent(f(values)) for f in (np.min, np.median, np.max))
        parts.append(f"{name}: {middle}" + (f" ({low} to {high})" if low != high else ""))
    return f"Left of the best constant's loss, median and range: {'; '.join(parts)}."


def _percent(share: float) -> str:
    return "diverged" if np.isinf(share) else f"{share:.2%}"


def _holds(seeds: "pd.Series[bool]") -> tuple[bool, ...]:
    return tuple(bool(one) for one in seeds)


def _vanishing(frames: Frames) -> list[Finding]:
    share = by_seed(frames, "share")
    near, far = share["RNN, T = 10"], share["RNN, T = 100"]
    return [
        Finding(
            "Vanishing gradients make learning with long sequences difficult (handout, 1 (a); Bengio, "
            "Simard and Frasconi 1994).",
            shares_in_words(share),
            _holds((near < LEARNED) & (far > NOTHING_LEARNED)),
        )
    ]


def _cell_or_initialisation(frames: Frames) -> list[Finding]:
    share = by_seed(frames, "share")
    rnn, one, radius, chrono = (
        share[name] for name in ("RNN", "LSTM, forget bias 1", "RNN, radius 1", "LSTM, chrono")
    )
    return [
        Finding(
            "An LSTM bridges long lags that a vanilla RNN doesn't learn (Hochreiter and Schmidhuber "
            "1997; handout, 1 (d): gradients vanish less quickly): with a forget bias of 1.",
            shares_in_words(share[[rnn.name, one.name]]),
            _holds((one < LEARNED) & (rnn > NOTHING_LEARNED)),
        ),
        Finding(
            "Chrono initialisation lets an LSTM learn lags as long as it was told of (Tallec and "
            "Ollivier 2018): the same LSTM, told of T = 100.",
            shares_in_words(share[[chrono.name]]),
            _holds(chrono < LEARNED),
        ),
        Finding(
            "Gradients are stable when the largest |eigenvalue| of Wₕ is close to 1 (handout, 1 (a)): "
            "then a vanilla RNN should learn it, too.",
            shares_in_words(share[[radius.name]]),
            _holds((radius < LEARNED) & (rnn > LEARNED)),
        ),
    ]


def _clipping(frames: Frames) -> list[Finding]:
    worst, diverged = by_seed(frames, "worst"), by_seed(frames, "diverged_at")
    share = by_seed(frames, "share")
    found = []
    for name in [name for name in share if f"{name}, clipped" in share]:
        clipped = f"{name}, clipped"
        exploded = (diverged[name] > 0) | (worst[name] >= EXPLODED)
        found.append(
            Finding(
                "Clipping the gradient's norm keeps training from exploding, and the network learns "
                f"(Pascanu, Mikolov and Bengio 2013); {name} weights.",
                f"Without it {int((diverged[name] > 0).sum())} of {len(share)} diverge, with it "
                f"{int((diverged[clipped] > 0).sum())}. {shares_in_words(share[[clipped]])}",
                _holds(exploded & (share[clipped] < LEARNED)),
            )
        )
    return found


def _more_gradient(frames: Frames) -> list[Finding]:
    norms, memory = by_seed(frames, "first_norm"), frames["memory"]
    every, last = norms.columns
    far = memory[memory["distance"] >= memory["distance"].max() / 2]
    errors = far.pivot_table(index="seed", columns="run", values="error")
    needed = written(float(far["needed"].mean()))
    return [
        Finding(
            "With a target at every timestep more gradient arrives (handout, 1 (c)).",
            f"The first gradient's norm, median: {written(float(norms[every].median()))} with a "
            f"loss at every step, {written(float(norms[last].median()))} with one at the last.",
            _holds(norms[every] > norms[last]),
        ),
        Finding(
            "It doesn't help the network to learn dependencies across long sequences (handout, 1 (c)).",
            f"Over the farther half of the inputs the error is, in the median, "
            f"{written(float(errors[every].median()))} with a loss at every step and "
            f"{written(float(errors[last].median()))} with one at the last; ignoring the input costs "
            f"{needed}.",
            _holds(errors[every] >= errors[last]),
        ),
    ]


def _notebook(frames: Frames) -> list[Finding]:
    share, steps = by_seed(frames, "share"), by_seed(frames, "learned_at")
    first = steps.where(steps > 0, np.inf).idxmin(axis=1)
    fastest = first.mode().iloc[0]
    return [
        Finding(
            "Ten timesteps are few: gradients reach back that far in all four networks (course "
            "notebook; handout, 1 (a): difficult are long sequences).",
            f"{shares_in_words(share)} First below {LEARNED:.0%}, in {(first == fastest).sum()} of "
            f"{len(first)} seeds: {fastest}.",
            _holds((share < LEARNED).all(axis=1)),
        )
    ]


_FINDINGS: dict[str, Callable[[Frames], list[Finding]]] = {
    "recall: T = 10 and T = 100": _vanishing,
    "recall: RNN and LSTM": _cell_or_initialisation,
    "no nonlinearity: clipping": _clipping,
    "average: every step and last only": _more_gradient,
    "notebook: every step": _notebook,
    "notebook: last step": _notebook,
}
