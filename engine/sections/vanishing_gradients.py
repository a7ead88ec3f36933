"""Why gradients vanish (handout, 1 (a)-(c)): what each section of the page shows."""

from dataclasses import replace

from engine.charts import unrolled as network
from engine.charts.activations import activations as activations_chart
from engine.charts.closed_form import closed_form
from engine.charts.equation_one import equation_one as terms_chart
from engine.charts.powers import powers
from engine.charts.targets import targets as targets_chart
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
                network.unrolled,
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


def equation_one(config: RecurrentConfig) -> Shown:
    """Equation (1): the terms of ∂L/∂W_h at every spectral radius, for one sequence."""
    config = replace(config, batch_size=1)
    return Shown(
        {
            "equation_one": figure(
                terms_chart,
                rows.equation_one(_without_radius(config)),
                alt_text="Norms of the terms of equation (1) by timestep, and of their sum from T "
                "down to each; below, how many of the newest timesteps hold 99 percent of the "
                "gradient at every spectral radius, with a slider.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )


def beyond(config: RecurrentConfig) -> Shown:
    """How far the powers of W_h stray from its eigenvalues, at every spectral radius."""
    return Shown(
        {
            "beyond": figure(
                powers,
                rows.beyond(_without_radius(config)),
                alt_text="The norm of the powers of W_h between what the largest eigenvalue and "
                "the largest singular value say; below, the largest of all powers at every "
                "spectral radius, with a slider.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )


def notebook(config: RecurrentConfig) -> Shown:
    """The course notebook's experiment at every weight_scale (its Section 1.D)."""
    config = replace(config, spectral_radius=None, batch_size=1, input_scale=1.0)
    return Shown(
        {
            "notebook": figure(
                network.notebook,
                rows.notebook(replace(config, weight_scale=1.0)),
                alt_text="The unrolled network of the course notebook over the norms of its "
                "gradient and its state; below, what the first timestep hears at every "
                "weight_scale, with a slider.",
                hands={"weight_scale": config.weight_scale},
            )
        }
    )


def overview(config: RecurrentConfig) -> Shown:
    """The hero's network and curve alone: a first thing to turn."""
    config = replace(config, last_target_only=True)
    frames = rows.hero(_without_radius(config))
    return Shown(
        {
            "overview": figure(
                network.unrolled_small,
                {name: frames[name] for name in ("steps", "radii", "ticks")},
                alt_text="The unrolled network over the norms of its gradient and its state along "
                "time, with a slider for the spectral radius.",
                hands={"radius": config.spectral_radius or 0.0},
            )
        }
    )
