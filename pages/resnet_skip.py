"""The ResNet skip analogy: from a plain stack to a ResNet, beside the LSTM (handout, 1 (f))."""

from dataclasses import replace

import streamlit as st

from engine import captions, handout
from engine.charts import residual as charts
from engine.charts import residual_parts as parts
from engine.charts.residual import SKIP_SCRUBBER
from engine.charts.scrubber import scrub
from engine.charts.theme import COLOURS
from engine.extended_range import scientific, written
from engine.frames import rows_where
from engine.recipes import Recipe
from engine.recurrent.findings import log10_ratio, trace_in_words
from engine.residual import ResidualConfig, critical_skip, findings
from engine.residual.comparisons import LSTM_RADIUS, lstm_beside
from pages.common import runs
from pages.common.charts import show_chart
from pages.common.controls import (
    Choice,
    Number,
    Sections,
    reset,
    show_side_by_side,
)
from pages.common.frame import open_page, run_body, run_open_section, show_numbers
from pages.common.kept import known
from pages.common.presenter import controls_area
from pages.common.questions import question_card

ACTIVATION = Choice("block", "Nonlinearity σ", {"tanh": "tanh", "none": "identity", "ReLU": "relu"})
SKIP = Number(
    "g", "Skip g", 0.0, 1.5, 1.0, 0.05,
    help="0 is the plain network, 1 the review sheet's resblock; beyond 1 it explodes.",
)  # fmt: skip
DEPTH = Number("depth", "Depth L (blocks)", 1, 200, 50, 1)
WEIGHT_SCALE = Number(
    "block_weight_scale", "Weight scale", 0.0, 3.0, 1.0, 0.05,
    help="Multiplies torch's default initialisation of every block.",
)  # fmt: skip
WIDTH = Number("width", "Width", 1, 256, 32, 1)
BATCH = Number("block_batch", "Examples in the batch", 1, 8, 1, 1)
GATE_BIAS = Number(
    "gate_bias", "Gate bias of the gated stack", -5.0, 5.0, 2.0, 0.5,
    help="A highway network (Srivastava et al. 2015) computes its gate from h_t; at bias 2 it "
    "starts by carrying 0.88 of it.",
)  # fmt: skip
SEED = Number("block_seed", "Seed of weights and inputs", 0, 99, 0, 1)
VIEW = Sections(
    "view",
    ("Scrub g", "Three stacks", "(f) The analogy", "Paths", "Delete a layer", "Where it ends"),
)

SETTINGS = (ACTIVATION, SKIP, DEPTH, WEIGHT_SCALE, WIDTH, BATCH, GATE_BIAS)
CONTROLS = (*SETTINGS, SEED, VIEW)
GRADIENT = "log10_grad_hidden_norm"
#: The depth of the example in Veit, Wilber and Belongie (2016).
PAPER_DEPTH = 54
#: Up to this width the singular values of three stacks take well under a second.
QUICK_WIDTH = 64


def main() -> None:
    open_page(
        "resnet_skip",
        "Skips: the cell state of a deep network",
        "$h_{t+1} = \\sigma(W_t h_t + b_t) + g\\,h_t$: at $g = 0$ a plain deep network, at $g = 1$ a "
        "ResNet. What the forget gate does along time, g does along depth.",
        CONTROLS,
    )
    run_body("resnet_skip", CONTROLS, body)


def body() -> None:
    config = choose_stack()
    sections = (scrub_skip, three_stacks, analogy, paths, lesions, where_it_ends)
    run_open_section(VIEW, sections, config)


def choose_stack() -> ResidualConfig:
    columns = controls_area().columns([1.2, 1.2, 1.2, 1.2, 0.8], vertical_alignment="bottom")
    activation, skip, depth, weight_scale = show_side_by_side(
        (ACTIVATION, SKIP, DEPTH, WEIGHT_SCALE), columns[:4]
    )
    with columns[-1], st.popover("More", icon=":material/tune:", width="stretch"):
        width, batch, gate_bias, seed = (
            control.show() for control in (WIDTH, BATCH, GATE_BIAS, SEED)
        )
        st.button("Reset all but the seed", on_click=reset, args=(SETTINGS,))
    return ResidualConfig(
        depth=depth,
        width=width,
        activation=activation,
        weight_scale=weight_scale,
        skip=skip,
        seed=seed,
        batch_size=batch,
        gate_bias=gate_bias,
    )


def scrub_skip(config: ResidualConfig) -> None:
    plain = replace(config, skip=0.0)
    sweep = Recipe(runs.skip_sweep, plain, SKIP_SCRUBBER.values(), log10=True)
    start = SKIP_SCRUBBER.nearest(own_skip(config))
    at_start = Recipe(rows_where, sweep, skip=start).item(GRADIENT)
    show_chart(
        scrub,
        alt_text="Curves of the gradient along depth, one for each skip g from 0 to 1.5, on the same "
        "blocks, with the one under the slider in front.",
        finding=f"At g = {start:g}: {known(Recipe(trace_in_words, at_start))}",
        data={
            "sweep": sweep,
            "marks": Recipe(charts.skip_marks, Recipe(critical_skip, config)),
        },
        parameters={"skip": start},
        scrubber=SKIP_SCRUBBER,
    )
    depths = charts.depths_up_to(config.depth)
    at_input = Recipe(runs.input_gradients, plain, SKIP_SCRUBBER.values(), depths, log10=True)
    st.markdown(
        "**Drag the slider** from the plain network to the ResNet and beyond: the same blocks, "
        "computed already. To the left is the input, to the right the loss. Without skips the first "
        "layers hear nothing; beyond 1 each block makes the gradient larger. Below: the same for "
        "every depth up to the one chosen above."
    )
    show_chart(
        charts.skip_depth_map,
        alt_text="Heatmap of the gradient left at the input, by g and depth: it falls with depth "
        "for small g and grows for g above 1.",
        finding="With the blocks chosen above, by depth. "
        + known(
            Recipe(
                captions.ends,
                Recipe(rows_where, at_input, skip=start),
                "log10_grad_hidden_norm",
                f"What is left at g = {start:g}",
                along="depth",
            )
        ),
        data={"sweep": at_input},
        height=300,
    )


def own_skip(config: ResidualConfig) -> float:
    """The config's g, which on this page is always one number."""
    return float(config.skip) if isinstance(config.skip, (int, float)) else 0.0


def three_stacks(config: ResidualConfig) -> None:
    stacks = Recipe(runs.compare_stacks, config)
    left, right = st.columns(2)
    with left:
        show_chart(
            charts.norm_along_depth,
            alt_text="Gradient along depth of the plain, the residual and the gated stack.",
            finding=Recipe(
                captions.curves_at, stacks, GRADIENT, "network", along="layer", where="layer"
            ),
            data={"runs": stacks},
        )
    with right:
        singular_values(config)
    pathway = known(Recipe(runs.skip_pathway, config, log10=True).get("iloc").item(0))
    show_numbers(
        {
            f"‖∂L/∂h₁‖ / ‖∂L/∂h_L‖, {name}": scientific(
                known(Recipe(log10_ratio, Recipe(findings.gradient_of, stacks, name)))
            )
            for name in charts.NETWORKS
        }
        | {"through the skips alone, gᴸ": scientific(pathway["log10_skip_product"])}
    )
    st.markdown(
        "The same blocks three times: without a skip, with $g$, and with a gate that the network "
        "computes from $h_t$ itself, $h_{t+1} = (1 - f_t)\\circ\\sigma(\\cdot) + f_t\\circ h_t$. Right: "
        "how much the whole stack stretches each direction. A plain stack crushes nearly all of them."
    )


def singular_values(config: ResidualConfig) -> None:
    """Of the whole stack's Jacobian; for wide stacks only when asked for, because they take long."""
    wanted = config.width <= QUICK_WIDTH or st.toggle("Singular values: some seconds at this width")
    if wanted:
        values = Recipe(runs.compare_singular_values, config)
        show_chart(
            parts.singular_values,
            alt_text="Singular values of the Jacobian from input to output for the three stacks.",
            finding=Recipe(
                captions.curves_at,
                values,
                "log10_singular_value",
                "network",
                along="index",
                where="rank",
            ),
            data={"values": values},
        )


def analogy(config: ResidualConfig) -> None:
    show_equations()
    both = Recipe(runs.along_time_and_depth, lstm_beside(config), config)
    stacks = Recipe(runs.compare_stacks, config)
    show_chart(
        charts.shared_axes,
        alt_text="LSTM along time and ResNet along depth, each with its plain counterpart.",
        finding=Recipe(
            captions.curves_at,
            both,
            "log10_grad_norm",
            "network",
            along="step",
            where="distance from the loss",
            last=True,
        ),
        data={"gradients": both},
        networks=charts.ANALOGY,
        height=300,
    )
    terms = Recipe(runs.jacobian_terms, config, max(1, config.depth // 2))
    show_numbers(
        {
            "‖diag(σ′)W‖, one block": largest_singular_value(terms, "block"),
            "‖g·I‖, the skip": largest_singular_value(terms, "skip"),
            "g = fₜ on one control": f"{own_skip(config):g}",
        }
    )
    if own_skip(config) > 1:
        st.info("A forget gate can't exceed 1: the LSTM stays at f = 1 while g goes on.")
    st.markdown(
        "The slider *Skip g* moves both: the ResNet's $g$ and the LSTM's forget gates, held at that "
        "value. LSTM and RNN read the running-average task with as many timesteps as there are "
        f"layers, the same width and seed, and recurrent blocks of spectral radius {LSTM_RADIUS:g}, "
        "about torch's default. All curves are relative to the gradient at the loss, on the right."
    )
    question_card(handout.SKIP_CONNECTIONS, Recipe(findings.analogy_verdict, config, stacks, both))


def largest_singular_value(terms: Recipe, term: str) -> str:
    """Of one term of a block's Jacobian."""
    of_term = Recipe(rows_where, terms, term=term).item("largest_singular_value")
    return written(known(of_term.get("iloc").item(0)))


def show_equations() -> None:
    """The two steps and their Jacobians, term by term in matching colours."""
    direct, through = COLOURS["direct path"], COLOURS["through h"]
    left, right = st.columns(2)
    with left:
        st.markdown(
            "**Along depth: ResNet**\n\n"
            f"$$h_{{t+1}} = \\textcolor{{{through}}}{{\\sigma(W_t h_t + b_t)}} + "
            f"\\textcolor{{{direct}}}{{g\\,h_t}}$$\n\n"
            "$$\\frac{\\partial h_{t+1}}{\\partial h_t} = "
            f"\\mathrm{{diag}}(\\textcolor{{{through}}}{{\\sigma'}})\\,"
            f"\\textcolor{{{through}}}{{W_t}} + "
            f"\\textcolor{{{direct}}}{{g\\,I}}$$"
        )
    with right:
        st.markdown(
            "**Along time: LSTM**\n\n"
            f"$$C_t = \\textcolor{{{direct}}}{{f_t \\circ C_{{t-1}}}} + "
            f"\\textcolor{{{through}}}{{i_t \\circ \\tilde C_t}}$$\n\n"
            "$$\\frac{\\partial C_t}{\\partial C_{t-1}} = "
            f"\\mathrm{{diag}}(\\textcolor{{{direct}}}{{f_t}}) "
            "\\quad\\text{(gates held fixed)}$$"
        )


def paths(config: ResidualConfig) -> None:
    contributions = Recipe(runs.path_length_contributions, config, log10=True)
    shares = Recipe(runs.path_length_shares, config)
    carried, common = known(Recipe(findings.foremost_lengths, shares))
    st.button(
        f"Show the depth of the paper's example, {PAPER_DEPTH} blocks",
        on_click=lambda: st.session_state.update({DEPTH.key: PAPER_DEPTH, SKIP.key: 1.0}),
    )
    show_chart(
        parts.path_lengths,
        alt_text="Gradient carried by the paths of each length, above how many such paths there are.",
        finding=Recipe(
            captions.peak,
            contributions,
            "log10_grad_norm",
            "path_length",
            "What they carry",
            "length",
        ),
        data={"contributions": contributions},
    )
    show_numbers(
        {
            "paths in all, 2ᴸ": findings.paths_in_all(config),
            "most paths go through": f"{common['path_length']:.0f} blocks",
            "the largest share comes through": f"{carried['path_length']:.0f} blocks",
            "that share of ∂L/∂h₁": f"{carried['share']:.0%}",
        }
    )
    st.markdown(
        "Multiply out the product of all $(\\mathrm{diag}(\\sigma')W_t + gI)$: each of the $2^L$ terms "
        "is a path that at every block takes the weights or the skip (Veit, Wilber and Belongie "
        "2016). The bars above are computed exactly, one recurrence over path lengths instead of "
        "all paths; they add up to the whole gradient as vectors. Most paths are long, most of the "
        "gradient is not."
    )


def lesions(config: ResidualConfig) -> None:
    deleted = Recipe(runs.compare_lesions, config)
    median, output = (
        known(Recipe(findings.medians, deleted, field))
        for field in ("relative_response_change", "relative_change")
    )
    show_chart(
        parts.lesions,
        alt_text="Relative change of the output's response when each layer in turn is deleted.",
        finding=Recipe(
            captions.averages, deleted, "relative_response_change", "network", median=True
        ),
        data={"changes": deleted},
    )
    show_numbers(
        {
            "median change of the response, with skips": written(median["residual"]),
            "without": written(median["plain"]),
            "median change of the output, with skips": written(output["residual"]),
            "without ": written(output["plain"]),
        }
    )
    st.markdown(
        "Each block in turn is left out: $h_{t+1} = h_t$. The chart shows the *response*, what the "
        "output still makes of the input, $\\frac{\\partial h_{L+1}}{\\partial h_1}h_1$. With skips, "
        "deleting a block removes half of the paths and leaves the other half; without, there is "
        "only one path. The output itself can hide this: a plain stack that has forgotten its input "
        "ends at what its last biases say, with an early layer or without it."
    )


def where_it_ends(config: ResidualConfig) -> None:
    stacks = Recipe(runs.compare_stacks, config)
    gates = known(Recipe(runs.carry_gates, replace(config, skip="highway")))
    columns = st.columns(3)
    with columns[0], st.container(border=True):
        st.markdown(
            "**Weights.** An RNN multiplies by the *same* matrix at every step, so its largest "
            "eigenvalue decides. A stack has a matrix of its own in every layer, and no eigenvector "
            "is met twice."
        )
        first, last = (Recipe(runs.jacobian_terms, config, n) for n in (1, config.depth))
        show_numbers(
            {
                "largest singular value, first block": largest_singular_value(first, "block"),
                "last block": largest_singular_value(last, "block"),
            }
        )
    with columns[1], st.container(border=True):
        st.markdown(
            "**The gate looks at its input.** $f_t$ is computed at every step and differs from unit "
            "to unit; $g$ is one number. The gated stack does what the LSTM does:"
        )
        show_numbers(
            {
                "its gates, smallest": written(gates["smallest"].min()),
                "mean": written(gates["mean"].mean()),
                "largest": written(gates["largest"].max()),
            }
        )
    with columns[2], st.container(border=True):
        st.markdown(
            "**The skip adds.** $f_t \\le 1$ can't make anything larger, and an LSTM weighs old "
            "against new. A resblock adds new to all of the old, so activations and gradients grow "
            "with depth."
        )
        st.markdown(known(Recipe(findings.growth_in_words, stacks)))
    show_chart(
        charts.norm_along_depth,
        alt_text="Norm of h_t along depth of the three stacks, on a log axis.",
        finding=Recipe(
            captions.curves_at,
            stacks,
            "log10_hidden_norm",
            "network",
            along="layer",
            where="layer",
            last=True,
        ),
        data={"runs": stacks},
        field="log10_hidden_norm",
        title="‖hₜ‖ (log scale)",
        height=260,
    )


main()
