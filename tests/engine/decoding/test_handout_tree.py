"""The handout's printed results, to the last digit, whatever stands on the edges it leaves out."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from engine.decoding import (
    TreeModel,
    beam_search,
    exhaustive_search,
    handout_model,
)
from engine.decoding.handout_tree import BEAM_WIDTH, LENGTH, PRINTED, VOCABULARY, assumed_edges
from tests.engine.decoding.strategies import edges

#: Handout, 2 (a)-(c): what beam search stores after each step.
STORED = [
    {"neural": "-0.65", "network": "-0.73"},
    {"neural network": "-1.25", "network neural": "-1.33"},
    {"neural network network": "-1.85", "network neural network": "-1.93"},
]
OPTIMUM = "neural neural neural"  # (d), -1.46


@st.composite
def other_assumptions(draw: st.DrawFn) -> TreeModel:
    """Anything in place of the assumed edges that leaves a node's sum at 1.01 or less."""
    tree = {}
    for prefix, printed in PRINTED.items():
        left = 1.01 - sum(map(math.exp, printed.values()))
        node = dict(printed)
        for token in VOCABULARY:
            if token not in printed:
                probability = draw(st.floats(0, min(1.0, left)))
                node[token] = math.log(probability) if probability > 0 else -math.inf
                left -= probability
        tree[prefix] = node
    return TreeModel(tree, VOCABULARY)


@given(other_assumptions())
@example(handout_model())
def test_the_printed_results_come_out_to_the_last_digit_whatever_is_assumed(
    model: TreeModel,
) -> None:
    stored = [
        [(" ".join(kept.tokens), f"{kept.log_prob:.2f}") for kept in step.kept]
        for step in beam_search(model, BEAM_WIDTH, LENGTH).steps
    ]
    assert stored == [list(step.items()) for step in STORED]
    best = exhaustive_search(model, LENGTH).best
    assert (" ".join(best.tokens), f"{best.log_prob:.2f}") == (OPTIMUM, "-1.46")


def test_every_edge_is_there_and_those_that_are_not_assumed_are_as_printed() -> None:
    found = edges(handout_model().tree)
    assert len(found) == 2 + 4 + 8
    assert len(assumed_edges()) == 6
    assert {path: found[path] for path in found.keys() - assumed_edges()} == edges(PRINTED)


def test_nodes_sum_to_one_where_an_edge_is_assumed_and_are_left_alone_elsewhere() -> None:
    for prefix, children in handout_model().tree.items():
        total = sum(map(math.exp, children.values()))
        if any((*prefix, token) in assumed_edges() for token in children):
            assert math.isclose(total, 1)
        else:
            assert 0.001 < abs(total - 1) < 0.005, prefix
