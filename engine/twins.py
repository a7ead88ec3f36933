"""A second question of the same kind: other settings, and an answer that the engine computes.

Who has understood a demonstration answers its twin, too; who has remembered its answer doesn't.
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import combinations, product

from engine.arguments import require_choice, require_integer
from engine.decoding import TreeModel, beam_search, exhaustive_search
from engine.decoding.comparisons import endless_cost
from engine.decoding.cost import costs_at
from engine.in_words import scientific
from engine.recurrent import RecurrentConfig, gradient_share_by_loss, gradient_trace
from engine.residual import ResidualConfig, depth_trace

#: Powers of ten: what counts as keeping its size, and as vanished or exploded beyond doubt.
NEARLY, CLEARLY = 0.7, 3.0
#: Losses at most so many timesteps ahead are near.
NEAR_STEPS = 10
SIZES = (
    "It vanishes: less than a thousandth arrives",
    "It keeps its size, to within a factor of five",
    "It explodes: more than a thousand times as much arrives",
)
WORDS = ("red", "green")
#: More than anybody asks for.
MOST_TWINS = 99


@dataclass(frozen=True)
class Twin:
    """asks, options, the number of the right one, and what the engine computed, in words."""

    asks: str
    options: tuple[str, ...]
    right: int
    because: str


@lru_cache(maxsize=256)
def twin(key: str, number: int) -> Twin:
    """The twin of the question `key` ("1a" …), the `number`-th that somebody gets, from 0.

    The same for everybody; one after the other they differ. Raises ValueError for a key that no
    question has.
    """
    require_choice("key", key, tuple(_MAKERS))
    require_integer("number", number, 0, MOST_TWINS)
    draw = random.Random(f"{key} {number}")
    before = twin(key, number - 1) if number else None
    while True:
        made = _MAKERS[key](draw)
        if made is not None and made != before:
            return made


def _linear(draw: random.Random) -> Twin | None:
    config = RecurrentConfig(
        activation="identity",
        spectral_radius=draw.choice((0.5, 0.7, 0.8, 1.0, 1.2, 1.4)),
        recurrent_init=draw.choice(("gaussian", "orthogonal", "symmetric")),
        timesteps=draw.choice((30, 50, 100)),
        seed=draw.randrange(100),
    )
    asks = (
        f"No nonlinearity, a {config.recurrent_init} Wₕ whose largest |eigenvalue| is "
        f"{config.spectral_radius:g}, a target at T = {config.timesteps} only. What becomes of the "
        "gradient on its way from the last timestep to the first?"
    )
    return _of_size(asks, _log10_ratio(config))


def _activations(draw: random.Random) -> Twin | None:
    radius, timesteps = draw.choice((0.6, 0.8, 1.0, 1.2, 2.0)), draw.choice((20, 50, 100))
    config = RecurrentConfig(spectral_radius=radius, timesteps=timesteps, seed=draw.randrange(100))
    return _larger(
        f"The same weights with tanh and with ReLU, spectral radius {radius:g}, T = {timesteps}. "
        "With which does more of the gradient at h_T reach h₁?",
        ("With tanh", "With ReLU", "About as much with both"),
        [replace(config, activation=name) for name in ("tanh", "relu")],
    )


def _targets(draw: random.Random) -> Twin | None:
    config = RecurrentConfig(
        spectral_radius=draw.choice((0.5, 0.7, 0.8)),
        timesteps=draw.choice((40, 60, 100)),
        last_target_only=False,
        seed=draw.randrange(100),
    )
    shares = gradient_share_by_loss(config)
    first = shares[shares["timestep"] == 1]
    far = float(first.loc[first["loss_timestep"] - 1 > NEAR_STEPS, "share"].sum())
    if not abs(far) < 0.05:
        return None
    return _choice(
        draw,
        f"tanh, spectral radius {config.spectral_radius:g}, a target at each of {config.timesteps} "
        f"timesteps. How much of the gradient at h₁ comes from losses more than {NEAR_STEPS} steps "
        "ahead?",
        ("Less than a twentieth", "About half", "Nearly all of it"),
        f"Computed: {far:.2%}.",
    )


def _lstm(draw: random.Random) -> Twin | None:
    bias, radius = draw.choice((-3.0, -1.0, 1.0, 3.0)), draw.choice((0.4, 0.6, 0.9))
    config = RecurrentConfig(
        spectral_radius=radius, timesteps=draw.choice((30, 60)), seed=draw.randrange(100)
    )
    return _larger(
        f"An LSTM with forget bias {bias:g} and a tanh RNN of the same width, both with recurrent "
        f"weights of spectral radius {radius:g}, T = {config.timesteps}. In which does more of "
        "the gradient at h_T reach h₁?",
        ("In the LSTM", "In the RNN", "About as much in both"),
        [replace(config, cell="lstm", forget_bias=bias), config],
    )


def _road(draw: random.Random) -> Twin | None:
    gate, steps = draw.choice((0.5, 0.8, 0.9, 0.95, 0.99)), draw.choice((10, 20, 50, 100))
    left = gate**steps
    wrong = [gate * steps / (steps + 1), gate / steps, left**2, min(1.0, left**0.5)]
    options = _apart([left, *draw.sample(wrong, len(wrong))], 3)
    if options is None:
        return None
    return _choice(
        draw,
        f"Every forget gate stands at {gate:g}. What is left of the gradient after {steps} steps on "
        "the road alone?",
        [_share(value) for value in options],
        f"Computed: {gate:g} to the power {steps} is {_share(left)}.",
    )


def _skip(draw: random.Random) -> Twin | None:
    depth, skip = draw.choice((20, 50, 100)), draw.choice((0.0, 0.3, 0.5, 1.0))
    config = ResidualConfig(depth=depth, skip=skip, seed=draw.randrange(100))
    frame = depth_trace(config).log10_frame["log10_grad_hidden_norm"]
    asks = (
        f"A stack of {depth} blocks with tanh and torch's initial weights, its skips multiplied by "
        f"{skip:g}. What becomes of the gradient on its way from the output to the input?"
    )
    return _of_size(asks, float(frame.iloc[0] - frame.iloc[-1]))


def _stored(draw: random.Random, timestep: int) -> Twin | None:
    width, (tree, drawn) = 1 if timestep == 1 else 2, _tree(draw, timestep)
    kept = beam_search(tree, width, timestep).steps[-1].kept
    right = {hypothesis.tokens for hypothesis in kept}
    every = list(product(WORDS, repeat=timestep))
    wrong = [set(of) for of in combinations(every, len(right)) if set(of) != right]
    options = [right, *draw.sample(wrong, min(3, len(wrong)))]
    return _choice(
        draw,
        f"Another tree of two words, searched with k = {width}. {drawn} What is stored after step "
        f"{timestep}?",
        [_texts(of) for of in options],
        f"Computed: {_texts(right)}.",
    )


def _optimum(draw: random.Random) -> Twin | None:
    tree, drawn = _tree(draw, 3)
    width = draw.choice((1, 2))
    found = beam_search(tree, width, 3).best
    best = exhaustive_search(tree, 3).best
    gap = best.log_prob - found.log_prob
    if 0 < gap < 0.05:
        return None
    return Twin(
        f"Another tree of two words, T = 3. {drawn} Does beam search with k = {width} return the "
        "most likely sequence of all?",
        ("Yes", "No"),
        int(gap > 0),
        f"Computed: it returns “{' '.join(found.tokens)}” with {found.log_prob:.2f}; the most "
        f"likely is “{' '.join(best.tokens)}” with {best.log_prob:.2f}.",
    )


def _cost(draw: random.Random) -> Twin | None:
    width, length = draw.choice((2, 3, 5)), draw.choice((5, 10, 15))
    cost = endless_cost(width)
    stored = draw.random() < 0.5
    way = "stored" if stored else "rerun"
    ratio = costs_at(cost, width, 2 * length)[way] / costs_at(cost, width, length)[way]
    right = min((2.0, 4.0, 8.0), key=lambda factor: abs(factor - ratio))
    return _choice(
        draw,
        f"Beam search with k = {width}, hidden states {'stored' if stored else 'not stored'}. T "
        f"doubles from {length} to {2 * length}. How do the cell evaluations grow?",
        [f"About {factor:g} times as many" for factor in sorted((2.0, 4.0, 8.0), key=right.__ne__)],
        f"Counted: {ratio:.2f} times as many.",
    )


_MAKERS: dict[str, Callable[[random.Random], Twin | None]] = {
    "1a": _linear,
    "1b": _activations,
    "1c": _targets,
    "1d": _lstm,
    "1e": _road,
    "1f": _skip,
    "2a": partial(_stored, timestep=1),
    "2b": partial(_stored, timestep=2),
    "2c": partial(_stored, timestep=3),
    "2d": _optimum,
    "2e": _cost,
}


def _log10_ratio(config: RecurrentConfig) -> float:
    """log10 of ‖∂L/∂h₁‖ / ‖∂L/∂h_T‖."""
    gradient = gradient_trace(config).log10_frame["log10_grad_hidden_norm"]
    return float(gradient.iloc[0] - gradient.iloc[-1])


def _of_size(asks: str, log10_ratio: float) -> Twin | None:
    """None where what arrives is neither clearly smaller or larger nor nearly the same."""
    if abs(log10_ratio) < NEARLY:
        right = 1
    elif abs(log10_ratio) > CLEARLY:
        right = 0 if log10_ratio < 0 else 2
    else:
        return None
    return Twin(asks, SIZES, right, f"Computed: {scientific(log10_ratio)} of it arrives.")


def _larger(asks: str, options: tuple[str, ...], configs: Sequence[RecurrentConfig]) -> Twin | None:
    """None where the two leave neither clearly different shares nor nearly the same."""
    log10_ratios = [_log10_ratio(config) for config in configs]
    difference = log10_ratios[0] - log10_ratios[1]
    if abs(difference) < NEARLY / 2:
        right = 2
    elif abs(difference) > 1:
        right = 0 if difference > 0 else 1
    else:
        return None
    both = " and ".join(scientific(ratio) for ratio in log10_ratios)
    return Twin(asks, options, right, f"Computed, in this order: {both} of it arrives.")


def _choice(draw: random.Random, asks: str, options: Sequence[str], because: str) -> Twin:
    """A twin whose first option is the right one, shuffled."""
    order = list(options)
    draw.shuffle(order)
    return Twin(asks, tuple(order), order.index(options[0]), because)


def _apart(values: Sequence[float], count: int) -> list[float] | None:
    """The first value and others that differ from it and from each other by more than a third."""
    kept = [values[0]]
    for value in values[1:]:
        if all(max(value, other) > 1.4 * min(value, other) for other in kept):
            kept.append(value)
    return kept[:count] if len(kept) >= count else None


def _share(value: float) -> str:
    return f"{value:.2g}"


def _tree(draw: random.Random, steps: int) -> tuple[TreeModel, str]:
    """A tree of two words, its log-probs to two digits, and the same in words."""
    tree, said = {}, []
    for depth in range(steps):
        for prefix in product(WORDS, repeat=depth):
            share = draw.choice((0.2, 0.35, 0.45, 0.55, 0.65, 0.8, 0.95))
            first, second = round(math.log(share), 2), round(math.log(1 - share), 2)
            tree[prefix] = dict(zip(WORDS, (first, second), strict=True))
            after = f"after “{' '.join(prefix)}”" if prefix else "first"
            said.append(f"{after}: {WORDS[0]} {first:g}, {WORDS[1]} {second:g}")
    return TreeModel(tree), f"Log-probs, {'; '.join(said)}."


def _texts(sequences: Iterable[tuple[str, ...]]) -> str:
    return " and ".join(sorted(f"“{' '.join(tokens)}”" for tokens in sequences))
