"""The ground of every module that computes with arrays: its types, and one thread for products.

Importing it keeps numpy's matrix products to one thread. On several, a product's sums are taken in
another order, and the same arguments would give other last bits on a machine with more cores; the
matrices of the lecture are too small to gain from a second thread.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import torch

threadpool_limits(1, user_api="blas")

#: The precision of everything that is shown.
Array: TypeAlias = NDArray[np.float64]
#: The precision of a network in training: float32, or float64 in tests and predictions.
NetworkArray: TypeAlias = NDArray[Any]


def in_parts(values: Any, at_once: int) -> list[Any]:
    """A sequence or an array in parts of at most `at_once`, none of them empty: what memory takes."""
    size = max(1, at_once)
    return [values[start : start + size] for start in range(0, len(values), size)]


def tensor(array: Array) -> "torch.Tensor":
    """A copy as a float64 tensor. torch is loaded here, for those who ask, and nowhere before."""
    import torch

    return torch.from_numpy(array.copy())


def tensors(state: Mapping[str, Array]) -> "dict[str, torch.Tensor]":
    """A state dictionary of copies, to be loaded into a torch module."""
    return {name: tensor(array) for name, array in state.items()}
