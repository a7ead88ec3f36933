"""A finished training run: its curves, its weights, its predictions; to a file and back.

How the file is laid out, and what must be in it, is told in `engine.training.files`.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from engine.container import RunFileError
from engine.lazy import cached_property
from engine.numerics import NetworkArray as Array
from engine.recurrent import Weights
from engine.training.config import TrainingConfig
from engine.training.files import RUN_FILE, config_of
from engine.training.network import Network, StateDicts, initial_weights, parameter_count, unpack


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """What training left behind.

    config: what was trained. parameters: the final weights as one row (`engine.training.network`).
    train_loss, grad_norm: of each step, float32. The loss is the mean squared error over batch and
    targets before the step's update; the norm is that of the whole gradient before clipping.
    validation_step, validation_loss: what was validated, after how many updates; 0 is the
    untrained network. diverged_at: None, or the step at which `diverged_what`, the "training
    loss", the "gradient" or the "validation loss", was no longer a finite float32. The run ends
    there: the curves hold the steps before it, and the weights are the last that gave a finite
    loss. versions: of the libraries that trained it.
    """

    config: TrainingConfig
    train_loss: Array
    grad_norm: Array
    validation_step: Array
    validation_loss: Array
    parameters: Array
    diverged_at: int | None
    diverged_what: str | None
    versions: dict[str, str]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """`step, train_loss, validation_loss, grad_norm`, one row for each finished step.

        validation_loss is the newest there is after that step, so no row is without a number; the
        measurements alone, with their own steps, are in `validation_frame`.
        """
        step = np.arange(1, len(self.train_loss) + 1)
        newest = np.searchsorted(self.validation_step, step, side="right") - 1
        return pd.DataFrame(
            {
                "step": step,
                "train_loss": self.train_loss.astype(np.float64),
                "validation_loss": self.validation_loss.astype(np.float64)[newest],
                "grad_norm": self.grad_norm.astype(np.float64),
            }
        )

    @cached_property
    def validation_frame(self) -> pd.DataFrame:
        """`step, validation_loss`, one row for each validation; step 0 is before training."""
        loss = self.validation_loss.astype(np.float64)
        return pd.DataFrame({"step": self.validation_step, "validation_loss": loss})

    @cached_property
    def initial(self) -> StateDicts:
        """The weights before training."""
        return initial_weights(self.config)

    @cached_property
    def final(self) -> StateDicts:
        """The weights after training."""
        return unpack(self.config, self.parameters)

    def predict(self, inputs: Array, dtype: type = np.float64) -> Array:
        """The trained network's ŷ (targets, batch) on (timesteps, input_size, batch).

        dtype: of the calculation; in float32, as in training, it takes about a third of the time.
        """
        network = Network(self.config, 1, inputs.shape[-1], dtype)
        return network.predict(self.parameters[None].astype(dtype), inputs[:, None])[:, 0]

    def recurrent_weights(self, *, trained: bool = True) -> Weights:
        """The network for the functions of `engine.recurrent`, before or after training.

        Raises ValueError for networks that those know nothing of: two layers, the residual cell,
        the two inputs of the adding problem.
        """
        for name in ("num_layers", "input_size"):
            if (number := getattr(self.config, name)) != 1:
                raise ValueError(f"{name} is {number}; allowed is 1")
        if self.config.cell == "residual":
            raise ValueError("cell is 'residual'; allowed is 'rnn' or 'lstm'")
        weights = self.final if trained else self.initial
        return Weights.from_state_dicts(weights.recurrent, weights.readout)

    def to_bytes(self) -> bytes:
        """The run as the content of a file."""
        header = {
            "config": asdict(self.config),
            "diverged_at": self.diverged_at,
            "diverged_what": self.diverged_what,
            "versions": self.versions,
        }
        return RUN_FILE.write(header, {name: getattr(self, name) for name, _ in RUN_FILE.arrays})

    @classmethod
    def from_bytes(cls, data: bytes) -> "TrainingRun":
        """The run in the content of a file. Raises RunFileError for anything else."""
        header, arrays = RUN_FILE.read(data)
        run = cls(
            config=config_of(header),
            **arrays,
            diverged_at=header["diverged_at"],
            diverged_what=header["diverged_what"],
            versions=header["versions"],
        )
        _check_complete(run)
        return run


def _check_complete(run: TrainingRun) -> None:
    """The arrays are those that a run of this config leaves."""
    steps = run.config.steps if run.diverged_at is None else run.diverged_at - 1
    validated = run.validation_step
    sound = (
        len(run.train_loss) == len(run.grad_norm) == steps
        and len(validated) == len(run.validation_loss)
        and len(run.parameters) == parameter_count(run.config)
        and (run.diverged_at is None or 1 <= run.diverged_at <= run.config.steps)
        and (len(validated) > 0 or steps == 0)
        and (len(validated) == 0 or validated[0] == 0)
        and bool((np.diff(validated) > 0).all())
    )
    arrays = (run.train_loss, run.grad_norm, run.validation_loss, run.parameters)
    if not sound or not all(np.isfinite(array).all() for array in arrays):
        raise RunFileError("the file's numbers are not those of a whole run of its config")
