"""The page on ResNet skips, section by section (handout, 1 (f)).

Rows hold the whole sweep of the hand in a picture, so they are the same wherever it stands; what
is read off at the hand's own value are the words.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from engine.charts import agreement, path_shares, roads, skip_block
from engine.charts import analogy as both_roads
from engine.charts import lesions as lesions_chart
from engine.charts import three_stacks as stacks_chart
from engine.charts import where_it_ends as ends_chart
from engine.charts.skip_block import G
from engine.in_words import rounded
from engine.residual.config import ResidualConfig
from engine.residual.gradients import block_flow
from engine.residual.path_bands import BAND, band_of_paths, product_model
from engine.residual.scaled_skips import PAPER_UNITS
from engine.sections import paper_words as papers
from engine.sections import skip_rows as rows
from engine.sections import skip_sweeps as sweeps
from engine.sections import skip_words as say
from engine.sections.shown import Shown, figure

#: Ratios of the product model that stand beside what the stack's own paths carry.
RATIOS = (0.1, 0.25, 0.4)


def block(config: ResidualConfig) -> Shown:
    """The block as a road beside a way through weights, and the stack that it stands in."""
    g, here, stack = _hand(config)
    middle = rows.middle_block(stack)
    drawn = figure(
        skip_block.block,
        partial(rows.block, stack),
        alt_text="A residual block as a road: the gradient comes from the right, part of it passes "
        "over the skip, part through the weights. Below, all blocks of the stack, over a curve of "
        "the gradient along depth.",
        caption=f"Block {middle} of {config.depth}. {_in_one_line(rows.block_said(stack, here))}",
        hands={G.name: g},
    )
    flow = block_flow(stack, G.values()[here : here + 1], middle)
    parts = flow.loc[0, ["road", "block", "total"]]
    return Shown({"block": drawn}, sentences=_true(say.parts_in_words(*parts)))


def analogy(config: ResidualConfig) -> Shown:
    """(f): the LSTM's cell state along time and the skips along depth, under one hand."""
    g, here, stack = _hand(config)
    both = sweeps.roads(stack)
    left = {name: float(both.left[name][-1, here]) for name, *_ in both_roads.CURVES}
    drawn = figure(
        both_roads.analogy,
        partial(rows.analogy, stack),
        alt_text="A step of an LSTM beside a block of a ResNet, each as a road with a way through "
        "weights; below, what is left of both gradients along time and depth.",
        caption=say.analogy_caption(g, left),
        hands={G.name: g},
    )
    return Shown(
        {"analogy": drawn},
        sentences=_true(say.gate_ends_at_one(g)),
        verdict=say.analogy_verdict(
            g,
            config.depth,
            resnet=left["resnet"],
            plain=float(both.without["resnet"][-1]),
            lstm=left["lstm"],
            rnn=float(both.without["lstm"][-1]),
        ),
    )


def three_stacks(config: ResidualConfig) -> Shown:
    """The same blocks plain, with the skip and with a gate that the network computes."""
    g, here, stack = _hand(config)
    drawn = figure(
        stacks_chart.three_stacks,
        partial(rows.three_stacks, stack),
        alt_text="The gradient along depth and the singular values of the Jacobian from input to "
        "output, for a plain stack, one with the skip g and one with gates.",
        caption=_in_one_line(rows.stacks_said(stack, here)),
        hands={G.name: g},
    )
    return Shown({"three_stacks": drawn})


def paths(config: ResidualConfig) -> Shown:
    """Where the paths are and where the gradient is, at 54 blocks and g = 1 (Veit et al. 2016)."""
    slider, (low, high) = path_shares.WEIGHT_SCALE, BAND
    stack = replace(config, weight_scale=1.0, skip=0.0)
    sweep, here = sweeps.paths(stack), rows.place_of(slider, config.weight_scale)
    band, cancelled = float(sweep.band()[here]), float(sweep.cancelled()[here])
    drawn = figure(
        path_shares.paths,
        partial(rows.paths, stack),
        alt_text="Two histograms over the number of blocks on a path: above how much of the "
        "gradient the paths of each length carry, below how many of the 2⁵⁴ paths are so long. "
        "The lengths 5 to 17 are marked.",
        caption=f"At weight scale {config.weight_scale:g}: {_in_one_line(rows.band_said(stack, here))}",
        hands={slider.name: config.weight_scale},
    )
    shares, doubt = sweep.share[here].tolist(), rows.doubt(sweep, here, config.width)
    half = papers.path_doubt(sweep.size[here, : PAPER_UNITS // 2].tolist(), config.width)
    return Shown(
        {"paths": drawn},
        numbers={
            f"paths of {low} to {high} blocks, of all": f"{band_of_paths() * 100:.4f} %",
            "all parts together": f"{rounded(cancelled)} times the whole",
            **{
                f"if each block passed on r = {r:g}": say.percent(
                    float(product_model(r)[low : high + 1].sum())
                )
                for r in RATIOS
            },
        },
        sentences=_true(
            papers.shorter_than_most(shares, half),
            papers.model_in_words(shares, band, doubt),
            papers.shares_in_words(min(shares), max(shares), cancelled),
        ),
    )


def lesions(config: ResidualConfig) -> Shown:
    """One block deleted at a time, its skip left as it is (Veit et al. 2016).

    Of a deeper stack the first 54 blocks, the paper's number.
    """
    g, here, stack = _hand(config)
    change, _, output = sweeps.lesions(stack)
    drawn = figure(
        lesions_chart.lesions,
        partial(rows.lesions, stack),
        alt_text="For each block the change of the output's response when that block is deleted, "
        "in a plain stack, one with the skip g and one with gates.",
        caption=_in_one_line(rows.lesion_said(stack, here)),
        hands={G.name: g},
    )
    plain = float(np.median(change[:, 0]))
    return Shown({"lesions": drawn}, sentences=_true(say.hidden_lesions(plain, output)))


def scaled_skips(config: ResidualConfig) -> Shown:
    """Skips that multiply, as products along the road (He et al. 2016)."""
    g, here, stack = _hand(replace(config, depth=PAPER_UNITS))
    drawn = figure(
        roads.scaled_skips,
        partial(rows.scaled_skips, stack),
        alt_text="Curves of what the skips alone leave of a gradient over 54 units, for the "
        "reader's g and for six shortcuts of He et al. (2016), each with the test error that its "
        "network reached.",
        caption=_in_one_line(rows.road_said(stack, here)),
        hands={G.name: g},
    )
    said = papers.published_in_words(sweeps.published())
    return Shown({"scaled_skips": drawn}, sentences=_true(said))


def decorrelation(angle: float = 15) -> Shown:
    """Gradients at two inputs, and how alike they stay along depth (Balduzzi et al. 2017).

    angle: between the inputs, degrees. No stack of the page: its blocks are ReLUs of normalised
    sums, as the laws want them.
    """
    curves, _ = sweeps.correlations()
    drawn = figure(
        agreement.decorrelation,
        partial(rows.decorrelation),
        alt_text="Correlation between the gradients at two inputs over depth, for a stack with "
        "skips and one without, beside the laws 2 to the power of −L and 1 over the root of L.",
        caption=_in_one_line(rows.agreement_said(rows.place_of(agreement.ANGLE, angle))),
        hands={agreement.ANGLE.name: angle},
    )
    plain, residual = (curves[name][90].to_numpy() for name in ("plain", "residual"))
    return Shown(
        {"decorrelation": drawn},
        sentences=_true(papers.laws_in_words(plain, residual)),
    )


def where_it_ends(config: ResidualConfig) -> Shown:
    """Where the analogy ends: weights of one's own, a gate that looks, a skip that adds."""
    g, here, stack = _hand(config)
    hidden, gradient = sweeps.norms(stack)
    drawn = figure(
        ends_chart.where_it_ends,
        partial(rows.where_it_ends, stack),
        alt_text="Three plots over depth: the largest singular value of each block's weights "
        "beside that of an RNN's one matrix; the gates of a gated stack beside the number g; the "
        "norm of the hidden state with the skip and with gates.",
        caption=_in_one_line(rows.ends_said(stack, here)),
        hands={G.name: g},
    )
    up, down = float(hidden[-1, here]), float(gradient[0, here])
    return Shown(
        {"where_it_ends": drawn},
        sentences=_true(say.growth_in_words(g, up, down), say.GATES_IN_WORDS),
    )


def _hand(config: ResidualConfig) -> tuple[float, int, ResidualConfig]:
    """g, which on this page is one number, its place on the slider, and the stack without it."""
    if not isinstance(config.skip, (int, float)):
        raise ValueError(f"skip is {config.skip!r}; allowed is one number for all units")
    return float(config.skip), rows.place_of(G, config.skip), replace(config, skip=0.0)


def _in_one_line(said: say.Said) -> str:
    """The words of a picture as a caption; two numbers that are compared take a comma after them."""
    between = ", " if ", " in said.headline else " "
    return f"{said.headline}{between}{said.sentence}.".replace("\n", " ")


def _true(*sentences: str) -> tuple[str, ...]:
    """The sentences that hold here."""
    return tuple(sentence for sentence in sentences if sentence)
