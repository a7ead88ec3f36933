"""Beam, greedy and exhaustive search over small language models (handout, 2 (a)-(e))."""

from engine.decoding.beam import beam_search
from engine.decoding.exhaustive import exhaustive_search, sequence_count, sequences_to_visit
from engine.decoding.greedy import greedy_search
from engine.decoding.handout_tree import handout_edges, handout_model
from engine.decoding.language_model import LSTMLanguageModel
from engine.decoding.models import LanguageModel, MarkovModel, TreeModel, sequence_log_prob
from engine.decoding.record import (
    BeamSearchResult,
    Hypothesis,
    SearchStep,
    StoredHypothesis,
    sequence_text,
)
from engine.decoding.user_tree import TreeProblem, UserTreeError, parse_rows, parse_tree
from engine.decoding.verdict import (
    LostOptimum,
    best_by_beam_width,
    compare_scorings,
    lost_optimum,
    search_cost,
    smallest_optimal_beam_width,
)

__all__ = [
    "BeamSearchResult",
    "Hypothesis",
    "LSTMLanguageModel",
    "LanguageModel",
    "LostOptimum",
    "MarkovModel",
    "SearchStep",
    "StoredHypothesis",
    "TreeModel",
    "TreeProblem",
    "UserTreeError",
    "beam_search",
    "best_by_beam_width",
    "compare_scorings",
    "exhaustive_search",
    "greedy_search",
    "handout_edges",
    "handout_model",
    "lost_optimum",
    "parse_rows",
    "parse_tree",
    "search_cost",
    "sequence_count",
    "sequence_log_prob",
    "sequence_text",
    "sequences_to_visit",
    "smallest_optimal_beam_width",
]
