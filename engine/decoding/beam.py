"""Beam search: the handout's Algorithm 1, and the loop that exhaustive search shares with it.

For each time step t, every hypothesis in the beam proposes its top k tokens, the at most k²
sequences are sorted by their score, and the top k are the new beam.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arguments import require_flag, require_integer
from engine.decoding.models import ROUNDING, LanguageModel, State
from engine.decoding.record import BeamSearchResult, Flags, Indices, SearchRecord, StepArrays
from engine.decoding.scoring import Scoring, ScoringName
from engine.extended_range import Array

MAX_BEAM_WIDTH = 100_000
MAX_LENGTH = 500
#: Next-token log-probabilities that one search may ask its model for; bounds time and memory.
MAX_SCORED_TOKENS = 2_000_000


@dataclass(frozen=True)
class SearchRules:
    """What every kind of search has to know: how to rank, when to end, how to run the model.

    end: the end token's place in the vocabulary, -1 without one.
    """

    scoring: Scoring
    max_length: int
    end: int
    recompute: bool

    @classmethod
    def checked(
        cls,
        model: LanguageModel,
        max_length: int,
        end_token: str | None,
        scoring: Scoring,
        recompute: bool,
    ) -> "SearchRules":
        """The rules, or ValueError."""
        require_integer("max_length", max_length, 1, MAX_LENGTH)
        require_flag("recompute", recompute)
        if end_token is not None and end_token not in model.vocabulary:
            raise ValueError(
                f"end_token is {end_token!r}; allowed is None or one of the model's vocabulary, "
                f"{model.vocabulary!r:.200}"
            )
        end = -1 if end_token is None else model.vocabulary.index(end_token)
        return cls(scoring, max_length, end, recompute)


def beam_search(
    model: LanguageModel,
    beam_width: int,
    max_length: int,
    *,
    end_token: str | None = None,
    length_penalty: float = 0.0,
    scoring: ScoringName = "length",
    count_end_token: bool = True,
    recompute: bool = False,
) -> BeamSearchResult:
    """Keep the `beam_width` best sequences at every step (handout, 2, Algorithm 1).

    beam_width: k, 1 to 100 000. max_length: T, the most tokens in a sequence, 1 to 500.
    end_token: finishes a hypothesis, which then competes without growing; counts as a token.
    length_penalty, scoring, count_end_token: what to rank by, see `engine.decoding.scoring`; as
        they stand, log_prob / length^length_penalty.
    recompute: run the model from the start for every hypothesis at every step instead of
        storing its state: the same hypotheses for more cell evaluations (handout, 2 (e)).

    The search ends after max_length tokens or when all hypotheses are finished. An impossible
    token (log-probability -inf) is never expanded; a hypothesis that nothing can follow leaves
    the beam, unless that would leave nothing: then the search ends with what it has. Where
    scores are equal, the earlier token in the vocabulary wins, then the earlier hypothesis; a
    finished hypothesis stands with its end token.
    Raises ValueError for arguments out of range, and for searches of more than 2 000 000
    next-token log-probabilities.
    """
    require_integer("beam_width", beam_width, 1, MAX_BEAM_WIDTH)
    ranking = Scoring(scoring, length_penalty, count_end_token)
    rules = SearchRules.checked(model, max_length, end_token, ranking, recompute)
    _check_work(model, beam_width, rules)
    return run_search(model, beam_width, rules)


def run_search(
    model: LanguageModel, beam_width: int, rules: SearchRules, *, until_settled: bool = False
) -> BeamSearchResult:
    """Algorithm 1. Arguments are taken as checked; a beam as wide as the tree prunes nothing.

    until_settled: end as soon as no step can change which hypothesis is the best any more.
    """
    record = SearchRecord(model.vocabulary, [])
    model_steps = 0
    while len(record.steps) < rules.max_length:
        beam = _Beam.after(record)
        if not len(beam.live):
            break
        log_probs, state, spent = next_log_probs(model, record, beam.live, rules)
        model_steps += spent
        step = _step(beam, log_probs, state, spent, beam_width, len(record.steps) + 1, rules)
        if step is None:
            break
        record.steps.append(step)
        if until_settled and _is_settled(step, rules):
            break
    return BeamSearchResult(model_steps, record)


def _is_settled(step: StepArrays, rules: SearchRules) -> bool:
    """Whether the best is finished and out of reach of all that go on.

    A total doesn't rise any more, so a score is at best the total over the largest divisor.
    """
    if not step.finished[0]:
        return False
    live = step.log_prob[: step.kept][~step.finished[: step.kept]]
    within_reach = live / rules.scoring.divisor(rules.max_length)
    return bool((within_reach < step.score[0] - ROUNDING * rules.max_length).all())


@dataclass(frozen=True)
class _Beam:
    """The hypotheses before a step; `live` and `ended` are places of unfinished and finished."""

    log_prob: Array
    live: Indices
    ended: Indices
    before: StepArrays | None

    @classmethod
    def after(cls, record: SearchRecord) -> "_Beam":
        if not record.steps:
            nobody = np.empty(0, dtype=np.int64)
            return cls(np.zeros(1), np.zeros(1, dtype=np.int64), nobody, None)
        before = record.steps[-1]
        finished = before.finished[: before.kept]
        return cls(before.log_prob, (~finished).nonzero()[0], finished.nonzero()[0], before)


def next_log_probs(
    model: LanguageModel, record: SearchRecord, live: Indices, rules: SearchRules
) -> tuple[Array, State | None, int]:
    """What can follow each unfinished hypothesis, the states behind it, and the evaluations spent.

    Either the stored states read one more token, or the model runs from the start (handout,
    2 (e)); then there is no state to store.
    """
    timestep = len(record.steps)
    if not rules.recompute:
        if timestep == 0:
            return *model.start(1), model.start_steps
        before = record.steps[-1]
        assert before.state is not None
        return *model.advance(before.state, before.token[live]), len(live)
    log_probs, state = model.start(len(live))
    tokens = record.beam_tokens(timestep)[live]
    for t in range(timestep):
        log_probs, state = model.advance(state, tokens[:, t])
    return log_probs, None, len(live) * (model.start_steps + timestep)


def _step(
    beam: _Beam,
    log_probs: Array,
    state: State | None,
    spent: int,
    beam_width: int,
    timestep: int,
    rules: SearchRules,
) -> StepArrays | None:
    """Expand, sort, keep the best; None where there is nothing to keep."""
    # A stable sort leaves equal tokens in the order of the vocabulary.
    top = (-log_probs).argsort(axis=1, kind="stable")[:, :beam_width]
    rows = np.arange(len(top)).repeat(top.shape[1])
    token = top.ravel()
    token_log_prob = log_probs[rows, token]
    possible = token_log_prob > -np.inf
    if not possible.all():
        rows, token, token_log_prob = rows[possible], token[possible], token_log_prob[possible]
    finished = token == rules.end
    columns = {
        "parent": beam.live[rows],
        "token": token,
        "token_log_prob": token_log_prob,
        "log_prob": beam.log_prob[beam.live[rows]] + token_log_prob,
        "carried": np.zeros(len(token), dtype=bool),
        "finished": finished,
    }
    columns |= _scores(columns["log_prob"], finished, timestep, rules.scoring)
    if len(beam.ended):
        carried = _carried(beam)
        columns = {name: np.append(column, carried[name]) for name, column in columns.items()}
    if not len(columns["score"]):
        return None
    order = np.lexsort((columns["parent"], columns["token"], -columns["score"]))
    ranked: dict[str, Any] = {name: column[order] for name, column in columns.items()}
    kept = min(beam_width, len(order))
    if state is not None:
        growing = order[:kept][~ranked["finished"][:kept]]
        state = {name: array[rows[growing]] for name, array in state.items()}
    return StepArrays(**ranked, kept=kept, state=state, cell_evaluations=spent)


def _scores(
    log_prob: Array, finished: Flags, timestep: int, scoring: Scoring
) -> dict[str, NDArray[Any]]:
    """Lengths and scores of candidates that have just grown to `timestep` tokens."""
    growing = scoring.length(timestep, finished=False)
    ended = scoring.length(timestep, finished=True)
    if growing == ended:
        length = np.full(len(log_prob), growing)
        return {"length": length, "score": log_prob / scoring.divisor(growing)}
    divisor = np.where(finished, scoring.divisor(ended), scoring.divisor(growing))
    return {"length": np.where(finished, ended, growing), "score": log_prob / divisor}


def _carried(beam: _Beam) -> dict[str, NDArray[Any]]:
    """The finished hypotheses as candidates that have not grown."""
    assert beam.before is not None
    ended, before = beam.ended, beam.before
    yes = np.ones(len(ended), dtype=bool)
    return {
        "parent": ended,
        "token": before.token[ended],
        "token_log_prob": np.full(len(ended), np.nan),
        "log_prob": before.log_prob[ended],
        "carried": yes,
        "finished": yes,
        "length": before.length[ended],
        "score": before.score[ended],
    }


def _check_work(model: LanguageModel, beam_width: int, rules: SearchRules) -> None:
    """Raise ValueError if the search would ask for too many next-token log-probabilities."""
    size = len(model.vocabulary)
    hypotheses, scored = 1, 0
    for t in range(rules.max_length):
        scored += hypotheses * size * (model.start_steps + t if rules.recompute else 1)
        hypotheses = min(hypotheses * size, beam_width)
    if scored > MAX_SCORED_TOKENS:
        raise ValueError(
            f"beam_width is {beam_width} with max_length {rules.max_length} and {size} tokens: up "
            f"to {scored:,} next-token log-probabilities; allowed are {MAX_SCORED_TOKENS:,}, with "
            "a smaller beam_width or max_length"
        )
