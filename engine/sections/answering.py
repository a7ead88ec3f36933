"""Where sections are computed: by name, in a process that has the numerics, for one that doesn't.

The web process knows sections as `Elsewhere("engine.sections.…").linear`, which imports nothing.
What it sends is a name and a config; what comes back is a `Shown`.
"""

import gc
import importlib
import inspect
import json
import os
import signal
import socket
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from engine.sections.shown import Picture, Shown


@dataclass(frozen=True)
class Named:
    """A function of a module that isn't imported here; calling it imports the module."""

    module: str
    name: str

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function returns, computed in this process."""
        return self.found()(*arguments, **keywords)

    def found(self) -> Any:
        """The function itself."""
        return getattr(importlib.import_module(self.module), self.name)


class Elsewhere:
    """A module by its name: its functions are `Named` ones."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Named:
        return Named(self._module, name)


@dataclass(frozen=True)
class Parcel:
    """What a section shows, on its way to a process that may have its pictures already.

    A hand that rests asks for new words under the picture of before. shown: with `NO_PICTURE` in
    every figure. digests: of the pictures, by the figure's name. pictures: those that aren't there
    yet, by digest.
    """

    shown: Shown
    digests: Mapping[str, str]
    pictures: Mapping[str, Picture]

    @property
    def size(self) -> int:
        """Bytes of the programs, which are nearly all of it beside the pictures."""
        return sum(len(of.program) + len(of.alt_text) for of in self.shown.figures.values())

    def unpacked(self, pictures: Mapping[str, Picture]) -> Shown:
        """All that the section shows. Raises KeyError where one of the pictures isn't there."""
        figures = {
            name: replace(of, picture=pictures[self.digests[name]])
            for name, of in self.shown.figures.items()
        }
        return replace(self.shown, figures=figures)


NO_PICTURE = Picture("", {})


def answer(
    function: Named,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    there: frozenset[str] = frozenset(),
) -> Any:
    """What `function` returns; the figures of a section get the program that makes them.

    there: digests of the pictures that need not be sent.
    """
    value = function(*arguments, **keywords)
    if not isinstance(value, Shown):
        return value
    figures = {
        name: replace(of, program=program(function, arguments, keywords, name), picture=NO_PICTURE)
        for name, of in value.figures.items()
    }
    digests = {name: of.picture.digest() for name, of in value.figures.items()}
    missing = {
        digests[name]: of.picture.made
        for name, of in value.figures.items()
        if digests[name] not in there
    }
    return Parcel(replace(value, figures=figures), digests, missing)


def serve(line: Connection, modules: Sequence[str], patience: float | None, priority: int) -> None:
    """Compute one call after another until the line ends, or `patience` seconds bring no call.

    However the process at its other end ends, the line ends with it. Where the one that began this
    process has ended it goes after the next answer, and says so with it: nobody who adds up what a
    server takes would find it any more. modules: what sections need, imported before somebody waits
    for it. priority: how far behind others, as `nice` has it.
    """
    _import(modules)
    if priority and hasattr(os, "nice"):
        os.nice(priority)
    parent, stays = os.getppid(), True
    with suppress(EOFError, OSError):
        while stays and line.poll(patience):
            outcome = _outcome(*line.recv())
            stays = os.getppid() == parent
            line.send((*outcome, stays))


def serve_copies(orders: socket.socket, modules: Sequence[str]) -> None:
    """Import what sections need, and be copied for each line that comes, until `orders` end.

    An order is patience and priority, as JSON, and beside it the line; what goes back is the copy's
    process number.
    """
    _import(modules)
    signal.signal(signal.SIGCHLD, _let_go)
    gc.collect()
    gc.freeze()  # a collection would write to what is there already, and make it the copy's own
    with suppress(OSError):
        while True:
            order, lines, _, _ = socket.recv_fds(orders, 1000, 1)
            if not order:
                break
            process, line = os.fork(), Connection(lines[0])
            if not process:
                orders.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                try:
                    serve(line, (), *json.loads(order))
                finally:
                    os._exit(0)
            line.close()
            orders.send(str(process).encode())


def _let_go(*_: object) -> None:
    """Of copies that have ended nothing is left but the time that they took."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _import(modules: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever serves the pages
    for module in modules:
        importlib.import_module(module)


def _outcome(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[bool, Any]:
    """True and what a function returns, or False and what it raises."""
    try:
        return True, function(*arguments, **keywords)
    except Exception as error:
        error.add_note(traceback.format_exc())  # whence it came is lost on the way
        return False, error


def program(
    function: Named, arguments: tuple[Any, ...], keywords: dict[str, Any], figure: str
) -> str:
    """A Python program that makes a section's figure and names it `chart`.

    Below it stands the section's own source, so that a reader sees what made the picture.
    """
    imports = {f"from {function.module} import {function.name}"}
    texts = [_text(value, imports) for value in arguments]
    texts += [f"{name}={_text(value, imports)}" for name, value in keywords.items()]
    call = ", ".join(texts)
    if len(call) > 70:
        call = "\n" + "".join(f"    {text},\n" for text in texts)
    lines = [
        *sorted(imports),
        "",
        f"shown = {function.name}({call})",
        f'chart = shown.figures["{figure}"].draw()',
        "",
        f"# What {function.name} does:",
        *(f"# {line}".rstrip() for line in _source(function)),
    ]
    return "\n".join(lines) + "\n"


@cache
def _source(function: Named) -> list[str]:
    return inspect.getsource(function.found()).splitlines()


def _text(value: Any, imports: set[str]) -> str:
    """A config, number or string as an expression; a config's defaults aren't written.

    Nor is what isn't part of its repr: what only saves work.
    """
    if isinstance(value, tuple):
        return f"({', '.join(_text(one, imports) for one in value)},)"
    if not is_dataclass(value) or isinstance(value, type):
        return repr(value)
    kind = type(value)
    package = kind.__module__.rpartition(".")[0]
    offered = getattr(importlib.import_module(package), kind.__name__, None)
    imports.add(f"from {package if offered is kind else kind.__module__} import {kind.__name__}")
    chosen = []
    for field in fields(value):
        own = getattr(value, field.name)
        if field.repr and (field.default is MISSING or own != field.default):
            chosen.append(f"{field.name}={_text(own, imports)}")
    return f"{kind.__name__}({', '.join(chosen)})"
