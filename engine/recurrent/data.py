"""The averaging task: the label is the running average of all numbers seen (handout, 1, Recap)."""

import torch

from engine.recurrent.config import MAX_TIMESTEPS, RecurrentConfig


def running_average_batch(config: RecurrentConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets, float64, each (batch, timesteps, 1).

    Inputs are independent normal numbers of standard deviation `input_scale`. The sequence at
    T = 20 begins with the sequence at T = 10, so that changing T changes nothing else.
    """
    generator = torch.Generator().manual_seed(2 * config.seed + 1)
    shape = (MAX_TIMESTEPS, config.batch_size)
    numbers = torch.randn(shape, generator=generator, dtype=torch.float64)[: config.timesteps]
    inputs = config.input_scale * numbers.T.unsqueeze(-1)
    count = torch.arange(1, config.timesteps + 1, dtype=torch.float64).reshape(1, -1, 1)
    return inputs.contiguous(), inputs.cumsum(dim=1) / count
