"""The ground of every module that computes with arrays: its types, and one thread for products.

Importing it keeps numpy's matrix products to one thread. On several, a product's sums are taken in
another order, and the same arguments would give other last bits on a machine with more cores; the
matrices of the lecture are too small to gain from a second thread.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

threadpool_limits(1, user_api="blas")

#: The precision of everything that is shown.
Array: TypeAlias = NDArray[np.float64]
#: The precision of a network in training: float32, or float64 in tests and predictions.
NetworkArray: TypeAlias = NDArray[Any]
