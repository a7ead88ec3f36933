"""Why gradients vanish (handout, 1 (a)-(c)): what each section of the page shows."""

from dataclasses import replace

from engine.charts.activations import activations as activations_chart
from engine.charts.closed_form import closed_form
from engine.charts.targets import targets as targets_chart
from engine.charts.unrolled import unrolled
from engine.recurrent import RecurrentConfig
from engine.sections import gradient_rows as rows
from engine.sections.shown import Shown, figure


def _without_radius(config: RecurrentConfig) -> RecurrentConfig:
    return replace(config, spectral_radius=1.0)


def hero(config: RecurrentConfig) -> Shown:
    """The gradient of one target at T along the unrolled network, at every spectral radius."""
    config = replace(config, last_target_only=True)
    return Shown(
        {
            "hero": figure(
                unrolled,
                rows.hero(_without_radius(config)),
                alt_text="The unrolled network over the norms of its gradient and its state along "
                "time, beside the eigenvalues of W_h in the complex plane; below, what the first "
                "timestep hears of the gradient at every spectral radius, with a slider.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )


def linear(config: RecurrentConfig) -> Shown:
    """(a): the backward pass without a nonlinearity against the formula, at every spectral radius."""
    config = replace(config, last_target_only=True, activation="identity")
    return Shown(
        {
            "linear": figure(
                closed_form,
                rows.closed_form(_without_radius(config)),
                alt_text="The gradient of the linear network along time: circles of the backward "
                "pass on the curve of the formula, and a dashed line with the slope of the largest "
                "eigenvalue; below, what the first timestep hears at every spectral radius, with a "
                "slider.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )


def activations(config: RecurrentConfig) -> Shown:
    """(b): no nonlinearity, tanh and ReLU on the same weights and data, at every spectral radius."""
    config = replace(config, last_target_only=True, activation="identity")
    return Shown(
        {
            "activations": figure(
                activations_chart,
                rows.activations(_without_radius(config)),
                alt_text="Three panels with the norms of gradient and state along time: without a "
                "nonlinearity, with tanh, with ReLU, each under the bound that the largest singular "
                "value sets; below, what the first timestep hears with each of them at every "
                "spectral radius, with a slider.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )


def targets(config: RecurrentConfig) -> Shown:
    """(c): a target at every timestep, at every spectral radius."""
    config = replace(config, last_target_only=False)
    return Shown(
        {
            "targets": figure(
                targets_chart,
                rows.targets(_without_radius(config)),
                alt_text="The unrolled network with a loss at every timestep, over the gradient "
                "that all losses send together and that some send alone; below, whose losses each "
                "hidden state hears, as bands of near and far ones. A slider sets the spectral "
                "radius.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )
