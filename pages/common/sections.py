"""The engine's sections, as pages name them: the functions' types, and none of their imports.

For a type checker these are the modules themselves. The web process has only their names; what a
section computes, it computes in a worker (see pages/common/ask.py).
"""

from typing import TYPE_CHECKING

from engine.sections.answering import Elsewhere

#: What a worker imports before anybody asks.
MODULES = (
    "engine.sections.beam_search",
    "engine.sections.classroom",
    "engine.sections.listening",
    "engine.sections.lstm_cell_state",
    "engine.sections.overview",
    "engine.sections.own_text",
    "engine.sections.predictions",
    "engine.sections.resnet_skip",
    "engine.sections.training_runs",
    "engine.sections.vanishing_gradients",
    "engine.twins",
)

if TYPE_CHECKING:
    from engine import twins  # noqa: F401 for whoever imports them from here
    from engine.sections import (  # noqa: F401
        beam_search,
        classroom,
        listening,
        lstm_cell_state,
        overview,
        own_text,
        predictions,
        resnet_skip,
        training_runs,
        vanishing_gradients,
    )
else:
    globals().update({module.rpartition(".")[2]: Elsewhere(module) for module in MODULES})
