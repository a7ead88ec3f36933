"""Finds where the mathematics could be wrong by a slip: a sign, an index, an operator, a limit.

Nobody lists them: every expression of a file is looked at. What is left out is no mathematics:
annotations, decorators, docstrings and texts, error messages, and plain constants of a module.
"""

import ast
import copy
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_PAIRS = (("minimum", "maximum"), ("min", "max"), ("argmin", "argmax"), ("any", "all"),
          ("cumsum", "cumprod"), ("sum", "mean"), ("floor", "ceil"), ("log", "log10"),
          ("tanh", "sin"), ("zeros", "ones"))  # fmt: skip
_SWAPPED = {one: other for a, b in _PAIRS for one, other in ((a, b), (b, a))}
_NO_MATHEMATICS = (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Slip:
    """One wrong expression. file: from the project's root; place: the function that it is in.

    start, end: the bytes of the file that `new` stands in for.
    """

    file: str
    place: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        """What tells it from all others, wherever its line may be by then."""
        return f"{self.file} {self.place}: {self.old} → {self.new}"

    def applied(self, source: bytes) -> bytes:
        """The file with the slip in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def slips(file: Path, root: Path) -> list[Slip]:
    """All slips of one file."""
    source = file.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for place, node in _mathematics(parsed(source), ""):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        for wrong in _wrong(node):
            text = ast.unparse(wrong)
            new = text if isinstance(wrong, ast.stmt | ast.Constant | ast.Name) else f"({text})"
            old = " ".join(source[start:end].decode().split())
            name = str(file.relative_to(root))
            found.append(Slip(name, place, node.lineno, start, end, old, new))
    return found


def parsed(source: bytes) -> ast.Module:
    """The file's syntax.

    Python 3.11 loses count and raises SystemError where a finalizer parses something meanwhile, as
    one does that shows a traceback: the collector waits.
    """
    waits = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if waits:
            gc.enable()


def _mathematics(node: ast.AST, place: str) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    """Every statement and expression below `node` with the function that it is in."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else (value,):
            if not isinstance(child, ast.AST) or isinstance(child, _NO_MATHEMATICS):
                continue
            if not place and isinstance(child, ast.Assign | ast.AnnAssign):
                continue
            inside = place
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inside = f"{place}.{child.name}".lstrip(".")
            elif isinstance(child, ast.expr | ast.stmt):
                yield inside, child
            yield from _mathematics(child, inside)


def _wrong(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """What could stand there by a slip."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _OTHER:
        yield _changed(node, op=_OTHER[type(node.op)]())
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OTHER:
        yield _changed(node, ops=[_OTHER[type(node.ops[0])]()])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield _changed(node, body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _changed(node, value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield _changed(node, value=node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield _changed(node, value=2 * node.value or 1.0)
    elif isinstance(node, ast.Attribute) and node.attr in _SWAPPED:
        yield _changed(node, attr=_SWAPPED[node.attr])
    elif isinstance(node, ast.Name) and node.id in ("min", "max", "any", "all"):
        yield _changed(node, id=_SWAPPED[node.id])


def _changed(node: ast.AST, **fields: object) -> ast.expr | ast.stmt:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    assert isinstance(other, ast.expr | ast.stmt)
    return other
