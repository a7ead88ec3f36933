"""How long a training step takes beside PyTorch: a module for each network, and one batched cell.

The batched cell holds the networks of a comparison in one recurrence, a matrix product for all of
them at each timestep, under autograd: what hand-written training would have to give way to.
All sides draw the same batches, and that modules and ours find the same losses is checked before the
clock starts. Then they take turns. Medians of processor time are compared.
"""

import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from engine.training import TrainingConfig
from engine.training.tasks import data_generator
from engine.training.train import Trainer
from tests.benchmarks.side_by_side import Comparison, medians, seconds
from tests.engine.training.plain import PlainNetwork, plain_optimiser, plain_step

CONFIG = TrainingConfig(
    task="average_every", timesteps=50, hidden_size=32, batch_size=64, validation_interval=20_000
)
WARM_UP, REPEATS = 5, 21
#: The largest share of the plain loop's time per step that one model may take.
ALONE, BATCHED = 1.0, 0.7


def main() -> None:
    """Print one row for each cell and each number of models that train together."""
    print(
        f"{'per step and model':36}{'plain':>10}{'ours':>10}{'ratio':>8}{'bound':>8}{'batched':>12}"
    )
    for cell in ("rnn", "lstm", "residual"):
        for layers in (1, 2):
            for models in (1, 4):
                config = replace(CONFIG, cell=cell, num_layers=layers)
                report(config, models, ALONE if models == 1 else BATCHED)


def report(config: TrainingConfig, models: int, bound: float) -> None:
    """Measure one comparison and print its row."""
    configs = [replace(config, seed=seed) for seed in range(models)]
    plain, ours = plain_steps(config), our_steps(configs)
    first = [(next(plain), next(ours)) for _ in range(WARM_UP)]
    np.testing.assert_allclose([a for a, _ in first], [b for _, b in first], rtol=1e-3)
    name = f"{config.cell}, {config.num_layers} layers, {models} together"
    steps = Comparison(name, partial(next, plain), partial(next, ours), bound, REPEATS)
    one, together = medians(steps)
    per_model = together / models
    verdict = "PASS" if per_model / one <= bound else "over"
    print(
        f"{name:36}{1e3 * one:7.2f} ms{1e3 * per_model:7.2f} ms{per_model / one:8.2f}{bound:8.1f} "
        f"{verdict}{batched(config, models)}"
    )


def batched(config: TrainingConfig, models: int) -> str:
    """The time per step and model of one batched cell of torch, of those that it is written for."""
    if config.num_layers > 1 or config.cell == "residual":
        return ""
    steps = batched_steps(config, models)
    times = [seconds(partial(next, steps)) for _ in range(WARM_UP + REPEATS)][WARM_UP:]
    return f"{1e3 * statistics.median(times) / models:7.2f} ms"


def batched_steps(config: TrainingConfig, models: int) -> Iterator[float]:
    """Steps of `models` networks as one recurrence of torch, (models, rows, batch) at each t."""
    gates = 4 if config.cell == "lstm" else 1
    hidden, rows = config.hidden_size, gates * config.hidden_size
    shapes = ((rows, hidden), (rows, 1), (rows, 1), (1, hidden))
    w_h, w_x, bias, readout = parameters = [
        (torch.randn(models, *shape) / hidden**0.5).requires_grad_() for shape in shapes
    ]
    optimiser = torch.optim.Adam(parameters, lr=config.learning_rate)
    while True:
        inputs = torch.randn(config.timesteps, models, 1, config.batch_size)
        targets = inputs.cumsum(0) / torch.arange(1, config.timesteps + 1).view(-1, 1, 1, 1)
        sums, states = w_x @ inputs + bias, []
        h = c = torch.zeros(models, hidden, config.batch_size)
        for at_t in sums:
            total = torch.baddbmm(at_t, w_h, h)
            if gates == 4:
                i, f, g, o = total.chunk(4, dim=1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
            else:
                h = total.tanh()
            states.append(h)
        loss = (readout @ torch.stack(states) - targets).square().mean(dim=(0, 2, 3)).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield loss.item()


def plain_steps(config: TrainingConfig) -> Iterator[float]:
    """The loss of each step of the plain loop."""
    network, generator = PlainNetwork(config), data_generator(config, "training")
    optimiser = plain_optimiser(config, network)
    while True:
        yield plain_step(config, network, optimiser, generator)[0]


def our_steps(configs: list[TrainingConfig]) -> Iterator[float]:
    """The loss of each step of the first of several models."""
    for _, metrics in Trainer([replace(config, steps=20_000) for config in configs]).steps():
        yield metrics[0]["train_loss"]


if __name__ == "__main__":
    main()
