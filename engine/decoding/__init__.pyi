from .beam import beam_search
from .cost import step_costs
from .exact import ExactSearchResult, exact_search
from .exhaustive import exhaustive_search
from .greedy import greedy_search
from .handout_tree import handout_model
from .language_model import LSTMLanguageModel
from .models import LanguageModel, MarkovModel, TreeModel, sequence_log_prob
from .record import (
    BeamSearchResult,
    Hypothesis,
    SearchStep,
    sequence_text,
)
from .user_tree import TreeProblem, UserTreeError, parse_tree
from .verdict import (
    LostOptimum,
    best_by_beam_width,
    compare_scorings,
    lost_optimum,
    smallest_optimal_beam_width,
)

__all__ = [
    "BeamSearchResult",
    "ExactSearchResult",
    "Hypothesis",
    "LSTMLanguageModel",
    "LanguageModel",
    "LostOptimum",
    "MarkovModel",
    "SearchStep",
    "TreeModel",
    "TreeProblem",
    "UserTreeError",
    "beam_search",
    "best_by_beam_width",
    "compare_scorings",
    "exact_search",
    "exhaustive_search",
    "greedy_search",
    "handout_model",
    "lost_optimum",
    "parse_tree",
    "sequence_log_prob",
    "sequence_text",
    "smallest_optimal_beam_width",
    "step_costs",
]
