"""A pytest plugin: property tests as CI has them, but the first counterexample is enough.

Making it smaller, which helps whoever has to repair something, takes minutes.
"""

from hypothesis import Phase, settings

PROFILE = "unshrunk"

settings.register_profile(
    PROFILE,
    deadline=None,
    max_examples=30,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.generate],
)
