from .cell_flow import (
    cell_state_pathway,
    gate_values,
)
from .config import RecurrentConfig
from .experiment import running_average_batch
from .gradients import (
    GradientTrace,
    gradient_reach,
    gradient_share_by_loss,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
    weight_gradient_terms,
)
from .memory import (
    cell_jacobian_norms,
    compare_memory,
    half_lives,
    memory_initialisations,
    survival_quantiles,
)
from .presets import LSTM_PRESETS
from .weights import Weights, draw_weights

__all__ = [
    "LSTM_PRESETS",
    "GradientTrace",
    "RecurrentConfig",
    "Weights",
    "cell_jacobian_norms",
    "cell_state_pathway",
    "compare_memory",
    "draw_weights",
    "gate_values",
    "gradient_reach",
    "gradient_share_by_loss",
    "gradient_trace",
    "half_lives",
    "loss_timestep_matrix",
    "memory_initialisations",
    "running_average_batch",
    "spectral_sweep",
    "survival_quantiles",
    "weight_gradient_terms",
]
