"""Altair, loaded by whoever builds a picture: half a second, and 30 MB of each process.

Nearly all pictures have been built before (`engine.sections.built`), and processes that only find
their rows do without it.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import altair as alt
else:

    class _Altair:
        """The module, from its first use on."""

        def __getattr__(self, name: str) -> Any:
            import altair

            return getattr(altair, name)

    alt = _Altair()

__all__ = ["AnyChart", "alt"]

AnyChart: TypeAlias = "alt.Chart | alt.LayerChart | alt.FacetChart"
