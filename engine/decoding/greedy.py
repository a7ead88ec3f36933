"""Greedy search: the most likely next token, again and again."""

from typing import Unpack

from engine.decoding.beam import SearchRules, run_search
from engine.decoding.models import LanguageModel
from engine.decoding.record import BeamSearchResult
from engine.decoding.scoring import Conventions


def greedy_search(
    model: LanguageModel,
    max_length: int,
    *,
    recompute: bool = False,
    **conventions: Unpack[Conventions],
) -> BeamSearchResult:
    """Take the most likely next token until the end token or `max_length` (handout, 2).

    This is a beam of one. The keywords are those of `beam_search`; the conventions change the score
    that is reported, never the path. Equally likely tokens: the earlier one in the vocabulary.
    """
    rules = SearchRules.checked(model, max_length, **conventions, recompute=recompute)
    return run_search(model, 1, rules)
