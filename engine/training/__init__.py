"""Training the networks whose gradients the other pages show, and keeping what was trained."""

import lazy_loader

# Who wants a config pays for no array library; what is offered is listed in __init__.pyi.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
