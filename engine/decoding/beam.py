"""Beam search: the handout's Algorithm 1, and the loop that exhaustive search shares with it.

For each time step t, every hypothesis in the beam proposes its top k tokens, the at most k²
sequences are sorted by their score, and the top k are the new beam.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arguments import require_flag, require_integer, shown
from engine.decoding.models import ROUNDING, LanguageModel, State
from engine.decoding.record import BeamSearchResult, Indices, SearchRecord, StepArrays
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
        end_token: str | None = None,
        length_penalty: float = 0.0,
        scoring: ScoringName = "length",
        count_end_token: bool = True,
        recompute: bool = False,
    ) -> "SearchRules":
        """The rules from the arguments of `beam_search`, or ValueError."""
        ranking = Scoring(scoring, length_penalty, count_end_token)
        require_integer("max_length", max_length, 1, MAX_LENGTH)
        require_flag("recompute", recompute)
        if end_token is not None and end_token not in model.vocabulary:
            raise ValueError(
                f"end_token is {end_token!r}; allowed is None or one of the model's vocabulary, "
                f"{shown(model.vocabulary)}"
            )
        end = -1 if end_token is None else model.vocabulary.index(end_token)
        return cls(ranking, max_length, end, recompute)


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
    rules = SearchRules.checked(
        model, max_length, end_token, length_penalty, scoring, count_end_token, recompute
    )
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
    live = np.zeros(1, dtype=np.int64)  # the unfinished hypotheses, by their places in the beam
    while len(record.steps) < rules.max_length and len(live):
        log_probs, state, spent = _next_log_probs(model, record, live, rules)
        model_steps += spent
        step = _step(record, live, log_probs, state, spent, beam_width, rules)
        if step is None:
            break
        record.steps.append(step)
        if until_settled and _is_settled(step, rules):
            break
        live = (~step.finished[: step.kept]).nonzero()[0]
    return BeamSearchResult(model_steps, record)


def _is_settled(step: StepArrays, rules: SearchRules) -> bool:
    """Whether the best is out of reach of all that go on, and so none of them.

    A total doesn't rise any more, so a score is at best the total over the largest divisor.
    """
    live = step.log_prob[: step.kept][~step.finished[: step.kept]]
    within_reach = live / rules.scoring.divisor(rules.max_length)
    return bool((within_reach < step.score[0] - ROUNDING * rules.max_length).all())


def _next_log_probs(
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
    record: SearchRecord,
    live: Indices,
    log_probs: Array,
    state: State | None,
    spent: int,
    beam_width: int,
    rules: SearchRules,
) -> StepArrays | None:
    """Expand, sort, keep the best; None where there is nothing to keep."""
    before = record.steps[-1] if record.steps else None
    total = np.zeros(1) if before is None else before.log_prob
    # A stable sort leaves equal tokens in the order of the vocabulary.
    top = (-log_probs).argsort(axis=1, kind="stable")[:, :beam_width]
    rows = np.arange(len(top)).repeat(top.shape[1])
    token = top.ravel()
    possible = log_probs[rows, token] > -np.inf
    if not possible.all():
        rows, token = rows[possible], token[possible]
    parent, token_log_prob, finished = live[rows], log_probs[rows, token], token == rules.end
    log_prob = total[parent] + token_log_prob
    # Lengths of those that go on and of those that end here.
    lengths = [rules.scoring.length(len(record.steps) + 1, ended) for ended in (False, True)]
    divisors = [rules.scoring.divisor(length) for length in lengths]
    columns: dict[str, NDArray[Any]] = {
        "parent": parent,
        "token": token,
        "token_log_prob": token_log_prob,
        "log_prob": log_prob,
        "length": np.where(finished, lengths[1], lengths[0]),
        "score": log_prob / np.where(finished, divisors[1], divisors[0]),
        "carried": np.zeros(len(token), dtype=bool),
        "finished": finished,
    }
    if before is not None and before.finished[: before.kept].any():
        columns = _with_carried(columns, before)
    if not len(columns["score"]):
        return None
    order = np.lexsort((columns["parent"], columns["token"], -columns["score"]))
    ranked: dict[str, Any] = {name: column[order] for name, column in columns.items()}
    kept = min(beam_width, len(order))
    if state is not None:
        growing = order[:kept][~ranked["finished"][:kept]]
        state = {name: array[rows[growing]] for name, array in state.items()}
    return StepArrays(**ranked, kept=kept, state=state, cell_evaluations=spent)


def _with_carried(columns: dict[str, NDArray[Any]], before: StepArrays) -> dict[str, NDArray[Any]]:
    """The candidates and, behind them, the finished hypotheses, which have not grown."""
    ended = before.finished[: before.kept].nonzero()[0]
    carried = {name: getattr(before, name)[ended] for name in columns} | {
        "parent": ended,
        "token_log_prob": np.full(len(ended), np.nan),
        "carried": np.ones(len(ended), dtype=bool),
    }
    return {name: np.append(column, carried[name]) for name, column in columns.items()}


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
