"""What a search leaves behind: its hypotheses, and every candidate of every step.

While a search runs, each step keeps nothing but arrays, candidates in order of rank; sequences
are followed back through the parents, and frames are built, only when somebody looks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.decoding.models import State
from engine.decoding.scoring import END_TOKEN
from engine.extended_range import Array
from engine.lazy import cached_property

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Tokens that the sequences of one frame may spell out.
MAX_WRITTEN_TOKENS = 20_000_000
CANDIDATE_COLUMNS = (
    *("timestep", "rank", "tokens", "parent", "token", "token_log_prob", "log_prob"),
    *("length", "score", "margin", "kept", "carried", "finished"),
)


@dataclass(frozen=True)
class Hypothesis:
    """A sequence that the search keeps, with all that it must store (handout, 2 (e)).

    tokens: without the start; the end token, where there is one, is the last. log_prob: the sum
    of the tokens' natural-log probabilities. score: what it was ranked by. finished: whether it
    ended with the end token.
    state: the model's named arrays for this hypothesis, the ones from which its last token was
    chosen; the next step feeds that token to them. None where nothing has to be carried: the
    hypothesis is finished, or the search runs the model from the start at every step.
    """

    tokens: tuple[str, ...]
    log_prob: float
    score: float
    finished: bool
    state: State | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class StepArrays:
    """The candidates of one step, best first; the first `kept` of them are the new beam.

    parent: place in the beam before. token: place in the vocabulary. token_log_prob: NaN for a
    finished hypothesis, which competes without growing (`carried`). state: rows for the kept
    unfinished ones in order, None when the model is run from the start at every step.
    """

    parent: Indices
    token: Indices
    token_log_prob: Array
    log_prob: Array
    length: Indices
    score: Array
    carried: Flags
    finished: Flags
    kept: int
    state: State | None
    cell_evaluations: int


@dataclass(frozen=True, eq=False)
class SearchRecord:
    """Everything that happened, one StepArrays for each timestep."""

    vocabulary: tuple[str, ...]
    steps: list[StepArrays]

    def beam_tokens(self, timestep: int) -> Indices:
        """The tokens of the beam after `timestep`, (kept, timestep); -1 after the end token."""
        rows = np.arange(self.steps[timestep - 1].kept if timestep else 1)
        tokens = np.full((len(rows), timestep), -1)
        for t in reversed(range(timestep)):
            step = self.steps[t]
            tokens[:, t] = np.where(step.carried[rows], -1, step.token[rows])
            rows = step.parent[rows]
        return tokens

    def beam_words(self, timestep: int) -> list[tuple[str, ...]]:
        """The sequences of the beam after `timestep`, best first."""
        rows = self.beam_tokens(timestep).tolist()
        return [tuple(self.vocabulary[i] for i in row if i >= 0) for row in rows]

    def candidate_words(
        self, timestep: int, beam: Sequence[tuple[str, ...]], most: int | None = None
    ) -> list[tuple[str, ...]]:
        """The sequences of the candidates of a step, at `most` so many; `beam`: those before it."""
        step = self.steps[timestep - 1]
        columns = (of[:most].tolist() for of in (step.parent, step.token, step.carried))
        return [
            beam[parent] if carried else (*beam[parent], self.vocabulary[token])
            for parent, token, carried in zip(*columns, strict=True)
        ]

    def candidates(self, timesteps: range) -> pd.DataFrame:
        """The candidates of `timesteps` in one frame; columns as in `SearchStep.candidates`."""
        if not timesteps:
            return pd.DataFrame(columns=CANDIDATE_COLUMNS)
        steps = [self.steps[t - 1] for t in timesteps]
        counts = [len(step.score) for step in steps]
        written = sum(t * count for t, count in zip(timesteps, counts, strict=True))
        if written > MAX_WRITTEN_TOKENS:
            raise ValueError(
                f"candidates has {written:,} tokens in its sequences; allowed in one frame are "
                f"{MAX_WRITTEN_TOKENS:,}: take the steps one by one"
            )
        tokens, beam = list[tuple[str, ...]](), self.beam_words(timesteps.start - 1)
        for t, step in zip(timesteps, steps, strict=True):
            candidates = self.candidate_words(t, beam)
            tokens += candidates
            beam = candidates[: step.kept]
        timestep = np.repeat(timesteps, counts)
        rank = np.concatenate([np.arange(1, count + 1) for count in counts])
        kept = rank <= np.repeat([step.kept for step in steps], counts)
        worst_kept = np.repeat([step.score[step.kept - 1] for step in steps], counts)
        arrays = {
            name: np.concatenate([getattr(step, name) for step in steps])
            for name in StepArrays.__dataclass_fields__
            if name in CANDIDATE_COLUMNS and name != "kept"
        }
        columns = arrays | {
            "timestep": timestep,
            "rank": rank,
            "tokens": pd.Series(tokens, dtype=object),
            "parent": arrays["parent"] + (timestep > 1),
            "token": np.array(self.vocabulary, dtype=object)[arrays["token"]],
            "margin": np.where(kept, np.nan, worst_kept - arrays["score"]),
            "kept": kept,
        }
        return pd.DataFrame({name: columns[name] for name in CANDIDATE_COLUMNS})


@dataclass(frozen=True, eq=False)
class SearchStep:
    """One timestep of a search: what was expanded, what was kept and what was pruned."""

    timestep: int
    _record: SearchRecord = field(repr=False)

    @property
    def cell_evaluations(self) -> int:
        """Cell evaluations that this step spent."""
        return self._arrays.cell_evaluations

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Every candidate in order of rank.

        Columns: `timestep`; `rank`, 1 for the best; `tokens`, the whole sequence; `parent`, the
        rank of its parent in the step before (0: the start); `token` and `token_log_prob`;
        `log_prob`, the total; `length` and `score` by the scoring convention; `margin`, how far
        the score is below the worst one kept (NaN for the kept ones); `kept`; `carried`, a
        finished hypothesis that competes again without growing (its `token_log_prob` is NaN);
        `finished`.
        """
        return self._record.candidates(range(self.timestep, self.timestep + 1))

    @cached_property
    def kept(self) -> tuple[Hypothesis, ...]:
        """The new beam, best first."""
        step = self._arrays
        tokens = self._record.beam_words(self.timestep)
        numbers = (of[: step.kept].tolist() for of in (step.log_prob, step.score, step.finished))
        states: list[State | None] = [None] * step.kept
        if step.state is not None:
            growing = (~step.finished[: step.kept]).nonzero()[0].tolist()
            for row, place in enumerate(growing):
                states[place] = {name: array[row] for name, array in step.state.items()}
        return tuple(map(Hypothesis, tokens, *numbers, states))

    @property
    def _arrays(self) -> StepArrays:
        return self._record.steps[self.timestep - 1]


@dataclass(frozen=True, eq=False)
class BeamSearchResult:
    """What a search found and how.

    model_steps: cell evaluations spent, one for each hypothesis and each token it reads.
    """

    model_steps: int
    _record: SearchRecord = field(repr=False)

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """The beam after the last step, best first."""
        if not self.steps:  # nothing can follow the start: the empty sequence is all there is
            return (Hypothesis((), 0.0, 0.0, finished=False),)
        return self.steps[-1].kept

    @property
    def best(self) -> Hypothesis:
        """The first of `hypotheses`."""
        return self.hypotheses[0]

    @cached_property
    def steps(self) -> tuple[SearchStep, ...]:
        """One entry for each timestep; fewer than max_length if every hypothesis ended before."""
        return tuple(SearchStep(t + 1, self._record) for t in range(len(self._record.steps)))

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """The candidates of all steps in one frame; columns as in `SearchStep.candidates`.

        Raises ValueError where the sequences would spell out more than 20 000 000 tokens.
        """
        return self._record.candidates(range(1, len(self._record.steps) + 1))


def sequence_text(tokens: Sequence[str]) -> str:
    """A sequence as people read it: words with spaces between them, characters without.

    Among characters the end token may come last. Characters that can't be seen are shown as ␣ (a
    space at either end, or beside another) and ⏎ (a new line).
    """
    characters = tokens[:-1] if tokens and tokens[-1] == END_TOKEN else tokens
    if all(len(token) == 1 for token in characters):
        text = "".join(characters).replace("\n", "⏎")
        return _LOST_SPACE.sub("␣", text) + "".join(tokens[len(characters) :])
    return " ".join(tokens)


#: Spaces that a page would swallow.
_LOST_SPACE = re.compile("^ | $|(?<= ) | (?= )")
