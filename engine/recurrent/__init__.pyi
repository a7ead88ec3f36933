from .cell_state import (
    EDGES,
    cell_gradient_flow,
    cell_state_pathway,
    cell_state_shares,
    edge_gradients,
    gate_values,
)
from .config import RecurrentConfig
from .data import running_average_batch
from .gradients import (
    GradientTrace,
    forget_bias_sweep,
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
    direct_path_gradient,
    half_lives,
    memory_initialisations,
    survival_products,
    survival_quantiles,
)
from .presets import LSTM_PRESETS
from .weights import Weights, draw_weights

__all__ = [
    "EDGES",
    "LSTM_PRESETS",
    "GradientTrace",
    "RecurrentConfig",
    "Weights",
    "cell_gradient_flow",
    "cell_jacobian_norms",
    "cell_state_pathway",
    "cell_state_shares",
    "compare_memory",
    "direct_path_gradient",
    "draw_weights",
    "edge_gradients",
    "forget_bias_sweep",
    "gate_values",
    "gradient_reach",
    "gradient_share_by_loss",
    "gradient_trace",
    "half_lives",
    "loss_timestep_matrix",
    "memory_initialisations",
    "running_average_batch",
    "spectral_sweep",
    "survival_products",
    "survival_quantiles",
    "weight_gradient_terms",
]
