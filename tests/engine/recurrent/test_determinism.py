"""One config, one answer, bit for bit, whatever else the process does; test_determinism.py of the
folder above does the same in threads.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import pytest
import torch

from engine.recurrent import (
    RecurrentConfig,
    gradient_share_by_loss,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
    weight_gradient_terms,
)
from engine.recurrent.theory import linear_closed_form, log10_power_norms

CONFIGS = [
    RecurrentConfig(hidden_size=48, timesteps=60, batch_size=3, last_target_only=False),
    RecurrentConfig(activation="relu", recurrent_init="nonnormal", spectral_radius=1.5, seed=4),
    RecurrentConfig(activation="identity", spectral_radius=0.01, timesteps=200, hidden_size=7),
    RecurrentConfig(spectral_radius=None, weight_scale=2.0, recurrent_init="orthogonal"),
]


def everything(config: RecurrentConfig) -> bytes:
    """All that the engine says of a config, down to the last bit."""
    trace = gradient_trace(config)
    tables = [
        trace.frame,
        trace.log10_frame,
        loss_timestep_matrix(config),
        gradient_share_by_loss(config),
        weight_gradient_terms(config),
        spectral_sweep(config, [0.0, 0.5, 1.1]),
        linear_closed_form(config),
    ]
    tensors = [
        trace.inputs,
        trace.targets,
        *trace.recurrent_state.values(),
        *trace.readout_state.values(),
    ]
    arrays = [table.to_numpy(np.float64) for table in tables]
    arrays.append(log10_power_norms(config, 20))
    arrays += [tensor.numpy() for tensor in tensors]
    return b"".join([array.tobytes() for array in arrays] + [np.float64(trace.loss).tobytes()])


@contextmanager
def seeds_of_others() -> Iterator[None]:
    torch.manual_seed(1234)
    np.random.seed(1234)  # noqa: NPY002 - the global seed is what is at stake
    torch.rand(7)
    yield


@contextmanager
def more_torch_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(before + 3)
    yield
    torch.set_num_threads(before)


@contextmanager
def single_precision_by_default() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32 if before == torch.float64 else torch.float64)
    yield
    torch.set_default_dtype(before)


@contextmanager
def no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize(
    "around", [seeds_of_others, more_torch_threads, single_precision_by_default, no_gradients]
)
def test_what_the_process_does_around_it_changes_no_bit(
    around: Callable[[], AbstractContextManager[None]],
) -> None:
    expected = [everything(config) for config in CONFIGS]
    with around():
        assert [everything(config) for config in CONFIGS] == expected


def test_the_engine_leaves_the_global_generators_alone() -> None:
    def states() -> list[bytes]:
        of_numpy = np.random.get_state()  # noqa: NPY002
        return [
            torch.get_rng_state().numpy().tobytes(),
            repr(of_numpy).encode(),
            repr(random.getstate()).encode(),
        ]

    before = states()
    for config in CONFIGS:
        everything(config)
    assert states() == before


def test_changing_what_was_returned_changes_no_later_answer() -> None:
    config = CONFIGS[0]
    expected = everything(config)
    trace = gradient_trace(config)
    trace.frame.loc[:, "grad_hidden_norm"] = -1.0
    for tensor in (trace.inputs, trace.targets, *trace.recurrent_state.values()):
        tensor.zero_()
    trace.frame.columns.name = "quantity"
    assert everything(config) == expected
    assert gradient_trace(config).frame.columns.name is None
