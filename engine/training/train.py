"""The training loop: one run, or several runs of a comparison as one batch of models.

Reproducible bit for bit on one machine: every random number comes from a generator of the run's
own, and the arithmetic is numpy's, in single precision, one matrix product for each model and
each product on one thread (`engine.numerics`). Clipping, SGD and Adam have the formulas, defaults
and single precision of `torch.nn.utils.clip_grad_norm_` and `torch.optim`, so that a run agrees
with a loop written with them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig
from engine.training.cost import numbers_of_a_step
from engine.training.network import Network, initial_weights, pack
from engine.training.run import TrainingRun
from engine.training.tasks import data_generator, draw_batch

#: Numbers that networks side by side keep from one way forwards: 120 MB. Others wait for their turn.
NUMBERS_AT_ONCE = 30_000_000
#: torch.optim.Adam's defaults (Kingma and Ba 2015).
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
#: What clip_grad_norm_ adds to the norm that it divides by.
CLIP_EPSILON = 1e-6

#: `train_loss`, `validation_loss` and `grad_norm` of the step.
Metrics = Mapping[str, float]
OnProgress = Callable[[int, int, Metrics], object]
#: The metrics of each network now in training, by its place in the list of configs.
OnManyProgress = Callable[[int, int, Mapping[int, Metrics]], object]
OnFinish = Callable[[int, TrainingRun], object]


def train(config: TrainingConfig, on_progress: OnProgress | None = None) -> TrainingRun:
    """Train one network from its initial weights.

    on_progress(step, total, metrics): called after every step, with the numbers of that step's
    row of `TrainingRun.frame`. What it raises ends the run and reaches the caller.
    A run that leaves the numbers of float32 is a result, not an error: see
    `TrainingRun.diverged_at`.
    """
    return train_many([config], of_one(on_progress))[0]


def of_one(on_progress: OnProgress | None) -> OnManyProgress | None:
    """The on_progress of `train_many` that calls the one of `train`."""
    if on_progress is None:
        return None
    return lambda step, total, metrics: on_progress(step, total, metrics[0])


def train_many(
    configs: Sequence[TrainingConfig],
    on_progress: OnManyProgress | None = None,
    on_finish: OnFinish | None = None,
) -> list[TrainingRun]:
    """Train several networks, in the order of `configs`; those of one shape side by side.

    One shape: the same cell, σ, layers, sizes, T, steps, kind of optimiser and validation, and the
    same timesteps with a target. Learning rate, clipping, initial weights, task and seed may
    differ. Every run has the same bits as `train` gives it alone: the tolerance is zero.
    on_progress(step, total, metrics): steps of all groups together; the newest metrics of the
    networks now in training, by their place in `configs`. What it raises ends all runs.
    on_finish(place, run): as soon as a run has finished, so that no later stop can lose it.
    """
    finished: dict[int, TrainingRun] = {}
    groups = _groups(configs)
    total, done = sum(configs[group[0]].steps for group in groups), 0
    for group in groups:
        trainer = Trainer([configs[i] for i in group])
        for step, metrics in trainer.steps():
            if on_progress is not None:
                on_progress(done + step, total, {group[i]: own for i, own in metrics.items()})
        done += configs[group[0]].steps
        for i, run in zip(group, trainer.runs(), strict=True):
            finished[i] = run
            if on_finish is not None:
                on_finish(i, run)
    return [finished[i] for i in range(len(configs))]


def _groups(configs: Sequence[TrainingConfig]) -> list[list[int]]:
    """The places in `configs` that train side by side."""
    groups: dict[TrainingConfig, list[int]] = {}
    for i, config in enumerate(configs):
        # Everything that may differ within a group is set to one value.
        shape = replace(
            config, learning_rate=1.0, clip_norm=None, spectral_radius=None, seed=0,
            recurrent_init="gaussian", forget_bias=None, chrono_timesteps=None,
            task="recall" if config.task == "average_last" else config.task,
        )  # fmt: skip
        groups.setdefault(shape, []).append(i)
    side_by_side = {shape: max(1, NUMBERS_AT_ONCE // numbers_of_a_step(shape)) for shape in groups}
    return [
        places[start : start + side_by_side[shape]]
        for shape, places in groups.items()
        for start in range(0, len(places), side_by_side[shape])
    ]


class Trainer:
    """Networks of one shape in training. Those that diverge leave; the others don't notice."""

    def __init__(self, configs: Sequence[TrainingConfig]) -> None:
        self.configs = configs
        first = configs[0]
        self.active = list(range(len(configs)))
        self.network = Network(first, len(configs), first.batch_size)
        self.parameters = np.stack([pack(config, initial_weights(config)) for config in configs])
        self.previous = self.parameters.copy()
        self.optimiser = Optimiser(configs, self.parameters)
        self.generators = [data_generator(config, "training") for config in configs]
        self.validation = [
            [draw_batch(config, generator) for _ in range(config.validation_batches)]
            for config in configs
            for generator in [data_generator(config, "validation")]
        ]
        self.curves: list[list[tuple[float, float]]] = [[] for _ in configs]
        self.validated: list[list[tuple[int, float]]] = [[] for _ in configs]
        self.final: dict[int, Array] = {}
        self.diverged: dict[int, tuple[int, str]] = {}

    def steps(self) -> Iterator[tuple[int, dict[int, Metrics]]]:
        """Train to the end, and after every step hand out its number and the metrics."""
        first = self.configs[0]
        # Overflow is a result here, and looked for by hand.
        with np.errstate(all="ignore"):
            self._validate(0)
        for step in range(1, first.steps + 1):
            with np.errstate(all="ignore"):
                if self.active:
                    self._update(step)
                if self.active and (step % first.validation_interval == 0 or step == first.steps):
                    self._validate(step)
            if not self.active:
                return
            yield step, {i: self._metrics(i) for i in self.active}
        self.final |= {i: self.parameters[row] for row, i in enumerate(self.active)}

    def runs(self) -> list[TrainingRun]:
        """The finished runs, in the order of the configs."""
        runs = []
        for i, config in enumerate(self.configs):
            train_loss, grad_norm = np.array(self.curves[i], np.float32).reshape(-1, 2).T.copy()
            at, what = self.diverged.get(i, (None, None))
            runs.append(
                TrainingRun(
                    config=config,
                    train_loss=train_loss,
                    grad_norm=grad_norm,
                    validation_step=np.array([step for step, _ in self.validated[i]], np.int32),
                    validation_loss=np.array([loss for _, loss in self.validated[i]], np.float32),
                    parameters=self.final[i].copy(),
                    diverged_at=at,
                    diverged_what=what,
                    versions={"numpy": np.__version__},
                )
            )
        return runs

    def _update(self, step: int) -> None:
        """One batch, one gradient, one update of each network."""
        batches = [draw_batch(self.configs[i], self.generators[i]) for i in self.active]
        losses = self._losses(batches).astype(np.float32)
        if not np.isfinite(losses).all():
            stay = np.isfinite(losses)
            self._keep(stay, step, "training loss", self.previous)
            if not self.active:
                return
            # The gradient needs the forward pass of those that are left, and of nobody else.
            losses = losses[stay]
            self._losses([batch for batch, stays in zip(batches, stay, strict=True) if stays])
        gradients = self.network.gradients(self.parameters)
        norms = _gradient_norms(gradients).astype(np.float32)
        stay = np.isfinite(norms)
        self._keep(stay, step, "gradient", self.parameters)
        gradients, norms, losses = gradients[stay], norms[stay], losses[stay]
        self.previous[:] = self.parameters
        _clip(gradients, norms, [self.configs[i].clip_norm for i in self.active])
        self.optimiser.update(self.parameters, gradients)
        for i, loss, norm in zip(self.active, losses, norms, strict=True):
            self.curves[i].append((float(loss), float(norm)))

    def _validate(self, step: int) -> None:
        """Measure every network on its validation set."""
        batches = zip(*(self.validation[i] for i in self.active), strict=True)
        losses = np.mean([self._losses(batch) for batch in batches], axis=0).astype(np.float32)
        for i, loss in zip(self.active, losses, strict=True):
            if np.isfinite(loss):
                self.validated[i].append((step, float(loss)))
            elif self.curves[i]:  # the step that this validation belongs to is not a finished one
                self.curves[i].pop()
        self._keep(np.isfinite(losses), max(step, 1), "validation loss", self.previous)

    def _losses(self, batches: Sequence[tuple[Array, Array]]) -> Array:
        inputs, targets = (np.stack(parts, axis=1) for parts in zip(*batches, strict=True))
        return self.network.losses(self.parameters, inputs, targets)

    def _keep(self, stay: Array, step: int, what: str, last_good: Array) -> None:
        """Go on with those that `stay`; the others leave with their last good weights."""
        if stay.all():
            return
        for row in np.flatnonzero(~stay):
            self.final[self.active[row]] = last_good[row].copy()
            self.diverged[self.active[row]] = (step, what)
        rows = np.flatnonzero(stay).tolist()
        self.active = [self.active[row] for row in rows]
        self.parameters, self.previous = self.parameters[rows], self.previous[rows]
        self.optimiser.keep(rows)
        self.network = Network(self.configs[0], len(rows), self.configs[0].batch_size)

    def _metrics(self, i: int) -> Metrics:
        (loss, norm), (_, validated) = self.curves[i][-1], self.validated[i][-1]
        return {"train_loss": loss, "validation_loss": validated, "grad_norm": norm}


def _gradient_norms(gradients: Array) -> Array:
    """The Euclidean norm of each row, float64."""
    return np.array([np.sqrt(np.sum(np.square(row, dtype=np.float64))) for row in gradients])


def _clip(gradients: Array, norms: Array, limits: Sequence[float | None]) -> None:
    """Shorten, in place, every row that is longer than its limit."""
    for row, norm, limit in zip(gradients, norms, limits, strict=True):
        if limit is not None and limit < norm + CLIP_EPSILON:
            row *= row.dtype.type(limit / (norm + CLIP_EPSILON))


class Optimiser:
    """SGD or Adam for several models, one row of parameters each, with a learning rate of its own."""

    def __init__(self, configs: Sequence[TrainingConfig], parameters: Array) -> None:
        self._kind = configs[0].optimiser
        self._rate = np.array([[config.learning_rate] for config in configs])
        self._mean = np.zeros_like(parameters)
        self._square = np.zeros_like(parameters)
        self._steps = 0

    def update(self, parameters: Array, gradients: Array) -> None:
        """One step, in place."""
        dtype = parameters.dtype
        if self._kind == "sgd":
            parameters -= self._rate.astype(dtype) * gradients
            return
        self._steps += 1
        self._mean += dtype.type(1 - BETA_1) * (gradients - self._mean)
        self._square *= dtype.type(BETA_2)
        self._square += dtype.type(1 - BETA_2) * np.square(gradients)
        denominator = np.sqrt(self._square)
        denominator /= dtype.type(np.sqrt(1 - BETA_2**self._steps))
        denominator += dtype.type(EPSILON)
        rate = self._rate / (1 - BETA_1**self._steps)
        parameters -= rate.astype(dtype) * self._mean / denominator

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these models only."""
        self._rate = self._rate[rows]
        self._mean, self._square = self._mean[rows], self._square[rows]
