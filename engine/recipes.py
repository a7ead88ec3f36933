"""How a value was made: an engine function and its arguments, to be run, and to be printed.

A page describes what it shows with recipes. Their values are drawn, and the same recipes are
printed as the program below the chart; so the program can't differ from the picture.
"""

import dataclasses
import inspect
import operator
import sys
import textwrap
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from engine.charts.scrubber import start_at
from engine.lazy import cached_property

#: Lines of a printed program are broken beyond this many letters.
LINE_LENGTH = 88


class Recipe:
    """A call that hasn't happened yet; `value` makes it, once.

    function: an engine function, a cached one that wraps it (as `functools.wraps` does), or
    another recipe's method. Arguments may be recipes themselves.
    """

    def __init__(
        self, function: "Callable[..., Any] | Part", *arguments: Any, **keywords: Any
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords

    @cached_property
    def value(self) -> Any:
        """What the call returns."""
        function = value_of(self.function)
        return function(
            *(value_of(argument) for argument in self.arguments),
            **{name: value_of(argument) for name, argument in self.keywords.items()},
        )

    @cached_property
    def key(self) -> Hashable | None:
        """What tells this call from others: recipes with equal keys make equal values.

        None where nothing does: for an argument that isn't hashable, such as a frame, and for a
        function inside another one or in a script, which is a new one each time.
        """
        try:
            key = _key_of(self)
            hash(key)
        except TypeError:
            return None
        return key

    def get(self, attribute: str) -> "Part":
        """An attribute of what the call returns."""
        return Part(getattr, self, attribute, f".{attribute}")

    def item(self, key: str | int) -> "Part":
        """An entry of the dictionary or tuple that the call returns."""
        return Part(operator.getitem, self, key, f"[{key!r}]")


class Part(Recipe):
    """An attribute or entry of what another recipe makes."""

    def __init__(self, take: Callable[..., Any], of: Recipe, which: str | int, text: str) -> None:
        super().__init__(take, of, which)
        self.of, self.text = of, text

    def call(self, *arguments: Any, **keywords: Any) -> Recipe:
        """A call of this attribute, where it is a method."""
        return Recipe(self, *arguments, **keywords)


def value_of(argument: Any) -> Any:
    """What a recipe makes; anything else is its own value."""
    return argument.value if isinstance(argument, Recipe) else argument


def _key_of(argument: Any) -> Hashable:
    """A hashable that stands for an argument; raises TypeError where there is none."""
    if isinstance(argument, Recipe):
        return (
            _key_of(argument.function),
            tuple(map(_key_of, argument.arguments)),
            _key_of(argument.keywords),
        )
    if isinstance(argument, dict):
        return tuple((_key_of(key), _key_of(value)) for key, value in argument.items())
    if isinstance(argument, (tuple, list)):
        return tuple(map(_key_of, argument))
    if inspect.isfunction(argument):
        if argument.__module__ == "__main__" or "<locals>" in argument.__qualname__:
            raise TypeError(f"{argument.__qualname__} is another function each time")
        return argument
    # Equal numbers of different types are told apart, because words may write them differently.
    return (type(argument), argument)


def program(
    chart: Callable[..., Any],
    data: Mapping[str, Any],
    options: Mapping[str, Any],
    start: Mapping[str, float] | None = None,
) -> str:
    """A Python program that makes `chart(**data, **options)` and names it `chart`.

    start: where the sliders inside the chart stand. Raises ValueError for an argument that can't
    be written down: what isn't a recipe, a number, a string, a tuple, a dictionary, None, or a
    frozen dataclass of these.
    """
    printer = _Printer()
    frames = {name: printer.variable(value, name) for name, value in data.items()}
    arguments = [f"{name}={text}" for name, text in frames.items()]
    arguments += [f"{name}={printer.text(value)}" for name, value in options.items()]
    printer.assign("chart", f"{printer.imported(chart)}", arguments)
    if start:
        values = [f"{name}={value!r}" for name, value in start.items()]
        printer.assign("chart", printer.imported(start_at), ["chart", *values])
    return printer.program()


class _Printer:
    """Collects imports and lines; what is made once gets one variable."""

    def __init__(self) -> None:
        self.imports: dict[str, str] = {}
        self.lines: list[str] = []
        self.names: dict[Any, str] = {}

    def program(self) -> str:
        by_module: dict[str, list[str]] = {}
        for name, module in self.imports.items():
            by_module.setdefault(module, []).append(name)
        imports = [
            _call(f"from {module} import", sorted(names), brackets=False)
            for module, names in sorted(by_module.items())
        ]
        return "\n".join([*imports, "", *self.lines]) + "\n"

    def text(self, value: Any) -> str:
        """`value` as an expression; calls and configs become variables of their own."""
        if isinstance(value, Part):
            return f"{self.text(value.of)}{value.text}"
        if isinstance(value, Recipe):
            return self.variable(value, _last_word(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self.variable(value, _variable_name(value))
        if isinstance(value, tuple):
            items = ", ".join(self.text(item) for item in value)
            if len(items) > LINE_LENGTH:
                items = (
                    "\n"
                    + textwrap.indent(textwrap.fill(items, LINE_LENGTH - 8), " " * 8)
                    + "\n    "
                )
            return f"({items},)" if len(value) == 1 else f"({items})"
        if isinstance(value, dict):
            return (
                "{" + ", ".join(f"{self.text(k)}: {self.text(v)}" for k, v in value.items()) + "}"
            )
        if value is None or isinstance(value, (bool, int, float, str)):
            return repr(value)
        if inspect.isfunction(value):
            return self.imported(value)
        raise ValueError(f"{value!r} can't be written down as a program's argument")

    def variable(self, value: Any, wanted: str) -> str:
        """The name of the variable that holds `value`, after a line that sets it."""
        if isinstance(value, Part):
            return self.text(value)
        is_config = dataclasses.is_dataclass(value) and not isinstance(value, type)
        if not (isinstance(value, Recipe) or is_config):
            raise ValueError(f"{value!r} is no recipe, so no program can make it")
        # Equal configs share a variable; of recipes only the very same one is made once.
        key = value if is_config else id(value)
        if key not in self.names:
            if isinstance(value, Recipe):
                head = (
                    self.text(value.function)
                    if isinstance(value.function, Part)
                    else self.imported(value.function)
                )
                arguments = [self.text(argument) for argument in value.arguments]
                arguments += [f"{k}={self.text(v)}" for k, v in value.keywords.items()]
            else:
                head = self.imported(type(value))
                arguments = [f"{k}={self.text(v)}" for k, v in _chosen_fields(value)]
            name = self._free(wanted)
            self.assign(name, head, arguments)
            self.names[key] = name
        return self.names[key]

    def imported(self, function: Any) -> str:
        """The name of an engine function or class, after its import has been noted."""
        original = inspect.unwrap(function)
        module, name = public_module(original), original.__name__
        if self.imports.setdefault(name, module) == module:
            return name
        # Another function has this name already, so this one comes with its module's.
        package, _, last = module.rpartition(".")
        self.imports[last] = package
        return f"{last}.{name}"

    def assign(self, name: str, head: str, arguments: list[str]) -> None:
        self.lines.append(_call(f"{name} = {head}", arguments))

    def _free(self, wanted: str) -> str:
        taken = {*self.names.values(), *self.imports, "chart"}
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        return name


def public_module(thing: Any) -> str:
    """The package that offers a function or class under its own name, or else its module."""
    parts = thing.__module__.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        offered = sys.modules.get(package)
        is_public = thing.__name__ in getattr(offered, "__all__", ())
        if is_public and getattr(offered, thing.__name__) is thing:
            return package
    return str(thing.__module__)


def _chosen_fields(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a dataclass that aren't at their defaults."""
    for field in dataclasses.fields(value):
        own = getattr(value, field.name)
        if field.default is dataclasses.MISSING or own != field.default:
            yield field.name, own


def _last_word(recipe: Recipe) -> str:
    if isinstance(recipe.function, Part):
        return recipe.function.text.strip(".")
    return str(inspect.unwrap(recipe.function).__name__).split("_")[-1]


def _variable_name(value: Any) -> str:
    return "config" if type(value).__name__.endswith("Config") else type(value).__name__.lower()


def _call(head: str, arguments: list[str], *, brackets: bool = True) -> str:
    """`head(arguments)`, broken into lines where it gets long."""
    opening, closing = ("(", ")") if brackets else (" ", "")
    line = f"{head}{opening}{', '.join(arguments)}{closing}"
    if len(line) <= LINE_LENGTH:
        return line
    indented = "".join(f"    {argument},\n" for argument in arguments)
    return f"{head}{'(' if brackets else ' ('}\n{indented})"
