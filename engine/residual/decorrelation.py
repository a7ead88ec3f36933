"""Gradients that decorrelate: two inputs close by, and how alike what they ask for still is.

Balduzzi et al. (2017), "The Shattered Gradients Problem": in a plain ReLU stack the correlation
between the gradients at two inputs falls like 2^−L, in a residual one like 1/√L. Both laws take
each unit to be on for half of the inputs, as batch normalisation makes it, and two inputs to
switch their units independently. So every block here normalises: h_{t+1} = relu(n(W_t h_t)), plus
h_t where there is a skip, with n the mean and deviation of a batch at the start of training.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from engine.numerics import Array

#: Angles between two inputs that are measured, in degrees.
ANGLES = tuple(range(5, 95, 5))
DEPTH, WIDTH, SEEDS = 50, 32, 5
#: Inputs of a batch, of which the first have a partner at every angle; their gradients are
#: followed along so many of the input's directions.
BATCH, PAIRS, DIRECTIONS = 128, 16, 8


@lru_cache(maxsize=1)  # it depends on no control: half a second, once
def gradient_correlations() -> pd.DataFrame:
    """Correlation between the gradients at two inputs, over depth, by the angle between them.

    Returns `network` ("plain", "residual"), `angle` (degrees), `depth` (0 to 50),
    `correlation` (mean over pairs and seeds), `spread` (standard deviation over seeds).
    The gradients are those of all outputs with respect to the input; their correlation is the
    cosine between the two Jacobians.
    """
    columns = {
        "angle": np.repeat(ANGLES, DEPTH + 1),
        "depth": np.tile(np.arange(DEPTH + 1), len(ANGLES)),
    }
    parts = []
    for network in ("plain", "residual"):
        skip = network == "residual"
        runs = np.stack([_correlations(seed, DEPTH, skip=skip) for seed in range(SEEDS)])
        measured = {"correlation": runs.mean(axis=0), "spread": runs.std(axis=0)}
        columns |= {name: values.T.ravel() for name, values in measured.items()}
        parts.append(pd.DataFrame({"network": network, **columns}))
    return pd.concat(parts, ignore_index=True)


def published_law(network: str, depth: Array) -> Array:
    """The paper's law: 2^−L for "plain" (theorem 1), 1/√L for "residual" (theorem 3)."""
    if network == "plain":
        return 0.5**depth
    with np.errstate(divide="ignore"):
        return np.minimum(depth**-0.5, 1.0)


def _correlations(seed: int, depth: int, *, skip: bool) -> Array:
    """The mean over pairs at every depth and angle: (depth + 1, angles)."""
    generator = np.random.default_rng(seed)
    batch, states = _inputs(generator)
    # ∂h_t/∂(input j) of every input: carried forwards, one product serves every depth on its way.
    moved = np.empty((WIDTH, *states.shape[:2], DIRECTIONS))
    moved[:] = np.eye(WIDTH)[:, None, None, :DIRECTIONS]
    found = [np.ones(len(ANGLES))]
    for _ in range(depth):
        weights = generator.normal(size=(WIDTH, WIDTH)) / WIDTH**0.5
        of_batch, sums = batch @ weights.T, states @ weights.T
        mean, deviation = of_batch.mean(axis=0), of_batch.std(axis=0)
        of_batch, sums = (of_batch - mean) / deviation, (sums - mean) / deviation
        through = (weights @ moved.reshape(WIDTH, -1)).reshape(moved.shape)
        through *= np.moveaxis((sums > 0) / deviation, -1, 0)[..., None]
        added, to_batch = np.maximum(sums, 0), np.maximum(of_batch, 0)
        if skip:
            to_batch, added, through = batch + to_batch, states + added, moved + through
        batch, states, moved = to_batch, added, through
        size = np.sqrt(np.einsum("wapd,wapd->ap", moved, moved))
        together = np.einsum("wapd,wpd->ap", moved[:, 1:], moved[:, 0])
        found.append((together / (size[1:] * size[0])).mean(axis=-1))
        moved /= size.mean()  # an angle forgets a common factor
    return np.stack(found)


def _inputs(generator: np.random.Generator) -> tuple[Array, Array]:
    """A batch of standard normal inputs, and its first ones with their partners.

    Returns (batch, width) and (1 + angles, pairs, width): the inputs themselves, then each turned
    by every angle towards a direction of its own.
    """
    batch = generator.normal(size=(BATCH, WIDTH))
    inputs, others = batch[:PAIRS], generator.normal(size=(PAIRS, WIDTH))
    square = np.square(inputs).sum(axis=-1, keepdims=True)
    others = others - (others * inputs).sum(axis=-1, keepdims=True) / square * inputs
    others *= np.sqrt(square) / np.linalg.norm(others, axis=-1, keepdims=True)
    turns = np.deg2rad(ANGLES)[:, None, None]
    turned = np.cos(turns) * inputs + np.sin(turns) * others
    return batch, np.concatenate([inputs[None], turned])
