"""How much there is to compute in a training, to foresee its time and to bound it."""

from collections.abc import Iterable, Sequence

from engine.training.config import TrainingConfig

#: Of each timestep the calls cost as much as this many sums. Measured as processor time, with 8 to
#: 64 hidden units and 16 to 64 sequences: the estimate is within a factor of two.
CALLS_AS_SUMS = 1200
#: Seconds for one unit of work on one core, until a training of the server's own tells better.
SECONDS_PER_WORK = 2.5e-8
#: The most that one training may ask for: some four minutes on one core.
MAX_WORK = 1e10


def work(config: TrainingConfig) -> float:
    """About how much a run has to compute.

    The unit is one sum, of a gate or an h, at one timestep of one sequence, forwards and back.
    """
    gates = 4 if config.cell == "lstm" else 1
    sums = gates * config.hidden_size * config.batch_size + CALLS_AS_SUMS
    return float(config.steps * config.timesteps * config.num_layers * sums)


def numbers_of_a_step(config: TrainingConfig) -> int:
    """About how many numbers one update keeps from its way forwards, for the way back."""
    kept = 8 if config.cell == "lstm" else 2
    states = config.timesteps * config.num_layers * config.hidden_size * config.batch_size
    return kept * states


def seconds_of(configs: Iterable[TrainingConfig]) -> float:
    """About how long a training of `configs` takes on one core that is free."""
    return SECONDS_PER_WORK * sum(work(config) for config in configs)


def require_affordable(configs: Sequence[TrainingConfig]) -> None:
    """Raise ValueError where one training would ask for more than `MAX_WORK`."""
    asked = sum(work(config) for config in configs)
    if asked > MAX_WORK:
        steps = max(config.steps for config in configs)
        allowed = int(steps * MAX_WORK / asked)
        raise ValueError(
            f"steps is {steps}; allowed with networks of this size and number is at most "
            f"{allowed}, about {MAX_WORK * SECONDS_PER_WORK / 60:.0f} minutes of training"
        )
