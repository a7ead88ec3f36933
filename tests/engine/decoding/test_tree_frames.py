"""The frames of a search tree say what the searches did, and leave room for whatever is read."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from engine.decoding import comparisons, exhaustive_search, sequence_log_prob
from engine.decoding.config import DecodingConfig
from engine.decoding.models import TreeModel
from engine.decoding.tree_frames import (
    KEPT,
    NOT_LOOKED_AT,
    PRUNED,
    ROOM,
    TreeFrames,
    algorithm_frame,
    tree_frames,
)
from engine.frames import rows_where
from tests.engine.decoding.strategies import configs, edges

Tokens = tuple[str, ...]


def tokens_of(frames: TreeFrames) -> list[Tokens]:
    """The whole sequence of every node, followed up through its parents."""
    found: list[Tokens] = []
    for row in frames.nodes.itertuples():
        before = found[row.parent] if row.parent != -1 else ()
        found.append((*before, row.word))
    return found


@given(configs())
def test_the_nodes_are_the_tree_with_its_numbers_and_no_branch_vanishes(
    config: DecodingConfig,
) -> None:
    frames, model = tree_frames(config, [1, 2, 3]), config.model
    found = tokens_of(frames)
    assert frames.edges == len(found) == len(set(found))
    assert found == sorted(found, key=lambda each: [model.vocabulary.index(one) for one in each])
    for tokens, row in zip(found, frames.nodes.itertuples(), strict=True):
        assert row.log_prob == pytest.approx(sequence_log_prob(model, tokens))
        before = frames.nodes["log_prob"][row.parent] if row.parent >= 0 else 0.0
        assert row.probability == pytest.approx(math.exp(row.log_prob - before))
        behind = any(other[:-1] == tokens for other in found)
        assert row.leaf == (not behind)
    if isinstance(model, TreeModel):
        possible = [
            path
            for path in edges(model.tree)
            if len(path) <= config.max_length
            and config.end_token not in path[:-1]
            and sequence_log_prob(model, path) > -math.inf
        ]
        assert set(found) == set(possible)


@given(configs())
def test_the_states_are_what_each_search_did(config: DecodingConfig) -> None:
    frames = tree_frames(config, range(1, 5))
    result = comparisons.beam(config)
    beams = [[kept.tokens for kept in step.kept] for step in result.steps]
    beams += beams[-1:] * (frames.steps - len(beams))
    own = rows_where(frames.states, beam_width=config.beam_width).set_index("node")
    for node, tokens in enumerate(tokens_of(frames)):
        row, depth = own.loc[node], len(tokens)
        steps = result.steps[depth - 1 : depth]
        seen = any(tokens in step.candidates["tokens"].tolist() for step in steps)
        kept = depth <= len(result.steps) and tokens in beams[depth - 1]
        assert row["state"] == (KEPT if kept else PRUNED if seen else NOT_LOOKED_AT)
        holding = [
            t for t, beam in enumerate(beams, start=1) if tokens in [b[:depth] for b in beam]
        ]
        assert row["alive_until"] == max(holding, default=0)
        assert row["wins"] == (result.best.tokens[:depth] == tokens)


@given(configs())
def test_what_is_read_has_room_and_stands_in_the_order_of_the_tree(config: DecodingConfig) -> None:
    frames = tree_frames(config, [1, 3])
    table = frames.states.merge(frames.nodes[["node", "timestep", "parent"]], on="node")
    assert table["y"].between(0, 1).all()
    for (width, _), column in table.groupby(["beam_width", "timestep"]):
        looked = column[column["state"] != NOT_LOOKED_AT].sort_values("node")
        gaps = looked["y"].diff().dropna() * column["height"].iloc[0]
        assert (gaps > ROOM[PRUNED] - 1e-9).all()
        by_node = table[table["beam_width"] == width].set_index("node")["y"]
        for row in column.itertuples():
            if row.parent >= 0:
                assert row.parent_y == by_node[row.parent]
    for _, column in frames.nodes.groupby("timestep"):
        assert all(above < below for above, below in pairwise(column["row"]))


@given(configs())
def test_an_optimum_survives_where_the_beam_holds_the_beginning_of_a_best_sequence(
    config: DecodingConfig,
) -> None:
    frames = tree_frames(config, [1, 2])
    listed = exhaustive_search(config.model, config.max_length, **config.conventions).hypotheses
    best = [one.tokens for one in listed if one.score >= listed[0].score - 1e-9]
    for row in frames.survival.itertuples():
        result = comparisons.beam(replace(config, beam_width=row.beam_width))
        step = result.steps[min(row.timestep, len(result.steps)) - 1]
        held = {kept.tokens[: row.timestep] for kept in step.kept}
        assert row.in_beam == any(tokens[: row.timestep] in held for tokens in best)


@given(configs())
def test_the_ranked_candidates_are_the_searches_own(config: DecodingConfig) -> None:
    frames = tree_frames(config, [2])
    found = tokens_of(frames)
    result = comparisons.beam(replace(config, beam_width=2))
    ranked = frames.ranked
    assert [found[node] for node in ranked["node"]] == result.candidates["tokens"].tolist()
    for name in ("rank", "log_prob", "score", "kept", "margin"):
        assert ranked[name].tolist() == pytest.approx(result.candidates[name].tolist(), nan_ok=True)
    for _, step in ranked.groupby("timestep"):
        assert sorted(step["tree_rank"]) == list(range(1, len(step) + 1))
        assert step.sort_values("tree_rank")["node"].is_monotonic_increasing


def test_on_the_handouts_tree_k_3_is_where_the_optimum_begins_to_survive() -> None:
    frames = tree_frames(DecodingConfig(), range(1, 9))
    in_beam = frames.survival.pivot_table("in_beam", "timestep", "beam_width")
    assert in_beam.loc[1].all()
    assert in_beam.loc[3].tolist() == [0, 0, *[1] * 6]
    first_loser = frames.ranked.query("beam_width == 2 and timestep == 2 and rank == 3").iloc[0]
    assert first_loser["sequence"] == "neural neural"
    assert first_loser["margin"] == pytest.approx(0.12)
    assert first_loser["optimum"]
    assert frames.nodes["assumed"].sum() == 6
    assert (frames.steps, frames.rows, frames.edges) == (3, 8, 14)


@pytest.mark.parametrize("widths", [[1], [1, 4]])
def test_of_a_large_tree_the_picture_holds_what_was_looked_at_and_both_paths(
    widths: list[int],
) -> None:
    config = DecodingConfig("characters", "", max_length=12)
    frames = tree_frames(config, widths)
    assert frames.edges is None
    greedy, optimum = comparisons.greedy(config), comparisons.optimum(config)
    assert optimum is not None
    found = {tuple(tokens) for tokens in tokens_of(frames)}
    spelled = {
        tuple("␣" if one == " " else one for one in path.tokens) for path in (greedy, optimum)
    }
    assert spelled <= found
    assert len(found) < 700
    for tokens, log_prob in zip(tokens_of(frames), frames.nodes["log_prob"], strict=True):
        read = [" " if one == "␣" else one for one in tokens]
        assert log_prob == pytest.approx(sequence_log_prob(config.model, read))


def test_two_hundred_edges_are_drawn_whole_and_a_picture_has_at_most_a_thousand_nodes() -> None:
    def flat(tokens: int) -> DecodingConfig:
        lines = "\n".join(f",t{place},-9" for place in range(tokens))
        return DecodingConfig("own", f"prefix,token,log_prob\n{lines}", 1, 1)

    assert tree_frames(flat(200), [1]).edges == 200
    assert tree_frames(flat(201), [1]).edges is None
    assert len(tree_frames(flat(1001), [1000]).nodes) == 1000
    with pytest.raises(ValueError, match="1001 nodes; allowed are 1000"):
        tree_frames(flat(1001), [1001])


def test_one_line_of_the_algorithm_is_at_work_at_each_moment() -> None:
    frame = algorithm_frame(DecodingConfig(scoring="mean"))
    moments = [moment for moment in frame["moment"] if moment]
    assert moments == ["start", "propose", "sort", "keep", "return"]
    assert "sort the candidates by score" in frame["words"].tolist()
    assert "sort the candidates by total" in algorithm_frame(DecodingConfig())["words"].tolist()
