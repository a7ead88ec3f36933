from .config import TrainingConfig
from .language import LanguageConfig, LanguageRun, train_language_model
from .network import StateDicts
from .run import RunFileError, TrainingRun
from .store import RunStore
from .tasks import constant_loss
from .train import Metrics, train, train_many

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
