"""Which check defends which row of the map: `@shows(key, …)` binds a check to the rows."""

from collections.abc import Callable

from tests.audit.shown import Shown, assert_asks

Check = Callable[[Shown], None]
BINDINGS: dict[str, Check] = {}


def shows(*keys: str) -> Callable[[Check], Check]:
    """Bind a check to the rows of these keys; the page is opened at each row's own address."""

    def bind(check: Check) -> Check:
        for key in keys:
            assert key not in BINDINGS, f"{key} has a binding already"
            BINDINGS[key] = check
        return check

    return bind


def says(key: str, *parts: str) -> None:
    """Bind a row to texts that its page has to print; TeX is compared without braces."""

    shows(key)(lambda page: page.assert_prints(*parts))


def asks(key: str, reference: str) -> None:
    """Bind the row of a question to its card."""
    shows(key)(lambda page: assert_asks(page, reference))
