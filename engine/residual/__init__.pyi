from .config import MAX_DEPTH, MAX_SKIP, MAX_WIDTH, ResidualConfig
from .gradients import (
    DepthTrace,
    carry_gates,
    depth_trace,
    skip_sweep,
)
from .lesions import lesion
from .paths import (
    path_counts,
    path_length_contributions,
    path_length_parts,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_SKIP",
    "MAX_WIDTH",
    "DepthTrace",
    "ResidualConfig",
    "carry_gates",
    "depth_trace",
    "lesion",
    "path_counts",
    "path_length_contributions",
    "path_length_parts",
    "skip_sweep",
]
