"""The mathematics of the lecture, for pages and notebooks: gradients, training, search, charts.

Importing it keeps numpy's matrix products to one thread. On several, a product's sums are taken in
another order, and the same arguments would give other last bits on a machine with more cores; the
matrices of the lecture are too small to gain from a second thread.
"""

import numpy as np  # noqa: F401 - what is limited has to be loaded first
from threadpoolctl import threadpool_limits

threadpool_limits(1, user_api="blas")
