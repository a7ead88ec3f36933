"""Why gradients vanish (handout, 1 (a)-(c)): what each section of the page shows."""

from dataclasses import replace

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
