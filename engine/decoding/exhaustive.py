"""Exhaustive search: every one of the M^T sequences, where there are few enough of them."""

from dataclasses import replace
from typing import Unpack

from engine.decoding.beam import SearchRules, run_search
from engine.decoding.models import LanguageModel, TreeModel
from engine.decoding.record import BeamSearchResult
from engine.decoding.scoring import Conventions

#: Sequences that exhaustive search is willing to list.
MAX_SEQUENCES = 100_000


def exhaustive_search(
    model: LanguageModel,
    max_length: int,
    *,
    recompute: bool = False,
    **conventions: Unpack[Conventions],
) -> BeamSearchResult:
    """Every possible sequence, best first: what a beam that never prunes would find.

    The keywords are those of `beam_search`, and so are ties and dead ends. The steps hold no
    states. Raises ValueError where more than 100 000 sequences would have to be listed: M^T, or
    the edges of a tree.
    """
    rules = SearchRules.checked(model, max_length, **conventions, recompute=recompute)
    size = len(model.vocabulary)
    count = size**max_length
    if isinstance(model, TreeModel):  # a sparse one has far fewer
        count = min(count, model.edges)
    if count > MAX_SEQUENCES:
        shown = f"{count:,}" if max_length * len(str(size)) < 50 else "far more"
        raise ValueError(
            f"max_length is {max_length} with {size} tokens: {size}^{max_length} = {shown} "
            f"sequences; allowed are {MAX_SEQUENCES:,}, with a smaller max_length"
        )
    # A beam with room for every sequence never prunes.
    result = run_search(model, count, rules)
    steps = result._record.steps
    steps[:] = [replace(step, state=None) for step in steps]
    return result
