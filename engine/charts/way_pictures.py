"""What the gates' ways do along time: two networks, two terms, and how long a memory lasts.

Each picture is one or two panels of engine.charts.ways, moved by the forget bias and the gates.
"""

from __future__ import annotations

from engine.charts.altair import AnyChart, alt
from engine.charts.cell_road import TIMESTEP, at_timestep
from engine.charts.stage import ONE, Data, Layer, marks, of_data, parameter, stage, unseen, words
from engine.charts.ways import FORGET_BIAS, GATES, Curve, WayPanel, choosing, margins, row_of, times

GRADIENTS = WayPanel(
    "gradients",
    (
        Curve("rnn", "RNN, ‖∂L/∂hₜ‖", "RNN", "mid"),
        Curve("hidden", "LSTM, ‖∂L/∂hₜ‖", "∂L/∂h", "weights"),
        Curve("cell", "LSTM, ‖∂L/∂Cₜ‖", "∂L/∂C", "road"),
    ),
    high=26,
    high_on_phone=62,
)
STATES = WayPanel(
    "states",
    (
        Curve("rnn_state", "RNN, ‖hₜ‖", "RNN, h", "mid"),
        Curve("hidden_state", "LSTM, ‖hₜ‖", "h", "state"),
        Curve("cell_state", "LSTM, ‖Cₜ‖", "C", "road"),
    ),
    high=11,
    high_on_phone=34,
)
TERMS = WayPanel(
    "terms",
    (
        Curve("total", "their sum, ∂L/∂Cₜ₋₁", "sum", "ink", "dashed"),
        Curve("direct", "by road: fₜ ∘ ∂L/∂Cₜ", "road", "road"),
        Curve("via_hidden", "through hₜ₋₁", "via h", "weights"),
    ),
    high=24,
    high_on_phone=54,
)
SHARES = WayPanel(
    "shares",
    (
        Curve("road_share", "", "", "road", "band"),
        Curve("weights_share", "", "", "weights", "band"),
        Curve("direct_share", "share by road", "share", "road"),
    ),
    high=10,
    high_on_phone=26,
)
SURVIVAL = WayPanel(
    "survival",
    (
        Curve("all_units", "", "", "state", "band"),
        Curve("most_units", "", "", "state", "band"),
        Curve("median", "∏f, median unit", "∏f", "state"),
        Curve("road", "∂L/∂C by road alone", "road", "road", "dashed"),
        Curve("cell", "∂L/∂C measured", "∂L/∂C", "road"),
    ),
    high=24,
    high_on_phone=52,
)
HALF_LIVES = WayPanel(
    "lives", (Curve("half_lives", "", "", "state", "dots"),), high=13, high_on_phone=36
)
#: Of a trained network; a dashed line is before training.
TRAINED = WayPanel(
    "trained",
    (
        Curve("gradient_before", "∂L/∂h, before", "∂L/∂h, before", "weights", "dashed"),
        Curve("kept_before", "∏f, before", "∏f, before", "road", "dashed"),
        Curve("gradient_after", "∂L/∂h, after", "∂L/∂h, after", "weights"),
        Curve("kept_after", "∏f, after", "∏f, after", "road"),
    ),
    high=17,
    high_on_phone=60,
)
TRAINED_LIVES = WayPanel(
    "lives",
    (
        Curve("before", "", "", "mid", "dots"),
        Curve("after", "", "", "state", "dots"),
    ),
    high=13,
    high_on_phone=40,
)
JACOBIANS = WayPanel(
    "jacobians",
    (
        Curve("direct", "road alone", "road alone", "road", "dashed"),
        Curve("total", "altogether", "altogether", "ink"),
    ),
    high=34,
    high_on_phone=90,
)
#: Between two panels of a picture.
GAP = "18*s"


def networks(ways: Data, gradient_ticks: Data, state_ticks: Data, facts: Data) -> AnyChart:
    """LSTM and vanilla RNN on the same data: what is left of their gradients, and their states."""
    layers = [
        *GRADIENTS.drawn(gradient_ticks, "'relative to the gradient at T'"),
        *STATES.drawn(state_ticks, "'size of the states'"),
        *times("states_base + 17*s", moving=False),
        *unseen(ways, facts),
    ]
    panels = [*GRADIENTS.parameters("20*s"), *STATES.parameters(f"gradients_base + {GAP}")]
    return _picture(layers, panels, "states_base + 26*s")


def terms(flow: Data, ways: Data, ticks: Data, share_ticks: Data, facts: Data) -> AnyChart:
    """The two terms of ∂L/∂C_{t−1} and their sum, and the share of the road; t is under the hand."""
    layers = [
        marks(ONE, "rect", x="now - pace/2", x2="now + pace/2", y="terms_top", y2="shares_base",
              color="ink", opacity=0.1),
        *TERMS.drawn(ticks, "'gradient at Cₜ₋₁'"),
        TERMS.dots(
            "tt == 1 ? null : datum.column == 'direct' ? rows[0].direct : "
            "datum.column == 'total' ? rows[1].cell : rows[1].via_hidden"
        ),
        *SHARES.drawn(share_ticks, "'share of ∂L/∂Cₜ₋₁: road below, through weights above'"),
        *times("shares_base + 17*s"),
        *unseen(flow, ways, facts),
    ]  # fmt: skip
    panels = [*TERMS.parameters("20*s"), *SHARES.parameters(f"terms_base + {GAP}")]
    moved = [*at_timestep(), *panels]
    return _picture(layers, moved, "shares_base + 26*s", TIMESTEP.selection())


def memory(ways: Data, ticks: Data, life_ticks: Data, facts: Data) -> AnyChart:
    """How much of each unit's C_t the forget gates leave at T, and each unit's half-life."""
    names = words(
        "left - 10*s", "(lives_top + lives_base)/2", "wide ? 'half-life of each unit' : 'half-life'",
        size=13, weight=600, colour="state", align="right",
    )  # fmt: skip
    layers = [
        *SURVIVAL.drawn(ticks, "'relative to T'"),
        *times("survival_base + 17*s", moving=False),
        *HALF_LIVES.drawn(life_ticks, "way.lives_words"),
        names,
        *unseen(ways, facts),
    ]
    panels = [*SURVIVAL.parameters("20*s"), *HALF_LIVES.parameters("survival_base + 38*s")]
    return _picture(layers, panels, "lives_base + 10*s")


def jacobians(ways: Data, ticks: Data, facts: Data) -> AnyChart:
    """What a change of C_t still does to C_T: along the road alone, and altogether. No hands."""
    layers = [
        *JACOBIANS.drawn(ticks, "''"),
        *times("jacobians_base + 17*s", moving=False),
        *unseen(ways, facts),
    ]
    place = ("wide ? 150*s : 92", "width - 46*s")
    return _still(layers, *place, JACOBIANS.parameters("36*s"), "jacobians_base + 26*s")


def trained(ways: Data, ticks: Data, life_ticks: Data, facts: Data) -> AnyChart:
    """A network before and after training: gradient, survival, and each unit's half-life. No hands."""
    names = (("after", "state", "-8*s"), ("before", "dim", "10*s"))
    layers = [
        *TRAINED.drawn(ticks, "'relative to T, median unit'"),
        *times("trained_base + 17*s", moving=False),
        *TRAINED_LIVES.drawn(life_ticks, "'timesteps'"),
        *(
            words("left - 10*s", f"(lives_top + lives_base)/2 + {shift}", f"'half-lives, {name}'",
                  size=13, weight=600, colour=ink, align="right")
            for name, ink, shift in names
        ),
        *unseen(ways, facts),
    ]  # fmt: skip
    panels = [*TRAINED.parameters("20*s"), *TRAINED_LIVES.parameters("trained_base + 38*s")]
    return _still(layers, "wide ? 176*s : 116", "width - 56*s", panels, "lives_base + 10*s")


def _picture(
    layers: list[Layer], moved: list[alt.Parameter], height: str, *hands: alt.Parameter
) -> AnyChart:
    """The layers under the forget bias, the gates and perhaps another hand."""
    own = [] if hands else [of_data("T", "facts", "timesteps")]
    parameters = [
        GATES.selection(), FORGET_BIAS.selection(), *hands, *choosing(), *margins(), *own, *moved
    ]  # fmt: skip
    return stage(*layers, height=height, parameters=parameters, many_marks=True)


def _still(
    layers: list[Layer], left: str, right: str, panels: list[alt.Parameter], height: str
) -> AnyChart:
    """The layers of one network as it is, without hands."""
    parameters = [
        parameter("way", row_of("ways", "0")), of_data("T", "facts", "timesteps"),
        parameter("left", left), parameter("right", right), *panels,
    ]  # fmt: skip
    return stage(*layers, height=height, parameters=parameters, many_marks=True)
