"""The LSTM's cell state: a road for the gradient, and what closes it (handout, 1 (d) and (e))."""

from dataclasses import replace

import streamlit as st

from engine import captions, handout
from engine.charts import cell_drawing, cell_state
from engine.charts.cell_state import FORGET_BIAS_SCRUBBER
from engine.charts.gradients import thinned
from engine.charts.scrubber import scrub
from engine.charts.theme import COLOURS, SYMBOLS
from engine.extended_range import scientific, written
from engine.frames import rows_where
from engine.recipes import Recipe
from engine.recurrent import LSTM_PRESETS, RecurrentConfig, findings, lstm_findings
from pages.common import runs
from pages.common.charts import show_chart
from pages.common.controls import (
    Choice,
    Number,
    Sections,
    Switch,
    reset,
    show_side_by_side,
)
from pages.common.frame import open_page, run_body, run_open_section, show_numbers
from pages.common.kept import known
from pages.common.presenter import controls_area
from pages.common.questions import question_card
from pages.common.trained_lstm import TRAINED, trained

FORGET_INIT = Choice(
    "forget_init", "Forget gates start with", {"a bias": "bias", "torch's": "torch", "chrono": "chrono"},
    help="A bias of 1 after Jozefowicz et al. (2015); torch's default, about 0; chrono after Tallec "
    "and Ollivier (2018): log-uniform time scales up to T.",
)  # fmt: skip
FORGET_BIAS = Number("forget_bias", "Forget bias", -20.0, 20.0, 1.0, 0.5)
RADIUS = Number(
    "lstm_radius", "Spectral radius of each W", 0.0, 8.0, 0.6, 0.1,
    help="Of the recurrent block of each gate, and of the RNN's Wₕ. torch's default has about 0.58.",
)  # fmt: skip
TIMESTEPS = Number("lstm_timesteps", "Timesteps T", 1, 500, 50, 1)
HIDDEN = Number("lstm_hidden", "Hidden units", 1, 256, 32, 1)
BATCH = Number("lstm_batch", "Sequences in the batch", 1, 8, 1, 1)
INPUT_SCALE = Number("lstm_input_scale", "Input scale", 0.0, 5.0, 1.0, 0.1)
LAST_ONLY = Switch("lstm_last_target_only", "Target at the last timestep only", True)
SEED = Number("lstm_seed", "Seed of weights and data", 0, 99, 0, 1)
BELT = Choice(
    "gates", "Gates f and i",
    {"computed": (None, None), "belt: f = 1, i = 0": (1.0, 0.0), "closed: f = 0": (0.0, None)},
    help="Force the gates: a conveyor belt keeps everything and takes nothing in; a closed road "
    "leaves only the path through the hidden state.",
)  # fmt: skip
TIMESTEP = Number("t", "Timestep t", 1, 500, 25, 1)
VIEW = Sections(
    "view",
    ("(d) Two networks", "The cell", "(e) Two terms", "Gates", "Forget bias", "Memory", "Extremes",
     "Trained"),
)  # fmt: skip

SETTINGS = (
    FORGET_INIT,
    FORGET_BIAS,
    RADIUS,
    TIMESTEPS,
    HIDDEN,
    BATCH,
    INPUT_SCALE,
    LAST_ONLY,
    BELT,
)
CONTROLS = (*SETTINGS, SEED, TIMESTEP, TRAINED, VIEW)
GRADIENT, CELL_GRADIENT = "log10_grad_hidden_norm", "log10_grad_cell_norm"


def main() -> None:
    open_page(
        "lstm_cell_state",
        "The LSTM's cell state",
        "$C_t = f_t \\circ C_{t-1} + i_t \\circ \\tilde C_t$: what is in the cell state is multiplied "
        "by a gate, not by a matrix. How far does that carry the gradient, and when doesn't it?",
        CONTROLS,
    )
    run_body("lstm_cell_state", CONTROLS, body)


def body() -> None:
    config = choose_network()
    sections = (
        two_networks, the_cell, two_terms, gates, forget_bias, memory, extremes, trained
    )  # fmt: skip
    run_open_section(VIEW, sections, config)


def choose_network() -> RecurrentConfig:
    columns = controls_area().columns([1.3, 1.2, 1.2, 1.2, 0.8], vertical_alignment="bottom")
    forget_init, bias, radius, timesteps = show_side_by_side(
        (FORGET_INIT, FORGET_BIAS, RADIUS, TIMESTEPS), columns[:4]
    )
    with columns[-1], st.popover("More", icon=":material/tune:", width="stretch"):
        hidden, batch, input_scale, seed, last_only = (
            control.show() for control in (HIDDEN, BATCH, INPUT_SCALE, SEED, LAST_ONLY)
        )
        forced_forget, forced_input = BELT.show()
        st.button("Reset all but the seed", on_click=reset, args=(SETTINGS,))
    if forget_init != "bias":
        st.caption("The forget bias is set by the initialisation chosen on the left.")
    return RecurrentConfig(
        cell="lstm",
        forget_bias=bias if forget_init == "bias" else None,
        chrono_timesteps=max(2, timesteps) if forget_init == "chrono" else None,
        spectral_radius=radius,
        timesteps=timesteps,
        hidden_size=hidden,
        batch_size=batch,
        input_scale=input_scale,
        last_target_only=last_only,
        forced_forget=forced_forget,
        forced_input=forced_input,
        seed=seed,
    )


def as_rnn(config: RecurrentConfig) -> RecurrentConfig:
    """The vanilla RNN on the same data, of the same width, radius and seed."""
    return replace(
        config,
        cell="rnn",
        forget_bias=None,
        chrono_timesteps=None,
        forced_forget=None,
        forced_input=None,
    )


def two_networks(config: RecurrentConfig) -> None:
    of_lstm = Recipe(runs.gradient_trace, config).get("log10_frame")
    of_rnn = Recipe(runs.gradient_trace, as_rnn(config)).get("log10_frame")
    verdict = Recipe(lstm_findings.lstm_verdict, of_rnn, of_lstm, Recipe(runs.gate_values, config))
    lines = Recipe(cell_state.network_lines, of_rnn, of_lstm)
    left, right = st.columns(2)
    with left:
        show_chart(
            cell_state.networks_over_time,
            alt_text="Gradient norms of LSTM and vanilla RNN along time, on a log axis.",
            finding=Recipe(
                captions.curves_at,
                Recipe(rows_where, lines, quantity=SYMBOLS["gradient"]),
                "log10_norm",
                "run",
            ),
            data={"lines": lines},
            quantities=("gradient", "cell gradient"),
            title="gradient norm (log scale)",
        )
    with right:
        show_chart(
            cell_state.networks_over_time,
            alt_text="Norms of the hidden states of both networks and of the LSTM's cell state.",
            finding=Recipe(
                captions.curves_at,
                Recipe(rows_where, lines, quantity=SYMBOLS["hidden state"]),
                "log10_norm",
                "run",
                last=True,
            ),
            data={"lines": lines},
            quantities=("hidden state", "cell state"),
            title="state norm (log scale)",
        )
    show_numbers(
        {
            "LSTM: ‖∂L/∂h₁‖ / ‖∂L/∂h_T‖": decay(of_lstm, GRADIENT),
            "LSTM: ‖∂L/∂C₁‖ / ‖∂L/∂C_T‖": decay(of_lstm, CELL_GRADIENT),
            "RNN: ‖∂L/∂h₁‖ / ‖∂L/∂h_T‖": decay(of_rnn, GRADIENT),
        }
    )
    st.markdown(
        "Same data, same width, same seed; the RNN uses tanh. Move the forget bias, or choose "
        "torch's own initialisation: its forget gates are near ½, and the advantage is gone."
    )
    question_card(handout.LSTM_GRADIENT, verdict)


def decay(trace: Recipe, field: str) -> str:
    """What is left of a norm at the first timestep, relative to the last."""
    return scientific(known(Recipe(findings.log10_ratio, trace.item(field))))


def choose_timestep(config: RecurrentConfig) -> int:
    """The timestep under the lens: a slider, the arrow keys, or a click on the chart."""
    slider, earlier, later = st.columns([4, 1, 1], vertical_alignment="bottom")
    with slider:
        timestep = int(TIMESTEP.show(high=config.timesteps))
    for column, label, key, step in (
        (earlier, "Earlier", "Left", -1),
        (later, "Later", "Right", 1),
    ):
        with column:
            st.button(
                label,
                shortcut=key,
                width="stretch",
                on_click=set_timestep,
                args=(min(max(timestep + step, 1), config.timesteps),),
                disabled=not 1 <= timestep + step <= config.timesteps,
            )
    return timestep


def set_timestep(timestep: int) -> None:
    st.session_state[TIMESTEP.key] = timestep


def the_cell(config: RecurrentConfig) -> None:
    timestep = choose_timestep(config)
    all_flow = Recipe(runs.cell_gradient_flow, config, log10=True)
    here = Recipe(rows_where, all_flow, timestep=timestep)
    show_chart(
        cell_drawing.cell_drawing,
        alt_text="The LSTM cell at one timestep, each edge as wide as the gradient through it.",
        finding=Recipe(captions.strongest_edge, here, timestep),
        data={"edges": Recipe(cell_drawing.drawn_edges, here)},
    )
    left, right = st.columns(2)
    with left:
        st.markdown(equations())
    with right:
        st.markdown(
            "Values run from left to right, the gradient from right to left. Each number is the norm "
            "of what really flows back through that edge at this timestep, and each factor of ten "
            "makes it thinner by the same amount; nothing flows, no edge. The "
            ":violet[road] along the top has no matrix on it. Step with the arrow keys."
        )
        show_terms(config, timestep)


def equations() -> str:
    """The handout's forward pass, each state and path in its colour."""

    def in_colour(quantity: str, symbol: str) -> str:
        return f"\\textcolor{{{COLOURS[quantity]}}}{{{symbol}}}"

    cell, before = in_colour("cell state", "C_t"), in_colour("cell state", "C_{t-1}")
    hidden, hidden_before = in_colour("hidden state", "h_t"), in_colour("hidden state", "h_{t-1}")
    forget = in_colour("direct path", "f_t")
    return (
        "$$\\begin{aligned}"
        f"{forget} &= \\sigma(x_t U^f + {hidden_before} W^f + b^f)\\\\"
        f"i_t &= \\sigma(x_t U^i + {hidden_before} W^i + b^i)\\\\"
        f"o_t &= \\sigma(x_t U^o + {hidden_before} W^o + b^o)\\\\"
        f"\\tilde C_t &= \\tanh(x_t U^g + {hidden_before} W^g + b^g)\\\\"
        f"{cell} &= {forget} \\circ {before} + i_t \\circ \\tilde C_t\\\\"
        f"{hidden} &= \\tanh({cell}) \\circ o_t"
        "\\end{aligned}$$"
    )


def show_terms(config: RecurrentConfig, timestep: int) -> None:
    """The two terms of ∂L/∂C_{t−1} at one timestep, their sum, and autograd's word on it."""
    pathway = Recipe(runs.cell_state_pathway, config, log10=True)
    row = known(Recipe(rows_where, pathway, timestep=timestep))
    if row.empty:
        st.caption("At t = 1 there is no step before: choose a later timestep for the two terms.")
        return
    show_numbers(
        {
            "direct: ‖fₜ ∘ ∂L/∂Cₜ‖": scientific(row["log10_direct_norm"].iloc[0]),
            "through hₜ₋₁": scientific(row["log10_via_hidden_norm"].iloc[0]),
            "sum: ‖∂L/∂Cₜ₋₁‖": scientific(row["log10_total_norm"].iloc[0]),
            "largest difference from autograd": f"{row['identity_error'].iloc[0]:.1e}",
        }
    )


def two_terms(config: RecurrentConfig) -> None:
    timestep = choose_timestep(config)
    split = Recipe(runs.cell_state_pathway, config, log10=True)
    shared = Recipe(runs.cell_state_shares, config)
    direct = Recipe(runs.direct_path_gradient, config, log10=True)
    verdict = Recipe(lstm_findings.cell_state_verdict, config, split, shared, direct)
    if config.timesteps == 1:
        st.info("With a single timestep there is nothing to take apart: raise T.")
    else:
        show_chart(
            cell_state.pathway_over_time,
            alt_text="Norms of the two terms of ∂L/∂C along time, and of their sum.",
            finding=Recipe(captions.ends, split, "log10_total_norm", "‖∂L/∂Cₜ₋₁‖, by timestep t"),
            data={
                "pathway": Recipe(cell_state.pathway_in_time, split),
                "here": Recipe(rows_where, split, timestep=timestep),
            },
            on_pick=lambda row: set_timestep(int(row["timestep"])),
            key="pathway_chart",
        )
        show_terms(config, timestep)
        show_chart(
            cell_state.share_of_terms,
            alt_text="Shares of the two terms at each timestep.",
            finding=Recipe(
                captions.averages, Recipe(cell_state.named_terms, shared), "share", "path"
            ),
            data={"shares": Recipe(thinned, shared)},
        )
    st.markdown(
        "$$\\frac{\\partial\\mathcal L}{\\partial C_{t-1}} = "
        f"\\textcolor{{{COLOURS['direct path']}}}"
        "{f_t \\circ \\frac{\\partial\\mathcal L}{\\partial C_t}} + "
        f"\\textcolor{{{COLOURS['through h']}}}"
        "{\\frac{\\partial\\mathcal L}{\\partial h_{t-1}}"
        "\\frac{\\partial h_{t-1}}{\\partial C_{t-1}}}$$ "
        "Click on the chart to choose a timestep. *Direct* is one step on the road, "
        "$\\partial C_t/\\partial C_{t-1} = \\mathrm{diag}(f_t)$ with the gates held fixed; *total* "
        "has the paths through the gates as well. Shares are projections on the sum: a term that "
        "points against it counts negative."
    )
    question_card(handout.CELL_STATE, verdict)


def gates(config: RecurrentConfig) -> None:
    of_gates = Recipe(runs.gate_values, config)
    shown: tuple[tuple[str, str, float], ...] = (
        ("forget", "forget gate fₜ", 0.0),
        ("input", "input gate iₜ", 0.0),
        ("output", "output gate oₜ", 0.0),
        ("candidate", "candidate C̃ₜ", -1.0),
        ("tanh_cell_state", "tanh Cₜ", -1.0),
        ("hidden_state", "hidden state hₜ", -1.0),
    )
    columns = st.columns(2)
    for number, (gate, title, low) in enumerate(shown):
        mean = known(Recipe(rows_where, of_gates, gate=gate).item("value").get("mean").call())
        with columns[number % 2]:
            show_chart(
                cell_state.gate_heatmap,
                alt_text=f"Heatmap of the {title} by unit and timestep.",
                finding=f"Mean {mean:.2f}.",
                data={"values": Recipe(cell_state.heatmap_values, of_gates, gate)},
                title=f"{title}, by unit",
                low=low,
            )
    st.markdown(
        "One sequence, the first of the batch. A bright forget gate keeps its unit's memory."
    )


def forget_bias(config: RecurrentConfig) -> None:
    swept = replace(config, forget_bias=0.0, chrono_timesteps=None)
    sweep = Recipe(runs.forget_bias_sweep, swept, FORGET_BIAS_SCRUBBER.values(), log10=True)
    start = FORGET_BIAS_SCRUBBER.nearest(config.forget_bias or 0.0)
    at_start = Recipe(rows_where, sweep, forget_bias=start).item(CELL_GRADIENT)
    show_chart(
        scrub,
        alt_text="41 curves of the gradient at the cell state, one for each forget bias from "
        "−5 to 5, on the same weights, with the one under the slider in front.",
        finding=f"At bias {start:g}: {known(Recipe(findings.trace_in_words, at_start))}",
        data={
            "sweep": Recipe(thinned, sweep),
            "marks": Recipe(cell_state.forget_bias_marks, config.timesteps),
        },
        parameters={"forget_bias": start},
        scrubber=FORGET_BIAS_SCRUBBER,
    )
    st.markdown(
        "**Drag the slider:** the same weights, the forget bias from −5 to 5, computed already. The "
        "mark at ln(T − 1) is where a gate forgets on a time scale of T steps: σ(b) = 1 − 1/T."
    )


def memory(config: RecurrentConfig) -> None:
    quantiles = Recipe(runs.survival_quantiles, config)
    direct = Recipe(runs.direct_path_gradient, config, log10=True)
    relative = Recipe(cell_state.relative_to_end, direct)
    lives = Recipe(cell_state.ranked_half_lives, Recipe(runs.half_lives, config))
    median = known(lives.item("half_life").get("median").call())
    kept = known(quantiles.item("log10_median").get("iloc").item(0))
    show_chart(
        cell_state.survival_band,
        alt_text="Survival of the cell state under the forget gates alone, by unit, and the gradient "
        "beside it.",
        finding=f"The median unit keeps {scientific(kept)} from t = 1 to T.",
        data={"quantiles": Recipe(thinned, quantiles), "gradient": Recipe(thinned, relative)},
        height=280,
    )
    left, right = st.columns([2, 3])
    with left:
        show_chart(
            cell_state.half_life_by_unit,
            alt_text="Half-life of each unit, sorted.",
            finding=f"Median {written(median)} timesteps.",
            data={"half_lives": lives},
        )
    with right:
        st.markdown("**Initialisations, each against the T it is meant for**")
        compared = Recipe(runs.compare_memory, unforced(config))
        st.dataframe(known(Recipe(cell_state.memory_table, compared)), hide_index=True)
    st.markdown(
        "∏f is what the *direct* path keeps, one number for each unit (band: all units and the "
        "middle 80 %). The *total* gradient also takes the paths through the hidden state, so it can "
        "lie well above it. A unit's half-life is ln 2 divided by the mean of −ln fₜ."
    )


def unforced(config: RecurrentConfig) -> RecurrentConfig:
    return replace(config, forced_forget=None, forced_input=None)


def extremes(config: RecurrentConfig) -> None:
    st.markdown("An LSTM is no guarantee. Three settings, each with its numbers:")
    for (name, preset), column in zip(LSTM_PRESETS.items(), st.columns(3), strict=True):
        with column, st.container(border=True):
            st.markdown(f"**It {name}**" if name.endswith("s") else f"**It is {name}**")
            st.markdown(preset.sentence)
            trace = Recipe(runs.gradient_trace, preset.config).get("log10_frame")
            left = {"‖∂L/∂C₁‖ / ‖∂L/∂C_T‖": decay(trace, CELL_GRADIENT)}
            show_numbers(jacobian_norms(preset.config) | left)
    st.markdown(
        "*Direct* is diag(∏f), the forget gates alone; *total* is the whole Jacobian. The spectral "
        "norm says the most that any change of C₁ still does to C_T. Under *More* you can force the "
        "gates: with f = 1 and i = 0 the direct path is the identity; with f = 0 only the hidden path "
        "is left."
    )
    st.markdown("**At the settings above:**")
    show_numbers(jacobian_norms(config))


def jacobian_norms(config: RecurrentConfig) -> dict[str, str]:
    jacobian = known(Recipe(runs.cell_jacobian_norms, config).get("iloc").item(0))
    return {
        "direct ‖∂C_T/∂C₁‖": scientific(jacobian["log10_direct_norm"]),
        "total ‖∂C_T/∂C₁‖": scientific(jacobian["log10_total_norm"]),
    }


main()
