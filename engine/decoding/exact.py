"""Exact search: the best of all sequences, found without listing them all, and whether it is proved.

Totals only fall as a sequence grows. So a prefix whose total is below that of a whole sequence
already found leads to nothing better and is cut with all that would follow (branch and bound). The
search goes depth first along the most likely tokens to a first whole sequence, then always on from
the best prefix there is. Of prefixes of one length that leave the model in the same state only the
best goes on, since the same can follow them all; so a tree or a Markov chain is searched in no time
however long its sequences.

Ranked by something else than the sum, a longer sequence may score better than its prefix. Its
total still can't rise, so its score is at best the prefix's total over the largest divisor. That
bound is looser; where it leaves too much to look at, the search says that it has proved nothing.
"""

import heapq
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from engine.arguments import require_integer
from engine.decoding.beam import SearchRules
from engine.decoding.models import ROUNDING, LanguageModel, State, future_of
from engine.decoding.record import BeamSearchResult, SearchRecord, StepArrays
from engine.decoding.scoring import Conventions
from engine.numerics import Array

#: Cell evaluations that exact search spends before it gives up, and the most that one may ask for.
DEFAULT_MODEL_STEPS, MAX_MODEL_STEPS = 20_000, 100_000
#: Prefixes to be read that a search may come across; bounds memory where tokens are many.
MAX_PREFIXES = 500_000
#: Prefixes that the model reads at once: more take less time each, but some in vain.
BATCH = 32


@dataclass(frozen=True, eq=False)
class ExactSearchResult(BeamSearchResult):
    """The best sequence of all, or the best that the search came across.

    proved: whether the search ended within its bound; only then no sequence is better.
    certain_width: a k from which on beam search, ranked by the sum, is certain to find a sequence
    as good: at each step no more prefixes than that have a total at least as high as the best
    whole sequence, and only these can push its beginning out of the beam. None where that isn't
    known: not proved, ranked by something else, or prefixes that the same can follow were read
    as one.
    `hypotheses` holds the best one, and `steps` are the steps of its own path.
    """

    proved: bool
    certain_width: int | None


def exact_search(
    model: LanguageModel,
    max_length: int,
    *,
    max_model_steps: int = DEFAULT_MODEL_STEPS,
    **conventions: Unpack[Conventions],
) -> ExactSearchResult:
    """The most likely of all sequences (handout, 2): what `exhaustive_search` finds, by cutting.

    The other keywords are those of `beam_search`, without `recompute`; as they stand, the best by
    log_prob. Ties and dead ends are those of exhaustive search.
    max_model_steps: cell evaluations, 1 to 100 000, after which the search gives up, as it does when
        it has come across 500 000 prefixes. It then returns the best whole sequence so far, or a
        prefix if it hasn't come across any, and `proved` is False.
    Raises ValueError for arguments out of range, and for a model with a log-probability above 0,
    because nothing could be cut.
    """
    require_integer("max_model_steps", max_model_steps, 1, MAX_MODEL_STEPS)
    rules = SearchRules.checked(model, max_length, **conventions)
    search = _Search(model, rules, max_model_steps)
    proved = search.run()
    record = SearchRecord(model.vocabulary, search.path())
    width = search.certain_width() if proved else None
    return ExactSearchResult(search.spent, record, proved, width)


@dataclass(frozen=True, slots=True, eq=False)
class _Prefix:
    """A sequence as its last token and what comes before; state: of `before`, to read token in."""

    before: "_Prefix | None"
    token: int
    token_log_prob: float
    log_prob: float
    length: int
    state: State

    def tokens(self) -> list["_Prefix"]:
        """One prefix for each token, the first token's first."""
        found, prefix = [], self
        while prefix.before is not None:
            found.append(prefix)
            prefix = prefix.before
        return found[::-1]


_START = _Prefix(None, -1, 0.0, 0.0, 0, {})


class _Search:
    """The prefixes still to be read, and the best whole sequence so far."""

    def __init__(self, model: LanguageModel, rules: SearchRules, budget: int) -> None:
        self.model, self.rules, self.budget = model, rules, budget
        self.spent = 0
        self.best: _Prefix | None = None
        self.best_score = -np.inf
        self.deepest = _START
        #: Prefixes of a lower total lead to nothing as good as the best.
        self.lowest_total = -np.inf
        self._order = count()
        self._open: list[tuple[float, int, _Prefix]] = []
        self._read_before: dict[tuple[int, bytes], _Prefix] = {}
        self._totals_read: list[tuple[int, float]] = []
        self._merged = False
        self._come_across = 0

    def run(self) -> bool:
        """Search to the end, or to the end of the budget: False."""
        batch = [_START]
        while batch:  # depth first, to the end of the most likely way
            if not self._affords(batch[0]):
                return False
            grown = self._read(batch)
            batch = grown[:1]
            self._push(grown[1:])
        while batch := self._next_batch():
            if not self._affords(batch[0]):
                return False
            self._push(self._read(batch))
        return True

    def _push(self, prefixes: list[_Prefix]) -> None:
        for prefix in prefixes:
            heapq.heappush(self._open, (-prefix.log_prob, next(self._order), prefix))

    def path(self) -> list[StepArrays]:
        """The answer as the steps of a search that keeps nothing else.

        That is the best whole sequence, or where there is none the best of the longest prefixes.
        """
        one, steps = np.zeros(1, dtype=np.int64), []
        for prefix in (self.best or self.deepest).tokens():
            finished = prefix.token == self.rules.end
            length = self.rules.scoring.length(prefix.length, finished)
            step = StepArrays(
                parent=one,
                token=np.array([prefix.token]),
                token_log_prob=np.array([prefix.token_log_prob]),
                log_prob=np.array([prefix.log_prob]),
                length=np.array([length]),
                score=np.array([self._score(prefix)]),
                carried=np.array([False]),
                finished=np.array([finished]),
                kept=1,
                state=None,
                cell_evaluations=0,
            )
            steps.append(step)
        return steps

    def certain_width(self) -> int | None:
        """See `ExactSearchResult`; to be asked when the search has ended."""
        by_sum = self.rules.scoring.divisor(self.rules.max_length) == 1
        if self._merged or self.best is None or not by_sum:
            return None
        as_high = Counter(
            length for length, total in self._totals_read if total >= self.lowest_total
        )
        # From its own length on the best is not among those prefixes, but beside them.
        return max(
            as_high[length] + (length >= self.best.length)
            for length in range(1, self.rules.max_length + 1)
        )

    def _affords(self, prefix: _Prefix) -> bool:
        cost = self.model.start_steps if prefix is _START else 1
        return self._come_across <= MAX_PREFIXES and self.spent + cost <= self.budget

    def _next_batch(self) -> list[_Prefix]:
        """The best open prefixes, as many as are read at once and may lead to something better."""
        batch: list[_Prefix] = []
        room = max(1, min(BATCH, self.budget - self.spent))
        while self._open and len(batch) < room and -self._open[0][0] >= self.lowest_total:
            batch.append(heapq.heappop(self._open)[2])
        return batch

    def _read(self, batch: list[_Prefix]) -> list[_Prefix]:
        """Let the model read the prefixes; what may follow and isn't whole yet, best first."""
        if batch[0] is _START:
            log_probs, state = self.model.start(1)
            self.spent += self.model.start_steps
        else:
            names = batch[0].state
            stacked = {name: np.stack([prefix.state[name] for prefix in batch]) for name in names}
            log_probs, state = self.model.advance(stacked, np.array([p.token for p in batch]))
            self.spent += len(batch)
        if not (log_probs <= ROUNDING).all():
            raise ValueError(
                f"model gives the log-probability {log_probs.max()}; allowed is at most 0, because "
                "exact search counts on totals that fall"
            )
        totals = np.array([prefix.log_prob for prefix in batch])[:, None] + log_probs
        wanted = (totals > -np.inf) & (totals >= self.lowest_total)
        states = []
        for row, prefix in enumerate(batch):
            self._deepen(prefix)
            self._totals_read.append((prefix.length, prefix.log_prob))
            # Each with a state of its own, so that it goes when the last one behind it goes.
            states.append({name: array[row].copy() for name, array in state.items()})
            future = future_of(log_probs, state, row)
            wanted[row] &= self._is_best_of_its_kind(prefix, future)
            if prefix.length + 1 == self.rules.max_length:
                wanted[row] &= self._may_be_last(totals[row])
        grown = []
        for row, token in np.argwhere(wanted).tolist():
            child = _Prefix(
                batch[row],
                token,
                float(log_probs[row, token]),
                float(totals[row, token]),
                batch[row].length + 1,
                states[row],
            )
            if token == self.rules.end or child.length == self.rules.max_length:
                self._offer(child)
            else:
                grown.append(child)
        self._come_across += len(grown)
        return sorted(grown, key=lambda child: (-child.log_prob, child.token))

    def _may_be_last(self, totals: Array) -> NDArray[np.bool_]:
        """Which tokens can end the best sequence of full length: the likeliest, and the end."""
        last = np.zeros(len(totals), dtype=bool)
        others = totals.copy()
        if self.rules.end >= 0:
            last[self.rules.end] = True
            others[self.rules.end] = -np.inf
        last[others.argmax()] = True
        return last

    def _offer(self, whole: _Prefix) -> None:
        """Take a whole sequence for the best if it is."""
        score, last = self._score(whole), self.rules.max_length
        if score < self.best_score:
            return
        if self.best is not None and score == self.best_score:
            self.best = min(self.best, whole, key=lambda one: self._place(one, last))
            return
        self.best, self.best_score = whole, score
        # At best, nothing more is lost up to the longest sequence; sums may rise by their rounding.
        total = score * self.rules.scoring.divisor(last) if score < 0 else score
        self.lowest_total = total - ROUNDING * last - 1e-14 * abs(total)

    def _is_best_of_its_kind(self, prefix: _Prefix, future: bytes) -> bool:
        """Whether no better prefix of this length has been read that the same can follow."""
        kind = (prefix.length, future)
        before = self._read_before.setdefault(kind, prefix)
        self._merged |= before is not prefix
        if before is not prefix and not self._is_before(prefix, before):
            return False
        self._read_before[kind] = prefix
        return True

    def _deepen(self, prefix: _Prefix) -> None:
        """Remember the best of the longest prefixes, the answer where nothing is ever whole."""
        if prefix.length > self.deepest.length or (
            prefix.length == self.deepest.length and self._is_before(prefix, self.deepest)
        ):
            self.deepest = prefix

    def _is_before(self, one: _Prefix, other: _Prefix) -> bool:
        """Whether `one` stands before `other`, a prefix of the same length."""
        if one.log_prob != other.log_prob:
            return one.log_prob > other.log_prob
        return self._place(one, one.length) < self._place(other, one.length)

    def _score(self, prefix: _Prefix) -> float:
        finished = prefix.token == self.rules.end
        return self.rules.scoring.score(prefix.log_prob, prefix.length, finished)

    def _place(self, prefix: _Prefix, timestep: int) -> list[tuple[float, int]]:
        """Sorts sequences as a beam that prunes nothing would have them after `timestep`.

        By score, then token, then the same of the step before; what is finished stays as it is.
        """
        path = prefix.tokens()
        places = [(-self._score(one), one.token) for one in path]
        places += places[-1:] * (timestep - len(path))
        return places[::-1]
