"""Which check defends which row of the map: `@shows(key, …)` binds a check to the rows."""

from collections.abc import Callable

from tests.audit.shown import Shown

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

    def check(page: Shown) -> None:
        for part in parts:
            plain = "".join(letter for letter in part if letter not in "{} \n")
            seen = part in page.text or part in page.before or plain in page.plain
            assert seen, f"{part!r} isn't on the page"

    shows(key)(check)
