"""One config, one answer, bit for bit, whatever else the process does or fifteen other threads do.

`tests/engine/training/test_presets.py` and the last tests here say how far shipped runs may be from
what another machine or another version of a library computes. So far that has been run with Python
3.11 and torch 2.13.0 alone; whoever runs the suite with other versions puts them to the same test.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from engine.decoding import beam_search, exhaustive_search, greedy_search
from engine.decoding.comparisons import beam, best_by_beam_width, compare_scorings, search_cost
from engine.decoding.config import DecodingConfig
from engine.decoding.named_models import trained_model
from engine.recurrent import (
    RecurrentConfig,
    cell_jacobian_norms,
    cell_state_pathway,
    compare_memory,
    gradient_share_by_loss,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
    weight_gradient_terms,
)
from engine.recurrent.cell_flow import cell_flow_sweep
from engine.recurrent.theory import linear_closed_form, log10_power_norms
from engine.residual import (
    ResidualConfig,
    depth_trace,
    lesion,
    path_length_contributions,
    skip_sweep,
)
from engine.training import (
    LanguageConfig,
    RunStore,
    StateDicts,
    TrainingConfig,
    TrainingRun,
    train,
    train_language_model,
    train_many,
)
from engine.training.network import Network, pack
from engine.training.presets import PRESETS
from engine.training.tasks import data_generator, draw_batch

THREADS = 16
ROUNDS = 2
#: How far a recorded validation loss, float32 of another day, may be from today's float64. With
#: this project's pinned libraries the largest difference is 3e-6. A library that draws other data
#: or other weights from a seed is off by per cents.
SHIPPED_TOLERANCE = 1e-5
#: What a thread does, and gives back as bytes.
Work = Callable[[], bytes]

RNN = RecurrentConfig(hidden_size=48, timesteps=60, batch_size=3, last_target_only=False)
LSTM = RecurrentConfig(cell="lstm", hidden_size=24, timesteps=40, batch_size=2, seed=7)
STACK = ResidualConfig(depth=30, width=24, batch_size=2, seed=2)
TRAINED = TrainingConfig(task="average_every", hidden_size=12, timesteps=8, batch_size=8, steps=20)


def bits(*frames: pd.DataFrame) -> bytes:
    """All the numbers and words of some frames, down to the last bit."""
    columns = [frame[name].to_numpy() for frame in frames for name in frame]
    return b"".join(
        repr(column.tolist()).encode() if column.dtype == object else column.tobytes()
        for column in columns
    )


def vanilla(config: RecurrentConfig) -> bytes:
    return bits(
        gradient_trace(config).log10_frame,
        loss_timestep_matrix(config),
        gradient_share_by_loss(config),
        weight_gradient_terms(config),
        spectral_sweep(config, [0.0, 0.7, 1.3]),
        linear_closed_form(config),
        pd.DataFrame(log10_power_norms(config, 20)),
    )


def lstm(config: RecurrentConfig) -> bytes:
    return bits(
        gradient_trace(config).log10_frame,
        cell_state_pathway(config),
        cell_jacobian_norms(config),
        cell_flow_sweep(config, [-1.0, 2.0]),
        compare_memory(config),
    )


def residual(config: ResidualConfig) -> bytes:
    return bits(
        depth_trace(config).log10_frame,
        skip_sweep(config, [0.0, 0.5, 1.0]),
        path_length_contributions(config, log10=True),
        lesion(config),
    )


def decoding(config: DecodingConfig) -> bytes:
    return bits(
        beam(config).candidates,
        best_by_beam_width(config, None),
        compare_scorings(config),
        search_cost(config),
    )


def character_lstm(seed: int) -> bytes:
    config = LanguageConfig(3, 6, timesteps=9, batch_size=4, steps=12, seed=seed)
    run = train_language_model(config, "one line\nand one more line\n")
    model = trained_model(run, "on")
    results = [
        beam_search(model, 4, 12, end_token="<end>"),
        beam_search(model, 4, 12, end_token="<end>", length_penalty=0.7),
        greedy_search(model, 12),
        exhaustive_search(model, 3, end_token="<end>"),
    ]
    return run.to_bytes() + b"".join(repr(result.hypotheses).encode() for result in results)


def training(config: TrainingConfig) -> bytes:
    run = train(config)
    return bits(run.frame) + run.parameters.tobytes()


def side_by_side(*configs: TrainingConfig) -> bytes:
    return b"".join(run.to_bytes() for run in train_many(configs))


WORK: list[Work] = [
    partial(vanilla, RNN),
    partial(vanilla, replace(RNN, activation="relu", recurrent_init="nonnormal", seed=4)),
    partial(vanilla, replace(RNN, activation="identity", spectral_radius=0.01, timesteps=150)),
    partial(lstm, LSTM),
    partial(lstm, replace(LSTM, spectral_radius=8.0, forget_bias=0.0)),
    partial(lstm, replace(LSTM, chrono_timesteps=40, last_target_only=False)),
    partial(residual, STACK),
    partial(residual, replace(STACK, skip="highway", activation="relu")),
    partial(residual, replace(STACK, skip=0.0, weight_scale=0.1, depth=120)),
    partial(decoding, DecodingConfig()),
    partial(decoding, DecodingConfig("weather", max_length=6, scoring="wu2016", length_penalty=1)),
    partial(character_lstm, 0),
    partial(character_lstm, 1),
    partial(training, TRAINED),
    partial(training, replace(TRAINED, cell="lstm", num_layers=2, optimiser="sgd")),
    partial(side_by_side, replace(TRAINED, cell="residual"), replace(TRAINED, seed=5)),
]


def test_sixteen_threads_get_the_bits_that_one_thread_gets() -> None:
    assert len(WORK) == THREADS
    alone = [work() for work in WORK]
    assert len(set(alone)) == THREADS
    # Each round starts somewhere else, so that every piece of work meets other neighbours.
    together = [WORK[(i + shift) % THREADS] for shift in range(ROUNDS) for i in range(THREADS)]
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        answers = list(pool.map(lambda work: work(), together))
    expected = [alone[(i + shift) % THREADS] for shift in range(ROUNDS) for i in range(THREADS)]
    wrong = [i for i, answer in enumerate(answers) if answer != expected[i]]
    assert wrong == []


RECURRENT = [
    RNN,
    RecurrentConfig(activation="relu", recurrent_init="nonnormal", spectral_radius=1.5, seed=4),
    RecurrentConfig(activation="identity", spectral_radius=0.01, timesteps=200, hidden_size=7),
    RecurrentConfig(spectral_radius=None, weight_scale=2.0, recurrent_init="orthogonal"),
    LSTM,
    replace(LSTM, weight_scale=5.0, timesteps=100),
]


def everything(config: RecurrentConfig) -> bytes:
    """All that the engine says of a config, down to the last bit."""
    trace = gradient_trace(config)
    states = (*trace.recurrent_state.values(), *trace.readout_state.values())
    arrays = [
        np.float64(trace.loss),
        *(tensor.numpy() for tensor in (trace.inputs, trace.targets, *states)),
    ]
    tables = lstm(config) if config.cell == "lstm" else vanilla(config)
    return bits(trace.frame) + tables + b"".join(array.tobytes() for array in arrays)


@cache
def undisturbed() -> list[bytes]:
    """What the engine says of each, computed once."""
    return list(map(everything, RECURRENT))


@contextmanager
def seeds_of_others() -> Iterator[None]:
    torch.manual_seed(1234)
    np.random.seed(1234)  # noqa: NPY002 - the global seed is what is at stake
    torch.rand(7)
    yield


@contextmanager
def instead(of: Callable[[], Any], use: Callable[[Any], None], value: Any) -> Iterator[None]:
    """Another setting of the process: `of` finds it and `use` sets it."""
    before = of()
    use(value)
    try:
        yield
    finally:
        use(before)


AROUND: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "seeds of others": seeds_of_others,
    "more torch threads": partial(instead, torch.get_num_threads, torch.set_num_threads, 4),
    "half precision": partial(
        instead, torch.get_default_dtype, torch.set_default_dtype, torch.float16
    ),
    "no gradients": torch.inference_mode,
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_the_process_does_around_it_changes_no_bit(
    around: Callable[[], AbstractContextManager[Any]],
) -> None:
    expected = undisturbed()
    with around():
        assert list(map(everything, RECURRENT)) == expected


def test_the_engine_leaves_the_global_generators_alone() -> None:
    def states() -> list[bytes]:
        of_numpy = np.random.get_state()  # noqa: NPY002
        return [
            torch.get_rng_state().numpy().tobytes(),
            repr(of_numpy).encode(),
            repr(random.getstate()).encode(),
        ]

    before = states()
    for config in RECURRENT:
        everything(config)
    assert states() == before


def test_changing_what_was_returned_changes_no_later_answer() -> None:
    trace = gradient_trace(RNN)
    trace.frame.loc[:, "grad_hidden_norm"] = -1.0
    for tensor in (trace.inputs, trace.targets, *trace.recurrent_state.values()):
        tensor.zero_()
    trace.frame.columns.name = "quantity"
    assert everything(RNN) == undisturbed()[RECURRENT.index(RNN)]
    assert gradient_trace(RNN).frame.columns.name is None


SHIPPED_CONFIGS = dict.fromkeys(
    config for preset in PRESETS.values() for config in preset.runs.values()
)


@pytest.mark.parametrize(
    "config", SHIPPED_CONFIGS, ids=lambda config: f"{config.task}-{config.cell}-{config.timesteps}"
)
def test_shipped_weights_give_their_recorded_losses_again(config: TrainingConfig) -> None:
    run = RunStore("memory://never-used").load(config)
    assert run is not None
    before, after = run.validation_loss[[0, -1]]
    assert validation_loss(run, run.initial) == pytest.approx(before, rel=SHIPPED_TOLERANCE)
    if run.diverged_at is None:  # a diverged run keeps weights that it had no time to validate
        assert validation_loss(run, run.final) == pytest.approx(after, rel=SHIPPED_TOLERANCE)


def validation_loss(run: TrainingRun, weights: StateDicts) -> float:
    """The loss on the run's validation set, drawn again, in float64."""
    config, generator = run.config, data_generator(run.config, "validation")
    network = Network(config, 1, config.batch_size, np.float64)
    parameters = pack(config, weights, np.float64)[None]
    losses = []
    for _ in range(config.validation_batches):
        inputs, targets = draw_batch(config, generator)
        losses.append(network.losses(parameters, inputs[:, None], targets[:, None])[0])
    return float(np.mean(losses))
