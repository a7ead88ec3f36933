"""The page on ResNet skips, section by section (handout, 1 (f)).

Rows hold the whole sweep of the hand in a picture, so they are the same wherever it stands; what
is read off at the hand's own value are the words.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.charts import agreement, path_shares, roads, skip_block
from engine.charts import analogy as both_roads
from engine.charts import lesions as lesions_chart
from engine.charts import three_stacks as stacks_chart
from engine.charts import where_it_ends as ends_chart
from engine.charts.skip_block import G
from engine.charts.stage import packed
from engine.in_words import rounded, scientific
from engine.recurrent.weights import draw_weights
from engine.residual import carry_gates
from engine.residual.analogy import lstm_beside
from engine.residual.block_flow import block_flow
from engine.residual.config import HIGHWAY, ResidualConfig
from engine.residual.decorrelation import DEPTH, gradient_correlations
from engine.residual.path_bands import BAND, band_of_paths, product_model
from engine.residual.scaled_skips import PAPER_UNITS, published_roads
from engine.residual.weights import draw_stack
from engine.sections import paper_words as papers
from engine.sections import skip_rows as rows
from engine.sections import skip_sweeps as sweeps
from engine.sections import skip_words as say
from engine.sections.shown import Shown, figure

#: Ratios of the product model that stand beside what the stack's own paths carry.
RATIOS = (0.1, 0.25, 0.4)


def block(config: ResidualConfig) -> Shown:
    """The block as a road beside a way through weights, and the stack that it stands in."""
    g, skips, depth = rows.own_skip(config), G.values(), config.depth
    here, middle, stack = rows.place_of(G, g), (depth + 1) // 2, sweeps.without_hand(config)
    flow = block_flow(stack, skips, middle)
    left = rows.relative_to_loss(sweeps.norms(stack)[1])
    road = rows.log10_powers(skips, depth - np.arange(depth + 1.0))
    said = [
        say.block_said(float(skip), left[0, n], road[0, n], depth) for n, skip in enumerate(skips)
    ]
    frames = {
        "flow": pd.DataFrame(
            {"layer": [middle]} | {c: packed(flow[[c]].to_numpy().T) for c in skip_block.COLUMNS}
        ),
        "layers": pd.DataFrame(
            {
                "layer": np.arange(1, depth + 2),
                "plain": left[:, 0],
                "gradients": packed(left),
                "roads": packed(road),
            }
        ),
        "ticks": rows.axis_ticks([left]),
        "said": rows.joined(said),
    }
    drawn = figure(
        skip_block.block,
        frames,
        alt_text="A residual block as a road: the gradient comes from the right, part of it passes "
        "over the skip, part through the weights. Below, all blocks of the stack, over a curve of "
        "the gradient along depth.",
        caption=f"Block {middle} of {depth}. {rows.in_one_line(said[here])}",
        hands={G.name: g},
    )
    parts = flow.loc[here, ["road", "block", "total"]]
    return Shown({"block": drawn}, sentences=rows.true(say.parts_in_words(*parts)))


def analogy(config: ResidualConfig) -> Shown:
    """(f): the LSTM's cell state along time and the skips along depth, under one hand."""
    g, here = rows.own_skip(config), rows.place_of(G, rows.own_skip(config))
    both = sweeps.roads(sweeps.without_hand(config))
    left = {name: float(both.left[name][-1, here]) for name, *_ in both_roads.CURVES}
    drawn = figure(
        both_roads.analogy,
        rows.of_two_roads(both),
        alt_text="A step of an LSTM beside a block of a ResNet, each as a road with a way through "
        "weights; below, what is left of both gradients along time and depth.",
        caption=say.analogy_caption(g, left),
        hands={G.name: g},
    )
    return Shown(
        {"analogy": drawn},
        sentences=rows.true(say.gate_ends_at_one(g)),
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
    g, skips = rows.own_skip(config), G.values()
    stack = sweeps.without_hand(config)
    along, spectra = sweeps.along_depth(stack), sweeps.spectra(stack)
    said = [
        say.stacks_said(float(skip), along.at(n), spectra.at(n)) for n, skip in enumerate(skips)
    ]
    here = rows.place_of(G, g)
    drawn = figure(
        stacks_chart.three_stacks,
        {
            "layers": along.rows("layer"),
            "values": spectra.rows("rank"),
            "layer_ticks": along.ticks(),
            "value_ticks": spectra.ticks(),
            "said": rows.joined(said),
        },
        alt_text="The gradient along depth and the singular values of the Jacobian from input to "
        "output, for a plain stack, one with the skip g and one with gates.",
        caption=rows.in_one_line(said[here]),
        hands={G.name: g},
    )
    # h_L is the last state but one: the output is h_(L+1).
    ratios = dict(zip(("plain", "with the skip", "gated"), along.at(here), strict=True))
    return Shown(
        {"three_stacks": drawn},
        numbers={
            f"‖∂L/∂h₁‖ / ‖∂L/∂h_L‖ {name}": scientific(float(rows.less(of[0], of[-2])))
            for name, of in ratios.items()
        },
    )


def paths(config: ResidualConfig) -> Shown:
    """Where the paths are and where the gradient is, at 54 blocks and g = 1 (Veit et al. 2016)."""
    slider, (low, high) = path_shares.WEIGHT_SCALE, BAND
    sweep = sweeps.paths(sweeps.without_hand(replace(config, weight_scale=1.0)))
    band, cancelled = sweep.band().tolist(), sweep.cancelled().tolist()
    doubts = [papers.path_doubt(of[low : high + 1], config.width) for of in sweep.size.tolist()]
    said = [papers.band_said(*of) for of in zip(band, doubts, cancelled, strict=True)]
    here = rows.place_of(slider, config.weight_scale)
    drawn = figure(
        path_shares.paths,
        {
            "lengths": rows.of_lengths(sweep),
            "example": rows.two_paths(),
            "said": rows.joined(said),
        },
        alt_text="Two histograms over the number of blocks on a path: above how much of the "
        "gradient the paths of each length carry, below how many of the 2⁵⁴ paths are so long. "
        "The lengths 5 to 17 are marked.",
        caption=f"At weight scale {config.weight_scale:g}: {rows.in_one_line(said[here])}",
        hands={slider.name: config.weight_scale},
    )
    shares, doubt = sweep.share[here].tolist(), doubts[here]
    half = papers.path_doubt(sweep.size[here, : PAPER_UNITS // 2].tolist(), config.width)
    return Shown(
        {"paths": drawn},
        numbers={
            f"paths of {low} to {high} blocks, of all": f"{band_of_paths() * 100:.4f} %",
            "all parts together": f"{rounded(cancelled[here])} times the whole",
            **{
                f"if each block passed on r = {r:g}": say.percent(
                    float(product_model(r)[low : high + 1].sum())
                )
                for r in RATIOS
            },
        },
        sentences=rows.true(
            papers.shorter_than_most(shares, half),
            papers.model_in_words(shares, band[here], doubt),
            papers.shares_in_words(min(shares), max(shares), cancelled[here]),
        ),
    )


def lesions(config: ResidualConfig) -> Shown:
    """One block deleted at a time, its skip left as it is (Veit et al. 2016).

    Of a deeper stack the first 54 blocks, the paper's number.
    """
    g, skips = rows.own_skip(config), G.values()
    change, gated, output = sweeps.lesions(sweeps.without_hand(config))
    middle = np.median(change, axis=0)
    said = [
        say.lesion_said(float(skip), middle[0], middle[n], float(np.median(gated)))
        for n, skip in enumerate(skips)
    ]
    here = rows.place_of(G, g)
    drawn = figure(
        lesions_chart.lesions,
        rows.of_lesions(change, gated) | {"said": rows.joined(said)},
        alt_text="For each block the change of the output's response when that block is deleted, "
        "in a plain stack, one with the skip g and one with gates.",
        caption=rows.in_one_line(said[here]),
        hands={G.name: g},
    )
    return Shown(
        {"lesions": drawn}, sentences=rows.true(say.hidden_lesions(float(middle[0]), output))
    )


def scaled_skips(config: ResidualConfig) -> Shown:
    """Skips that multiply, as products along the road (He et al. 2016)."""
    g, skips, back = rows.own_skip(config), G.values(), np.arange(PAPER_UNITS + 1.0)
    _, gradient = sweeps.norms(sweeps.without_hand(replace(config, depth=PAPER_UNITS)))
    left = rows.relative_to_loss(gradient)[::-1]
    road, published = rows.log10_powers(skips, back), published_roads()
    said = [
        papers.road_said(float(skip), road[-1, n], left[-1, n], PAPER_UNITS)
        for n, skip in enumerate(skips)
    ]
    drawn = figure(
        roads.scaled_skips,
        {
            "roads": published.drop(columns="test_error"),
            "mine": pd.DataFrame({"units": back, "roads": packed(road), "gradients": packed(left)}),
            "ends": rows.ends_of_roads(published),
            "said": rows.joined(said),
        },
        alt_text="Curves of what the skips alone leave of a gradient over 54 units, for the "
        "reader's g and for six shortcuts of He et al. (2016), each with the test error that its "
        "network reached.",
        caption=rows.in_one_line(said[rows.place_of(G, g)]),
        hands={G.name: g},
    )
    return Shown({"scaled_skips": drawn}, sentences=rows.true(papers.published_in_words(published)))


def decorrelation(angle: float = 15) -> Shown:
    """Gradients at two inputs, and how alike they stay along depth (Balduzzi et al. 2017).

    angle: between the inputs, degrees. No stack of the page: its blocks are ReLUs of normalised
    sums, as the laws want them.
    """
    found = rows.Correlations.of(gradient_correlations())
    said = [
        papers.agreement_said(*found.at_end(at), angle=at, depth=DEPTH)
        for at in agreement.ANGLE.values().astype(int).tolist()
    ]
    drawn = figure(
        agreement.decorrelation,
        found.frames() | {"said": rows.joined(said)},
        alt_text="Correlation between the gradients at two inputs over depth, for a stack with "
        "skips and one without, beside the laws 2 to the power of −L and 1 over the root of L.",
        caption=rows.in_one_line(said[rows.place_of(agreement.ANGLE, angle)]),
        hands={agreement.ANGLE.name: angle},
    )
    right = max(found.plain)
    return Shown(
        {"decorrelation": drawn},
        sentences=rows.true(papers.laws_in_words(found.plain[right], found.residual[right])),
    )


def where_it_ends(config: ResidualConfig) -> Shown:
    """Where the analogy ends: weights of one's own, a gate that looks, a skip that adds."""
    g, skips, stack = rows.own_skip(config), G.values(), sweeps.without_hand(config)
    growth, gradient = sweeps.growth(stack), sweeps.norms(stack)[1]
    gates = carry_gates(replace(stack, skip=HIGHWAY))
    said = [
        say.ends_said(
            float(skip), float(growth.at(n)[1][-1]), float(growth.gated[-1]),
            float(gates["smallest"].min()), float(gates["largest"].max()),
        )
        for n, skip in enumerate(skips)
    ]  # fmt: skip
    shared = draw_weights(replace(lstm_beside(config, 1.0), cell="rnn", forced_forget=None))
    here = rows.place_of(G, g)
    drawn = figure(
        ends_chart.where_it_ends,
        {
            "blocks": rows.of_blocks(draw_stack(config).weights, shared.w_h, gates),
            "layers": growth.rows("layer").rename(columns={"residual": "hidden"}),
            "ticks": growth.ticks(),
            "said": rows.joined(said),
        },
        alt_text="Three plots over depth: the largest singular value of each block's weights "
        "beside that of an RNN's one matrix; the gates of a gated stack beside the number g; the "
        "norm of the hidden state with the skip and with gates.",
        caption=rows.in_one_line(said[here]),
        hands={G.name: g},
    )
    down = float(rows.less(gradient[0, here], gradient[-1, here]))
    return Shown(
        {"where_it_ends": drawn},
        sentences=rows.true(
            say.growth_in_words(g, float(growth.at(here)[1][-1]), down), say.GATES_IN_WORDS
        ),
    )
