"""The engine's sections, as pages name them: the functions' types, and none of their imports.

For a type checker these are the modules themselves. The web process has only their names; what a
section computes, it computes in a worker (see pages/common/ask.py).
"""

#: What a worker imports before anybody asks.
MODULES: tuple[str, ...] = ()
