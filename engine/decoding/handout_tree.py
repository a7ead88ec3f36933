"""The tree of the handout's Figure 4, as far as its text prints it, and the rest as assumptions.

The text prints eight of the fourteen log-probabilities (2, (a)-(d)). Where it prints one of the
two at a node, the other is taken from the rule that they sum to one. At "network network" it
prints neither: there the two are taken as equal. Nothing is rescaled, so at the root, where both
are printed with two digits, the probabilities sum to 1.004.

No assumption can change an answer of the handout: tests/engine/decoding/test_handout_tree.py
tries everything that the rule would allow in their place.
"""

import math

from engine.decoding.models import TreeModel

VOCABULARY = ("neural", "network")
BEAM_WIDTH = 2
LENGTH = 3

#: {prefix: {token: log-probability}} as the text prints them.
PRINTED: dict[tuple[str, ...], dict[str, float]] = {
    (): {"neural": -0.65, "network": -0.73},  # (a)
    ("neural",): {"neural": -0.8, "network": -0.6},  # (d), (b)
    ("network",): {"neural": -0.6},  # (b)
    ("neural", "neural"): {"neural": -0.01},  # (d)
    ("neural", "network"): {"network": -0.6},  # (c)
    ("network", "neural"): {"network": -0.6},  # (c)
    ("network", "network"): {},
}


def handout_model() -> TreeModel:
    """The tree as a model, printed and assumed edges alike."""
    edges = {prefix: _with_assumed(printed) for prefix, printed in PRINTED.items()}
    return TreeModel(edges, VOCABULARY)


def assumed_edges() -> frozenset[tuple[str, ...]]:
    """The edges that the text doesn't print, each as the sequence that it leads to."""
    return frozenset(
        (*prefix, token)
        for prefix, printed in PRINTED.items()
        for token in VOCABULARY
        if token not in printed
    )


def _with_assumed(printed: dict[str, float]) -> dict[str, float]:
    """Both edges of a node, in the order of the vocabulary."""
    missing = [token for token in VOCABULARY if token not in printed]
    left = 1 - sum(math.exp(log_prob) for log_prob in printed.values())
    assumed = {token: math.log(left / len(missing)) for token in missing}
    return {token: (printed | assumed)[token] for token in VOCABULARY}
