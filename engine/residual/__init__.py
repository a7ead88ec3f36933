"""Stacks of h_{t+1} = σ(W_t h_t + b_t) + g·h_t: gradients along depth (handout, 1 (f))."""

import lazy_loader

# Who wants a config pays for no array library; what is offered is listed in __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
