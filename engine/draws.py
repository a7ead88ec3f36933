"""Random numbers: each use of a seed has a generator of its own, local and of a named kind."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What is drawn. A number once given is never given again: it is half of every seed."""

    RECURRENT_WEIGHTS = 0
    RECURRENT_INPUTS = 1
    STACK_WEIGHTS = 2
    STACK_GATES = 3
    STACK_INPUTS = 4
    TRAINED_WEIGHTS = 5
    TRAINING_SEQUENCES = 6
    VALIDATION_SEQUENCES = 7
    TEST_SEQUENCES = 8
    SWAPPED_INPUTS = 9


def generator(seed: int, stream: Stream) -> np.random.Generator:
    """PCG64, started from the pair (seed, stream): streams of one seed know nothing of each other.

    What is drawn first doesn't depend on how much is drawn later, so a longer sequence, a larger
    batch or a deeper stack begins with the shorter one.
    """
    return np.random.Generator(np.random.PCG64([seed, int(stream)]))
