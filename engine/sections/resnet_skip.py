"""The page on ResNet skips, section by section (handout, 1 (f)).

Rows hold the whole sweep of the hand in a picture, so they are the same wherever it stands; what
is read off at the hand's own value are the words.
"""

from dataclasses import replace
from functools import partial

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
from engine.residual.analogy import lstm_beside
from engine.residual.config import ResidualConfig
from engine.residual.decorrelation import DEPTH
from engine.residual.gradients import block_flow
from engine.residual.path_bands import BAND, PathSweep, band_of_paths, product_model
from engine.residual.scaled_skips import PAPER_UNITS
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
    g, stack = rows.own_skip(config), sweeps.without_hand(config)
    here, middle = rows.place_of(G, g), _middle(stack)
    drawn = figure(
        skip_block.block,
        partial(_block, stack),
        alt_text="A residual block as a road: the gradient comes from the right, part of it passes "
        "over the skip, part through the weights. Below, all blocks of the stack, over a curve of "
        "the gradient along depth.",
        caption=f"Block {middle} of {config.depth}. {rows.in_one_line(_block_said(stack, here))}",
        hands={G.name: g},
    )
    flow = block_flow(stack, G.values()[here : here + 1], middle)
    parts = flow.loc[0, ["road", "block", "total"]]
    return Shown({"block": drawn}, sentences=rows.true(say.parts_in_words(*parts)))


def _middle(stack: ResidualConfig) -> int:
    """The block that is drawn large."""
    return (stack.depth + 1) // 2


def _block(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.skip_block.block`."""
    skips, layers = G.values(), np.arange(1.0, stack.depth + 2)
    flow = block_flow(stack, skips, _middle(stack))
    left = rows.relative_to_loss(sweeps.norms(stack)[1])
    roads_left = packed(rows.log10_powers(skips, stack.depth + 1 - layers))
    wide = {column: packed(flow[[column]].to_numpy().T) for column in skip_block.COLUMNS}
    return {
        "flow": pd.DataFrame({"layer": [_middle(stack)], **wide}),
        "layers": pd.DataFrame(
            {
                "layer": layers.astype(int),
                "plain": left[:, 0],
                "gradients": packed(left),
                "roads": roads_left,
            }
        ),
        "ticks": rows.axis_ticks([left]),
        "said": rows.everywhere(partial(_block_said, stack)),
    }


def _block_said(stack: ResidualConfig, place: int) -> say.Said:
    """The words of one place of the hand."""
    gradient, skips = sweeps.norms(stack)[1][:, place], G.values()[place : place + 1]
    left = rows.relative_to_loss(gradient)[0]
    road = rows.log10_powers(skips, np.array([float(stack.depth)]))[0, 0]
    return say.block_said(float(skips[0]), left, road, stack.depth)


def analogy(config: ResidualConfig) -> Shown:
    """(f): the LSTM's cell state along time and the skips along depth, under one hand."""
    g, here = rows.own_skip(config), rows.place_of(G, rows.own_skip(config))
    both = sweeps.roads(sweeps.without_hand(config))
    left = {name: float(both.left[name][-1, here]) for name, *_ in both_roads.CURVES}
    drawn = figure(
        both_roads.analogy,
        partial(_analogy, sweeps.without_hand(config)),
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


def _analogy(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    return rows.of_two_roads(sweeps.roads(stack))


def three_stacks(config: ResidualConfig) -> Shown:
    """The same blocks plain, with the skip and with a gate that the network computes."""
    g, stack = rows.own_skip(config), sweeps.without_hand(config)
    along, here = sweeps.along_depth(stack), rows.place_of(G, g)
    drawn = figure(
        stacks_chart.three_stacks,
        partial(_three_stacks, stack),
        alt_text="The gradient along depth and the singular values of the Jacobian from input to "
        "output, for a plain stack, one with the skip g and one with gates.",
        caption=rows.in_one_line(_stacks_said(stack, here)),
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


def _three_stacks(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.three_stacks.three_stacks`."""
    along, spectra = sweeps.along_depth(stack), sweeps.spectra(stack)
    return {
        "layers": along.rows("layer"),
        "values": spectra.rows("rank"),
        "layer_ticks": along.ticks(),
        "value_ticks": spectra.ticks(),
        "said": rows.everywhere(partial(_stacks_said, stack)),
    }


def _stacks_said(stack: ResidualConfig, place: int) -> say.Said:
    along, spectra = sweeps.along_depth(stack), sweeps.spectra(stack)
    return say.stacks_said(float(G.values()[place]), along.at(place), spectra.at(place))


def paths(config: ResidualConfig) -> Shown:
    """Where the paths are and where the gradient is, at 54 blocks and g = 1 (Veit et al. 2016)."""
    slider, (low, high) = path_shares.WEIGHT_SCALE, BAND
    stack = sweeps.without_hand(replace(config, weight_scale=1.0))
    sweep, here = sweeps.paths(stack), rows.place_of(slider, config.weight_scale)
    band, cancelled = float(sweep.band()[here]), float(sweep.cancelled()[here])
    drawn = figure(
        path_shares.paths,
        partial(_paths, stack),
        alt_text="Two histograms over the number of blocks on a path: above how much of the "
        "gradient the paths of each length carry, below how many of the 2⁵⁴ paths are so long. "
        "The lengths 5 to 17 are marked.",
        caption=f"At weight scale {config.weight_scale:g}: {rows.in_one_line(_band_said(stack, here))}",
        hands={slider.name: config.weight_scale},
    )
    shares, doubt = sweep.share[here].tolist(), _doubt(sweep, here, config.width)
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
        sentences=rows.true(
            papers.shorter_than_most(shares, half),
            papers.model_in_words(shares, band, doubt),
            papers.shares_in_words(min(shares), max(shares), cancelled),
        ),
    )


def _paths(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.path_shares.paths`."""
    return {
        "lengths": rows.of_lengths(sweeps.paths(stack)),
        "example": rows.two_paths(),
        "said": rows.everywhere(partial(_band_said, stack), path_shares.WEIGHT_SCALE),
    }


def _band_said(stack: ResidualConfig, place: int) -> say.Said:
    sweep = sweeps.paths(stack)
    band, cancelled = float(sweep.band()[place]), float(sweep.cancelled()[place])
    return papers.band_said(band, _doubt(sweep, place, stack.width), cancelled)


def _doubt(sweep: PathSweep, place: int, width: int) -> float:
    low, high = BAND
    return papers.path_doubt(sweep.size[place, low : high + 1].tolist(), width)


def lesions(config: ResidualConfig) -> Shown:
    """One block deleted at a time, its skip left as it is (Veit et al. 2016).

    Of a deeper stack the first 54 blocks, the paper's number.
    """
    g, stack = rows.own_skip(config), sweeps.without_hand(config)
    change, _, output = sweeps.lesions(stack)
    drawn = figure(
        lesions_chart.lesions,
        partial(_lesions, stack),
        alt_text="For each block the change of the output's response when that block is deleted, "
        "in a plain stack, one with the skip g and one with gates.",
        caption=rows.in_one_line(_lesion_said(stack, rows.place_of(G, g))),
        hands={G.name: g},
    )
    plain = float(np.median(change[:, 0]))
    return Shown({"lesions": drawn}, sentences=rows.true(say.hidden_lesions(plain, output)))


def _lesions(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.lesions.lesions`."""
    change, gated, _ = sweeps.lesions(stack)
    said = rows.everywhere(partial(_lesion_said, stack))
    return {**rows.of_lesions(change, gated), "said": said}


def _lesion_said(stack: ResidualConfig, place: int) -> say.Said:
    change, gated, _ = sweeps.lesions(stack)
    plain, here = np.median(change[:, [0, place]], axis=0)
    return say.lesion_said(float(G.values()[place]), plain, here, float(np.median(gated)))


def scaled_skips(config: ResidualConfig) -> Shown:
    """Skips that multiply, as products along the road (He et al. 2016)."""
    g, stack = rows.own_skip(config), sweeps.without_hand(replace(config, depth=PAPER_UNITS))
    drawn = figure(
        roads.scaled_skips,
        partial(_scaled_skips, stack),
        alt_text="Curves of what the skips alone leave of a gradient over 54 units, for the "
        "reader's g and for six shortcuts of He et al. (2016), each with the test error that its "
        "network reached.",
        caption=rows.in_one_line(_road_said(stack, rows.place_of(G, g))),
        hands={G.name: g},
    )
    said = papers.published_in_words(sweeps.published())
    return Shown({"scaled_skips": drawn}, sentences=rows.true(said))


def _scaled_skips(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.roads.scaled_skips`."""
    back = np.arange(PAPER_UNITS + 1.0)
    road = packed(rows.log10_powers(G.values(), back))
    left = packed(rows.relative_to_loss(sweeps.norms(stack)[1])[::-1])
    return {
        "roads": sweeps.published().drop(columns="test_error"),
        "mine": pd.DataFrame({"units": back, "roads": road, "gradients": left}),
        "ends": rows.ends_of_roads(sweeps.published()),
        "said": rows.everywhere(partial(_road_said, stack)),
    }


def _road_said(stack: ResidualConfig, place: int) -> say.Said:
    skips, units = G.values()[place : place + 1], np.array([float(PAPER_UNITS)])
    left = rows.relative_to_loss(sweeps.norms(stack)[1][:, place])[0]
    road = rows.log10_powers(skips, units)[0, 0]
    return papers.road_said(float(skips[0]), road, left, PAPER_UNITS)


def decorrelation(angle: float = 15) -> Shown:
    """Gradients at two inputs, and how alike they stay along depth (Balduzzi et al. 2017).

    angle: between the inputs, degrees. No stack of the page: its blocks are ReLUs of normalised
    sums, as the laws want them.
    """
    found = sweeps.correlations()
    drawn = figure(
        agreement.decorrelation,
        partial(_decorrelation),
        alt_text="Correlation between the gradients at two inputs over depth, for a stack with "
        "skips and one without, beside the laws 2 to the power of −L and 1 over the root of L.",
        caption=rows.in_one_line(_agreement_said(rows.place_of(agreement.ANGLE, angle))),
        hands={agreement.ANGLE.name: angle},
    )
    right = max(found.plain)
    return Shown(
        {"decorrelation": drawn},
        sentences=rows.true(papers.laws_in_words(found.plain[right], found.residual[right])),
    )


def _decorrelation() -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.agreement.decorrelation`."""
    said = rows.everywhere(_agreement_said, agreement.ANGLE)
    return {**sweeps.correlations().frames(), "said": said}


def _agreement_said(place: int) -> say.Said:
    angle = int(agreement.ANGLE.values()[place])
    return papers.agreement_said(*sweeps.correlations().at_end(angle), angle=angle, depth=DEPTH)


def where_it_ends(config: ResidualConfig) -> Shown:
    """Where the analogy ends: weights of one's own, a gate that looks, a skip that adds."""
    g, stack = rows.own_skip(config), sweeps.without_hand(config)
    growth, gradient = sweeps.growth(stack), sweeps.norms(stack)[1]
    here = rows.place_of(G, g)
    drawn = figure(
        ends_chart.where_it_ends,
        partial(_where_it_ends, stack),
        alt_text="Three plots over depth: the largest singular value of each block's weights "
        "beside that of an RNN's one matrix; the gates of a gated stack beside the number g; the "
        "norm of the hidden state with the skip and with gates.",
        caption=rows.in_one_line(_ends_said(stack, here)),
        hands={G.name: g},
    )
    down = float(rows.less(gradient[0, here], gradient[-1, here]))
    return Shown(
        {"where_it_ends": drawn},
        sentences=rows.true(
            say.growth_in_words(g, float(growth.at(here)[1][-1]), down), say.GATES_IN_WORDS
        ),
    )


def _where_it_ends(stack: ResidualConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.where_it_ends.where_it_ends`."""
    growth, gates = sweeps.growth(stack), sweeps.gates(stack)
    shared = draw_weights(replace(lstm_beside(stack, 1.0), cell="rnn", forced_forget=None))
    return {
        "blocks": rows.of_blocks(draw_stack(stack).weights, shared.w_h, gates),
        "layers": growth.rows("layer").rename(columns={"residual": "hidden"}),
        "ticks": growth.ticks(),
        "said": rows.everywhere(partial(_ends_said, stack)),
    }


def _ends_said(stack: ResidualConfig, place: int) -> say.Said:
    growth, gates = sweeps.growth(stack), sweeps.gates(stack)
    return say.ends_said(
        float(G.values()[place]), float(growth.at(place)[1][-1]), float(growth.gated[-1]),
        float(gates["smallest"].min()), float(gates["largest"].max()),
    )  # fmt: skip
