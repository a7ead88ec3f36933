"""A lecture as one small JSON file: written, and read back with every fault named by its line.

What a scene points at and waits for are texts of it, too: "radius", and "radius > 1".
"""

import json
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from json_source_map import calculate

from engine import places
from pages.common.controls import Choice, Control, Line, Number, Switch

FORMAT = 1
MAX_FILE_BYTES = 200_000
MAX_SCENES = 200
MAX_VALUES = 100
#: Longest text of each kind; a pasted tree is the longest value that a control has.
LONGEST = {"name": 80, "look_for": 400, "points_at": 40, "waits_for": 120}
MAX_VALUE = 4_000

_HALF = re.compile("[\ud800-\udfff]")
_KEY = "[a-z][A-Za-z0-9_]{0,40}"
#: How a value can stand to another: what it has to be, and in words.
RELATIONS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    ">": (operator.gt, "above"),
    "<": (operator.lt, "below"),
    "=": (operator.eq, "set to"),
}
_GRAMMAR = re.compile(rf"({_KEY}) ([<>=]) (.+)")


@dataclass(frozen=True)
class Scene:
    """A page with its controls set, and what to look for there.

    page: its name in the address. values: of its controls, as the address has them; a control that
    isn't named stands at its default. points_at: a control or a part of the picture. waits_for: what
    the reader is to do, such as "radius > 1".
    """

    page: str
    name: str
    look_for: str
    values: dict[str, str] = field(default_factory=dict, hash=False)
    points_at: str = ""
    waits_for: str = ""

    @property
    def in_words(self) -> str:
        """Its name and what to look for, as one text."""
        stop = "" if self.name.endswith(("?", "!", ".")) else "."
        return f"{self.name}{stop} {self.look_for}".strip()

    @property
    def in_list(self) -> str:
        """The same with what it points at and waits for."""
        more = [f"points at {self.points_at}"] * bool(self.points_at)
        more += [f"waits for {self.waits_for}"] * bool(self.waits_for)
        return f"{self.in_words} ({', '.join(more)})" if more else self.in_words


@dataclass(frozen=True)
class Wait:
    """What a reader is to do: bring a control above, below or to a value."""

    control: Number | Choice | Switch
    relation: str
    value: Any

    def holds(self, now: Any) -> bool:
        """Whether it is done where the control stands at `now`."""
        return RELATIONS[self.relation][0](now, self.value)

    @property
    def in_words(self) -> str:
        """As it is told: the control by its label."""
        written = self.control.written(self.value)
        return f"**{self.control.label}** {RELATIONS[self.relation][1]} **{written}**"


Lecture = tuple[Scene, ...]
#: The pages that a scene can be on, each with its controls.
Pages = Mapping[str, Sequence[Control]]
#: Entries of a scene that points at nothing and waits for nothing; older files don't know them.
_MAY_BE_MISSING = {"points_at", "waits_for"}


class LectureFileError(ValueError):
    """A file that isn't a lecture; the message gives the line and the rule."""


def write_lecture(lecture: Lecture) -> str:
    """The content of a file, one scene below the other."""
    scenes = [
        {name: of for name, of in asdict(scene).items() if of or name not in _MAY_BE_MISSING}
        for scene in lecture
    ]
    content = {"format": FORMAT, "scenes": scenes}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_lecture(data: bytes, pages: Pages) -> Lecture:
    """The scenes in the content of a file. Raises LectureFileError."""
    if len(data) > MAX_FILE_BYTES:
        raise LectureFileError(f"The file has {len(data):,} bytes; allowed are {MAX_FILE_BYTES:,}.")
    try:
        text = data.decode("utf-8")
        content = json.loads(text)
        lines = {at: entry.value_start.line + 1 for at, entry in calculate(text).items()}
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LectureFileError(f"Line {line}: this isn't UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise LectureFileError(f"Line {error.lineno}: this isn't JSON: {error.msg}.") from error
    except RecursionError as error:
        raise LectureFileError("Line 1: too many brackets inside each other.") from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise LectureFileError("Line 1: a number in it has too many digits.") from error
    _require(isinstance(content, dict), 1, "the file has to hold one object, { … }")
    _require_entries(content, lines[""], {"format", "scenes"})
    _require(
        content["format"] is not True and content["format"] == FORMAT,
        lines[""],
        f'"format" has to be {FORMAT}',
    )
    scenes = content["scenes"]
    _require(
        isinstance(scenes, list) and 0 < len(scenes) <= MAX_SCENES,
        lines[""],
        f'"scenes" has to be a list of 1 to {MAX_SCENES} scenes',
    )
    return tuple(
        _scene(scene, lines[f"/scenes/{i}"], lines.get(f"/scenes/{i}/values", 1), pages)
        for i, scene in enumerate(scenes)
    )


def _scene(scene: Any, line: int, values_line: int, pages: Pages) -> Scene:
    _require(isinstance(scene, dict), line, "each scene has to be an object, { … }")
    _require_entries(scene, line, {"page", "name", "look_for", "values"}, _MAY_BE_MISSING)
    allowed = ", ".join(pages)
    _require(scene["page"] in list(pages), line, f'"page" has to be one of {allowed}')
    scene = {"points_at": "", "waits_for": "", **scene}
    for entry, longest in LONGEST.items():
        is_text = _is_text(scene[entry], longest)
        _require(is_text, line, f'"{entry}" has to be a text of at most {longest} letters')
    _require(scene["name"].strip() != "", line, '"name" must not be empty')
    values = scene["values"]
    _require(isinstance(values, dict), line, '"values" has to be an object, { … }')
    _require(len(values) <= MAX_VALUES, values_line, f'"values" has at most {MAX_VALUES} entries')
    for key, value in values.items():
        can_name = re.fullmatch(_KEY, key) is not None
        _require(can_name, values_line, f"{key[:40]!r} can't name a control")
        is_text = _is_text(value, MAX_VALUE)
        _require(is_text, values_line, f'"{key}" has to be a text, such as "0.9"')
    read = Scene(**scene)
    if why := faults(read, pages[read.page]):
        raise LectureFileError(f"Line {line}: {why}.")
    return read


def _is_text(value: Any, longest: int) -> bool:
    """Whether it is a text that can be shown: no half of a character that JSON spells as two."""
    return isinstance(value, str) and len(value) <= longest and not _HALF.search(value)


def pointable(page: str, controls: Sequence[Control]) -> tuple[str, ...]:
    """What a scene of a page may point at: its controls and the named parts of its pictures."""
    named = [of.key for of in controls if isinstance(of, Number | Choice | Switch | Line)]
    return (*named, *(part for of in places.PAGES if of.name == page for part in of.parts))


def read_wait(text: str, controls: Sequence[Control], values: dict[str, str]) -> Wait:
    """What "radius > 1" waits for. values: with which the scene opens.

    Raises ValueError where it can't be waited for, and says why.
    """
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        raise ValueError('has to be a control, one of < > =, and a value, such as "radius > 1"')
    key, relation, given = found.groups()
    known = {of.key: of for of in controls if isinstance(of, Number | Choice | Switch)}
    if key not in known:
        raise ValueError(f"can't wait for {key!r}; allowed are {', '.join(known) or 'none'}")
    control = known[key]
    if why := control.refusal(given):
        raise ValueError(f"waits in vain: {given!r} {why}")
    wait = Wait(control, relation, control.read(given))
    if isinstance(control, Number):
        if relation != "=" and not (wait.holds(control.low) or wait.holds(control.high)):
            raise ValueError(f"waits in vain: {key!r} goes from {control.low} to {control.high}")
    elif relation != "=":
        raise ValueError(f"can only wait for a value of {key!r}, with =")
    start = values.get(key, "")
    at_first = control.default if control.refusal(start) else control.read(start)
    if wait.holds(at_first):
        raise ValueError("waits for what is so when the scene opens")
    return wait


def faults(scene: Scene, controls: Sequence[Control]) -> str | None:
    """Why a scene can't point at what it names, or wait for it; None if it can."""
    allowed = pointable(scene.page, controls)
    if scene.points_at and scene.points_at not in allowed:
        return (
            f'"points_at": {scene.points_at[:40]!r} can\'t be pointed at on this page; allowed are '
            f"{', '.join(allowed) or 'none'}"
        )
    try:
        if scene.waits_for:
            read_wait(scene.waits_for, controls, scene.values)
    except ValueError as error:
        return f'"waits_for" {error}'
    return None


def _require_entries(
    content: dict[str, Any], line: int, entries: set[str], more: Collection[str] = ()
) -> None:
    for entry in sorted(entries):
        _require(entry in content, line, f'"{entry}" is missing')
    allowed = sorted(entries.union(more))
    for entry in sorted(content):
        rule = f"{entry[:40]!r} isn't known; allowed are {', '.join(allowed)}"
        _require(entry in allowed, line, rule)


def _require(holds: bool, line: int, rule: str) -> None:
    if not holds:
        raise LectureFileError(f"Line {line}: {rule}.")
