"""Training the networks whose gradients the other pages show, and keeping what was trained."""

from engine.training.config import TrainingConfig
from engine.training.container import RunFileError
from engine.training.language import LanguageConfig, LanguageRun, train_language_model
from engine.training.network import StateDicts
from engine.training.run import TrainingRun
from engine.training.store import RunStore
from engine.training.tasks import constant_loss
from engine.training.train import Metrics, train, train_many

__all__ = [
    "LanguageConfig",
    "LanguageRun",
    "Metrics",
    "RunFileError",
    "RunStore",
    "StateDicts",
    "TrainingConfig",
    "TrainingRun",
    "constant_loss",
    "train",
    "train_language_model",
    "train_many",
]
