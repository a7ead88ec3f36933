"""Training as a PyTorch user writes it: nn modules, autograd, torch.optim. The independent answer.

The residual cell has no module of its own and is written out with autograd.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import torch

from engine.numerics import tensors
from engine.training import (
    LanguageConfig,
    LanguageRun,
    TrainingConfig,
    TrainingRun,
    train,
    train_language_model,
)
from engine.training.network import StateDicts, initial_weights
from engine.training.tasks import data_generator, draw_batch

#: Trained in a few hundredths of a second.
SMALL = TrainingConfig(hidden_size=4, timesteps=5, batch_size=3, steps=12, validation_interval=5)
DIVERGING = replace(
    SMALL, cell="residual", activation="relu", spectral_radius=9.0, timesteps=100
)  # fmt: skip
LANGUAGE = LanguageConfig(embedding_size=3, hidden_size=5, timesteps=7, batch_size=4, steps=6)
TEXT = "what is kept\nis kept\n\nand gone\n"


@cache
def run_of(config: TrainingConfig | LanguageConfig) -> TrainingRun | LanguageRun:
    """Trained once for all tests that only read it."""
    if isinstance(config, LanguageConfig):
        return train_language_model(config, TEXT)
    return train(config)


_SIGMA = {"identity": lambda x: x, "tanh": torch.tanh, "relu": torch.relu}


class PlainNetwork(torch.nn.Module):
    """A recurrent module, or the residual recurrence on an RNN's parameters, and a linear layer."""

    def __init__(self, config: TrainingConfig, weights: StateDicts | None = None) -> None:
        super().__init__()
        self.config = config
        sizes = (config.input_size, config.hidden_size, config.num_layers)
        if config.cell == "lstm":
            self.recurrent: torch.nn.RNNBase = torch.nn.LSTM(*sizes, batch_first=True)
        else:
            nonlinearity = "relu" if config.activation == "relu" else "tanh"
            self.recurrent = torch.nn.RNN(*sizes, batch_first=True, nonlinearity=nonlinearity)
        self.readout = torch.nn.Linear(config.hidden_size, 1)
        weights = weights or initial_weights(config)
        self.recurrent.load_state_dict(tensors(weights.recurrent))
        self.readout.load_state_dict(tensors(weights.readout))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(batch, timesteps, inputs) to (batch, targets)."""
        config = self.config
        if config.cell == "residual" or (config.cell, config.activation) == ("rnn", "identity"):
            hidden = self._by_hand(inputs)
        else:
            hidden = self.recurrent(inputs)[0]
        return self.readout(hidden[:, -config.target_timesteps :])[..., 0]

    def _by_hand(self, inputs: torch.Tensor) -> torch.Tensor:
        sigma = _SIGMA[self.config.activation]
        for layer in range(self.config.num_layers):
            w_x, w_h, b_x, b_h = (
                getattr(self.recurrent, f"{name}_l{layer}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            state, states = torch.zeros(len(inputs), len(w_h), dtype=inputs.dtype), []
            for t in range(inputs.shape[1]):
                step = sigma(inputs[:, t] @ w_x.T + b_x + state @ w_h.T + b_h)
                state = state + step if self.config.cell == "residual" else step
                states.append(state)
            inputs = torch.stack(states, dim=1)
        return inputs


def plain_loss(
    config: TrainingConfig,
    network: PlainNetwork,
    generator: np.random.Generator,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """Of the next batch, in torch's order: (batch, timesteps, inputs) and (batch, targets)."""
    inputs, targets = (torch.from_numpy(of).to(dtype) for of in draw_batch(config, generator))
    return torch.nn.functional.mse_loss(network(inputs.permute(2, 0, 1)), targets.T)


def plain_optimiser(config: TrainingConfig, network: PlainNetwork) -> torch.optim.Optimizer:
    """torch's own, with the learning rate alone set."""
    kind = torch.optim.Adam if config.optimiser == "adam" else torch.optim.SGD
    return kind(network.parameters(), lr=config.learning_rate)


def plain_step(
    config: TrainingConfig,
    network: PlainNetwork,
    optimiser: torch.optim.Optimizer,
    generator: np.random.Generator,
    dtype: torch.dtype = torch.float32,
) -> tuple[float, float]:
    """One update: the loss before it, and the norm of its gradient before clipping."""
    optimiser.zero_grad()
    loss = plain_loss(config, network, generator, dtype)
    loss.backward()
    limit = config.clip_norm if config.clip_norm is not None else float("inf")
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), limit)
    optimiser.step()
    return loss.item(), norm.item()


def plain_curves(
    config: TrainingConfig, steps: int, dtype: torch.dtype = torch.float64
) -> tuple[np.ndarray, PlainNetwork]:
    """(steps, 2): loss and gradient norm of every step; and the trained network."""
    network = PlainNetwork(config).to(dtype)
    optimiser = plain_optimiser(config, network)
    generator = data_generator(config, "training")
    curves = [plain_step(config, network, optimiser, generator, dtype) for _ in range(steps)]
    return np.array(curves), network
