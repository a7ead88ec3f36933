"""Greedy search: the most likely next token, again and again."""

import numpy as np

from engine.decoding.beam import SearchRules, next_log_probs
from engine.decoding.models import LanguageModel
from engine.decoding.record import BeamSearchResult, SearchRecord, StepArrays
from engine.decoding.scoring import Scoring, ScoringName

_ONE = np.zeros(1, dtype=np.int64)


def greedy_search(
    model: LanguageModel,
    max_length: int,
    *,
    end_token: str | None = None,
    length_penalty: float = 0.0,
    scoring: ScoringName = "length",
    count_end_token: bool = True,
    recompute: bool = False,
) -> BeamSearchResult:
    """Take the most likely next token until the end token or `max_length` (handout, 2).

    The keywords are those of `beam_search`; the conventions change the score that is reported,
    never the path. Equally likely tokens: the earlier one in the vocabulary.
    """
    ranking = Scoring(scoring, length_penalty, count_end_token)
    rules = SearchRules.checked(model, max_length, end_token, ranking, recompute)
    record = SearchRecord(model.vocabulary, [])
    log_prob, model_steps, ended = 0.0, 0, False
    while len(record.steps) < max_length and not ended:
        log_probs, state, spent = next_log_probs(model, record, _ONE, rules)
        model_steps += spent
        token = int(np.argmax(log_probs[0]))
        if log_probs[0, token] == -np.inf:
            break
        log_prob += float(log_probs[0, token])
        ended = token == rules.end
        length = ranking.length(len(record.steps) + 1, ended)
        step = StepArrays(
            parent=_ONE,
            token=np.array([token]),
            token_log_prob=log_probs[0, [token]],
            log_prob=np.array([log_prob]),
            length=np.array([length]),
            score=np.array([ranking.score(log_prob, length)]),
            carried=np.array([False]),
            finished=np.array([ended]),
            kept=1,
            state={name: array[:0] for name, array in state.items()} if ended and state else state,
            cell_evaluations=spent,
        )
        record.steps.append(step)
    return BeamSearchResult(model_steps, record)
