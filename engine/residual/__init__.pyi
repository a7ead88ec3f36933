from .config import MAX_DEPTH, MAX_SKIP, MAX_WIDTH, ResidualConfig
from .gradients import (
    DepthTrace,
    carry_gates,
    critical_skip,
    depth_skip_sweep,
    depth_trace,
    input_gradients,
    skip_pathway,
    skip_sweep,
)
from .jacobians import jacobian_singular_values, jacobian_terms
from .lesions import lesion
from .paths import (
    PathGradients,
    path_counts,
    path_length_contributions,
    path_length_gradients,
    path_length_shares,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_SKIP",
    "MAX_WIDTH",
    "DepthTrace",
    "PathGradients",
    "ResidualConfig",
    "carry_gates",
    "critical_skip",
    "depth_skip_sweep",
    "depth_trace",
    "input_gradients",
    "jacobian_singular_values",
    "jacobian_terms",
    "lesion",
    "path_counts",
    "path_length_contributions",
    "path_length_gradients",
    "path_length_shares",
    "skip_pathway",
    "skip_sweep",
]
