"""What the pictures of the vanilla RNN's gradient are drawn from: rows of all radii at once.

Nothing here depends on the radius of the config: the browser chooses it.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from engine import in_words
from engine.charts.stage import packed, power_ticks
from engine.charts.unrolled import RADIUS
from engine.extended_range import LOG10_LARGEST, LOG10_SMALLEST, Array
from engine.in_words import lowered, raised
from engine.recurrent import RecurrentConfig, draw_weights, spectral_sweep
from engine.recurrent.config import Activation
from engine.recurrent.theory import linear_closed_form, measured_rate

#: Labelled nodes of a network: with much room, and on a phone.
NODES, NODES_ON_A_PHONE = 13, 6
#: Points of a curve, and beads between the nodes of a network, at most.
CURVE_POINTS, BEADS = 80, 130
#: Radii that the axis has room for.
SHOWN_FROM, SHOWN_TO = 0.5, 1.5
#: Of these the gradient is drawn for comparison, if its end has room among the others.
OTHER_RADII = (1.0, 0.5, 1.5, 0.7, 1.2, 0.9, 0.6, 0.8, 1.1, 2.0)
#: Room between the left ends of such curves, as a share of the axis.
APART = 0.085
#: The activations by the name that they have in charts.
ACTIVATIONS: dict[str, Activation] = {"none": "identity", "tanh": "tanh", "relu": "relu"}
#: No place on an axis is farther away than this; infinities have no place.
FARTHEST = 1e4

Frames = dict[str, pd.DataFrame]


def radii() -> Array:
    """Every radius that the slider stops at."""
    return RADIUS.values()


def labelled(timesteps: int, most: int) -> list[int]:
    """Up to `most` timesteps with 1 and T among them, equally far apart where T allows it."""
    if timesteps <= most:
        return list(range(1, timesteps + 1))
    for count in range(most, most // 2, -1):
        if (timesteps - 1) % (count - 1) == 0:
            return list(range(1, timesteps + 1, (timesteps - 1) // (count - 1)))
    return sorted({round(t) for t in np.linspace(1, timesteps, most)})


def drawn_steps(timesteps: int) -> pd.DataFrame:
    """The timesteps that a network and its curves are drawn with: `t, label, input, big, …`."""
    big, bigger = labelled(timesteps, NODES), labelled(timesteps, NODES_ON_A_PHONE)
    spread = np.linspace(1, timesteps, min(timesteps, CURVE_POINTS)).round().astype(int)
    t = np.array(sorted({*spread.tolist(), *big, *bigger}))
    return pd.DataFrame(
        {
            "t": t,
            "label": [f"h{lowered(step)}" for step in t],
            "input": [f"x{lowered(step)}" for step in t],
            "big": np.isin(t, big),
            "bigger": np.isin(t, bigger),
            "few": timesteps <= BEADS,
        }
    )


def swept(config: RecurrentConfig) -> tuple[Array, Array]:
    """Base-10 logarithms of ‖∂L/∂h_t‖ and ‖h_t‖ at every radius, (radii, timesteps) each."""
    frame = spectral_sweep(config, radii(), log10=True)
    shape = (len(radii()), config.timesteps)
    return (
        frame["log10_grad_hidden_norm"].to_numpy().reshape(shape),
        frame["log10_hidden_norm"].to_numpy().reshape(shape),
    )


def change(gradient: Array) -> Array:
    """log10 ‖∂L/∂h_1‖/‖∂L/∂h_T‖ of rows of logarithms; NaN where nothing arrives at T."""
    with np.errstate(invalid="ignore"):
        return np.where(gradient[:, 0] == gradient[:, -1], 0.0, gradient[:, 0] - gradient[:, -1])


@lru_cache(maxsize=4)
def hero(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.unrolled.unrolled`, by name.

    Kept, because a hand that comes to rest asks for the same ones again.
    """
    gradient, state = swept(config)
    steps = drawn_steps(config.timesteps)
    drawn = steps["t"].to_numpy() - 1
    ticks = power_ticks(*_reach(gradient, state))
    values = eigenvalues(config)
    return {
        "steps": steps.assign(gs=packed(gradient[:, drawn].T), hs=packed(state[:, drawn].T)),
        "radii": of_radii(gradient, state, values["magnitude"].to_numpy(), ticks),
        "eigenvalues": values,
        "others": other_radii(gradient, state, steps["t"].to_numpy(), ticks),
        "ticks": ticks,
    }


def eigenvalues(config: RecurrentConfig) -> pd.DataFrame:
    """The eigenvalues of W_h at a spectral radius of 1: `real, imaginary, magnitude`."""
    values = np.linalg.eigvals(draw_weights(replace(config, spectral_radius=1.0)).w_h)
    return pd.DataFrame(
        {"real": values.real, "imaginary": values.imag, "magnitude": np.abs(values)}
    )


def _reach(gradient: Array, state: Array) -> tuple[float, float]:
    """What the axis has to show, low and high: both norms at radii around 1."""
    inside = (radii() >= SHOWN_FROM) & (radii() <= SHOWN_TO)
    finite = gradient[inside][np.isfinite(gradient[inside])]
    states = state[inside][np.isfinite(state[inside])]
    low = min(finite.min(initial=-6.0), -6.0)
    return low, max(finite.max(initial=0.0), states.max(initial=0.0), 2.0)


def of_radii(gradient: Array, state: Array, magnitudes: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """What a picture says of each radius: `i, at, share`, places on the axis, and words."""
    timesteps, ends = gradient.shape[1], (ticks["value"].iloc[0], ticks["value"].iloc[-1])
    ratio, label = change(gradient), round(0.26 * (timesteps - 1))
    late = round(0.85 * (timesteps - 1))
    steps = max(timesteps - 1, 1)
    kept = 10 ** np.clip(ratio / steps, -FARTHEST, 2)
    at = radii()
    outside = (np.outer(at, magnitudes) > 1.000001).sum(axis=1)
    place = {
        "g_first": gradient[:, 0],
        "g_last": gradient[:, -1],
        "g_label": gradient[:, label],
        "h_last": state[:, -1],
        "share": np.clip(ratio, *ends),
    }
    return pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": at,
            **{name: np.clip(values, -FARTHEST, FARTHEST) for name, values in place.items()},
            "kept": np.minimum(kept, 2.15),
            "above": gradient[:, label] > state[:, label],
            "crosses": gradient[:, late] > state[:, late],
            "headline": ["all of it" if timesteps == 1 else in_words.part_of(d) for d in ratio],
            **_sentences(at, ratio, gradient[:, 0], timesteps),
            "gradient_words": [
                gradient_label(curve, label, ends) for curve in gradient
            ],
            "state_words": [
                f"▲ state ‖hₜ‖, on to {in_words.power_of_ten(last)}"
                if last > ends[1] else "state ‖hₜ‖" for last in state[:, -1]
            ],
            "radius_words": [f"largest |λ|, the slider: {radius:.2f}" for radius in at],
            "kept_words": [f"kept per step: {written_factor(k)}" for k in kept],
            "outside_words": [f"{n} of {len(magnitudes)} outside the unit circle" for n in outside],
        }
    )  # fmt: skip


def written_factor(factor: float) -> str:
    """A factor a step to two decimals, or as a whole number."""
    return f"{factor:.2f}" if factor < 100 else f"{factor:.0f}"


def _sentences(at: Array, ratio: Array, first: Array, timesteps: int) -> dict[str, list[str]]:
    """What stands below the headline: with room, and on a phone."""
    pairs = [
        sentence(radius, d, g, timesteps) for radius, d, g in zip(at, ratio, first, strict=True)
    ]
    return {"sentence": [pair[0] for pair in pairs], "sentence_short": [pair[1] for pair in pairs]}


def sentence(radius: float, ratio: float, first: float, timesteps: int) -> tuple[str, str]:
    """How the share of the first step comes about: in a sentence, and shorter."""
    if timesteps == 1:
        return ("The first step is the last.",) * 2
    if not np.isfinite(ratio):
        if radius == 0:
            return ("Nothing passes from one step to the next.",) * 2
        return ("Somewhere on the way back it becomes exactly zero.",) * 2
    steps = timesteps - 1
    factor = in_words.factor_a_step(ratio, steps)
    power = f"{factor}{raised(steps)}"
    limit = ""
    if first < LOG10_SMALLEST:
        limit = " Float64 ends at 10⁻³²⁴: a plain program prints 0."
    elif first > LOG10_LARGEST:
        limit = " Float64 ends at 10³⁰⁸: a plain program prints inf."
    times = "one step" if steps == 1 else f"{steps} steps"
    return (
        f"On average each step back multiplies it by {factor}; {times}, by {power}.{limit}",
        f"{factor} a step, on average; {times}: {power}",
    )


def gradient_label(curve: Array, label: int, ends: tuple[float, float]) -> str:
    """The name of the gradient's curve, with where it goes once it has left the axis."""
    name, (low, high) = "gradient ‖∂L/∂hₜ‖", ends
    near = 0.1 * (high - low)
    if not np.isfinite(curve[0]):
        alive = np.flatnonzero(np.isfinite(curve))
        start = f"before h{lowered(int(alive[0]) + 1)}" if len(alive) else "everywhere"
        return f"{name}: exactly 0 {start}"
    if curve[0] < low and curve[label] < low + near:
        return f"▼ {name}, on to {in_words.power_of_ten(curve[0])}"
    if curve[0] > high and curve[label] > high - near:
        return f"▲ {name}, on to {in_words.power_of_ten(curve[0])}"
    return name


def other_radii(gradient: Array, state: Array, t: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """A few curves to compare with, whose left ends have room: `t, g, words`."""
    low, high = ticks["value"].iloc[0], ticks["value"].iloc[-1]
    span, taken, parts = high - low, list[float](), list[pd.DataFrame]()
    for radius in OTHER_RADII:
        i = int(np.argmin(np.abs(radii() - radius)))
        end = gradient[i, 0]
        inside = low + 0.02 * span < end < high - 0.1 * span
        if not inside:
            continue
        clear = abs(end - state[i, 0]) > 0.07 * span
        if clear and all(abs(end - other) > APART * span for other in taken):
            taken.append(end)
            curve = gradient[i, t.astype(int) - 1]
            parts.append(pd.DataFrame({"t": t, "g": curve, "words": f"{radius:g}"}))
    if not parts or len(t) == 1:
        return pd.DataFrame({"t": [0.0], "g": [0.0], "words": [""]}).iloc[:0]
    lowest = min(parts, key=lambda part: float(part["g"].iloc[0]))
    lowest["words"] = "radius " + lowest["words"]
    return pd.concat(parts, ignore_index=True).query("g > -inf")


@lru_cache(maxsize=4)
def activations(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.activations.activations`, by name."""
    steps = drawn_steps(config.timesteps)
    drawn = steps["t"].to_numpy() - 1
    runs = {
        name: swept(replace(config, activation=activation))
        for name, activation in ACTIVATIONS.items()
    }
    reach = [_reach(*run) for run in runs.values()]
    ticks = power_ticks(min(low for low, _ in reach), max(high for _, high in reach))
    largest = singular_value(config) * radii()
    numbers = config.hidden_size * config.batch_size
    columns: dict[str, object] = {
        "i": np.arange(len(radii())),
        "at": radii(),
        "limit": np.log10(numbers) / 2,
        "limit_words": f"the state can’t pass √{numbers}",
    }
    curves: dict[str, list[str]] = {}
    for name, (gradient, state) in runs.items():
        of_each = of_activation(gradient, state, largest, ticks)
        columns |= {f"{column}_{name}": values for column, values in of_each.items()}
        curves |= {
            f"gs_{name}": packed(gradient[:, drawn].T),
            f"hs_{name}": packed(state[:, drawn].T),
        }
    return {"steps": steps.assign(**curves), "radii": pd.DataFrame(columns), "ticks": ticks}


def singular_value(config: RecurrentConfig) -> float:
    """The largest singular value of W_h at a spectral radius of 1."""
    w_h = draw_weights(replace(config, spectral_radius=1.0)).w_h
    return float(np.linalg.norm(w_h, 2))


def of_activation(
    gradient: Array, state: Array, largest: Array, ticks: pd.DataFrame
) -> dict[str, object]:
    """What a panel says of each radius: words, and where its bound crosses its axis."""
    low, high = ticks["value"].iloc[0], ticks["value"].iloc[-1]
    timesteps, ratio = gradient.shape[1], change(gradient)
    kept = 10 ** np.clip(ratio / max(timesteps - 1, 1), -FARTHEST, 3)
    label = round(0.26 * (timesteps - 1))
    bounds = [
        crossing(last, timesteps, step, (low, high))
        for last, step in zip(gradient[:, -1], log10(largest), strict=True)
    ]
    bound = dict(
        zip(("bound_t0", "bound_v0", "bound_t1", "bound_v1"), np.transpose(bounds), strict=True)
    )
    place = {"g_last": gradient[:, -1], "g_label": gradient[:, label], "h_last": state[:, -1]}
    return {
        **{name: np.clip(values, -FARTHEST, FARTHEST) for name, values in place.items()},
        **bound,
        "above": gradient[:, label] > state[:, label],
        "share": np.where((ratio >= low) & (ratio <= high), ratio, np.nan),
        "headline": ["all of it" if timesteps == 1 else in_words.part_of(d) for d in ratio],
        "kept_words": [f"keeps {written_factor(factor)} a step" for factor in kept],
    }


def log10(values: Array) -> Array:
    """Base-10 logarithms; minus infinity of 0."""
    with np.errstate(divide="ignore"):
        return np.log10(values)


def crossing(
    last: float, timesteps: int, a_step: float, ends: tuple[float, float]
) -> tuple[float, float, float, float]:
    """The part inside an axis of the line through (T, last) that rises by `a_step` a step back.

    Its ends as t, value, t, value, the later timestep first; NaN where no part is inside.
    """
    low, high = ends
    nothing = (np.nan,) * 4
    if timesteps == 1 or not np.isfinite(last) or not np.isfinite(a_step):
        return nothing
    back = np.array([0.0, timesteps - 1.0])
    if a_step != 0:
        inside = np.sort((np.array([low, high]) - last) / a_step)
        back = np.array([max(back[0], inside[0]), min(back[1], inside[1])])
    elif not low <= last <= high:
        return nothing
    if back[0] >= back[1]:
        return nothing
    t, value = timesteps - back, last + a_step * back
    return float(t[0]), float(value[0]), float(t[1]), float(value[1])


@lru_cache(maxsize=4)
def closed_form(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.closed_form.closed_form`, by name; `config` is linear."""
    gradient, _ = swept(config)
    steps, timesteps = drawn_steps(config.timesteps), config.timesteps
    drawn = steps["t"].to_numpy() - 1
    formula = linear_closed_form(replace(config, spectral_radius=1.0))[
        "log10_closed_form"
    ].to_numpy()
    ticks = power_ticks(*_reach(gradient, gradient[:, -1:]))
    ends = (ticks["value"].iloc[0], ticks["value"].iloc[-1])
    at, ratio = np.maximum(log10(radii()), -FARTHEST), change(gradient)
    label = round(0.3 * (timesteps - 1))
    alone = (timesteps - 1) * at
    place = {
        "g_last": gradient[:, -1],
        "g_label": gradient[:, label],
        "slope_label": gradient[:, -1] + (timesteps - 1 - label) * at,
    }
    with np.errstate(invalid="ignore"):
        power = formula - formula[-1]
    of_radii = pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": radii(),
            "log10_at": at,
            **{name: np.clip(values, -FARTHEST, FARTHEST) for name, values in place.items()},
            "share": np.clip(ratio, *ends),
            "eigenvalue_share": np.clip(alone, *ends),
            **_rates(gradient, ratio),
            "gradient_words": [gradient_label(curve, label, ends) for curve in gradient],
            "slope_words": [f"{radius:.2f} a step, the largest |eigenvalue|" for radius in radii()],
        }
    )
    return {
        "steps": steps.assign(
            power=np.clip(power[drawn], -FARTHEST, FARTHEST), gs=packed(gradient[:, drawn].T)
        ),
        "radii": of_radii,
        "ticks": ticks,
    }


def _rates(gradient: Array, ratio: Array) -> dict[str, list[str]]:
    """Headline and sentences of the linear network at each radius."""
    timesteps, texts = gradient.shape[1], []
    older = (timesteps + 1) // 2
    for radius, d, curve in zip(radii(), ratio, gradient, strict=True):
        rate = measured_rate(pd.Series(curve))
        if rate is None:
            lead = "Of the gradient that reaches the last step, the first one hears"
            whole = "all of it" if timesteps == 1 else in_words.part_of(d)
            texts.append((lead, whole, *sentence(radius, d, float(curve[0]), timesteps)))
            continue
        lead = f"Over the older half of the way, t = {older} to 1, each step back multiplies it by"
        same = written_factor(rate) == f"{radius:.2f}"
        eigenvalue = f"the largest |eigenvalue| of Wₕ, {radius:.2f}"
        long = f"That is {eigenvalue}." if same else f"In the long run it will be {eigenvalue}."
        short = f"largest |eigenvalue| of Wₕ: {radius:.2f}"
        texts.append((lead, written_factor(rate), long, short))
    return dict(
        zip(
            ("lead", "headline", "sentence", "sentence_short"),
            map(list, zip(*texts, strict=True)),
            strict=True,
        )
    )
