"""What a section shows: pictures with their rows, numbers, sentences and a verdict.

A section of a page is one function of the engine from a frozen config to a `Shown`. It crosses
from one process to another as plain data, and a notebook can draw it:

    shown = linear(RecurrentConfig(spectral_radius=0.9))
    shown.figures["linear"].draw()
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal

from engine.lazy import cached_property
from engine.questions import Verdict
from engine.sections.built import kept

if TYPE_CHECKING:  # who only lays a section out needs none of them
    import altair as alt
    import pandas as pd

    from engine.charts.altair import AnyChart

#: Specifications that stay built, one for each picture and its few options.
MAX_SPECIFICATIONS = 64
#: From so many transforms alike neighbouring layers are put together.
FEWEST_TOGETHER = 3
#: How a part that is pointed at stands out, and what of its own looks isn't wanted there.
_GLOW = {
    "stroke": "#E3A81C", "strokeWidth": {"expr": "12*s"}, "strokeOpacity": 0.6, "strokeDash": [1, 0],
    "fillOpacity": 0, "opacity": 1,
}  # fmt: skip
_LOOKS = ("color", "fill", "stroke", "opacity", "strokeWidth", "tooltip")


@dataclass(frozen=True)
class Picture:
    """What is drawn, wherever the hands in it stand.

    specification: Vega-Lite with named data as JSON, the same for every setting. rows: Arrow's
    bytes by the name of the data. constants: rows that the picture brings along, likewise.
    """

    specification: str
    rows: Mapping[str, bytes]
    constants: Mapping[str, bytes] = field(default_factory=dict)

    def digest(self) -> str:
        """Names these bytes, and no others."""
        digest = blake2b(self.specification.encode(), digest_size=16)
        for name, rows in sorted({**self.constants, **self.rows}.items()):
            digest.update(f"{name} {len(rows)} ".encode())
            digest.update(rows)
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """Bytes of it."""
        return sum(map(len, (self.specification, *self.rows.values(), *self.constants.values())))

    @property
    def made(self) -> Picture:
        """Itself."""
        return self


@dataclass(frozen=True)
class Sketch:
    """A picture that can be made: what draws it, with which options, and what finds its rows.

    A hand that rests asks for new words under a picture that is there. Its rows, those of every
    place of the hand, take up to a hundred times as long as the words, so that they wait until
    somebody looks at them. rows: a function of a module; its arguments have a `repr` that says all
    that they are.
    """

    chart: Callable[..., AnyChart]
    options: tuple[tuple[str, Any], ...]
    rows: Callable[..., dict[str, pd.DataFrame]]
    arguments: tuple[Any, ...]

    def digest(self) -> str:
        """Names what would be made, and nothing else."""
        said = f"{_place(self.chart)} {self.options!r} {_place(self.rows)} {self.arguments!r}"
        return blake2b(said.encode(), digest_size=16).hexdigest()

    @cached_property
    def made(self) -> Picture:
        """The picture."""
        return _picture(self.chart, self.rows(*self.arguments), self.options)


@dataclass(frozen=True)
class Figure:
    """A picture: how it is drawn, from which rows, and what it shows in words.

    name: of its files. alt_text: what the picture is, for those who can't see it; it stays the same
    while controls move. caption: what it shows at these settings. hands: where the config has the
    sliders and radios inside the picture, by the control's name. ends: where its sliders end, and
    the values of the chart's other parameters, if not where the chart has them. program: what makes
    it in a notebook.
    """

    name: str
    picture: Picture | Sketch
    alt_text: str
    caption: str = ""
    hands: Mapping[str, float | str] = field(default_factory=dict)
    ends: Mapping[str, float] = field(default_factory=dict)
    program: str = ""

    @property
    def specification(self) -> str:
        """The picture's."""
        return self.picture.made.specification

    @property
    def rows(self) -> Mapping[str, bytes]:
        """The picture's."""
        return self.picture.made.rows

    @property
    def all_rows(self) -> dict[str, bytes]:
        """What the specification asks for by name: the rows, and its own constants."""
        return {**self.picture.made.constants, **self.rows}

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The rows as frames, by the name of the data."""
        return {name: _frame(of) for name, of in self.rows.items()}

    def draw(self) -> alt.Chart | alt.LayerChart:
        """The picture with its rows, and its sliders where the config has them."""
        import altair as alt

        # By way of JSON, which has no infinities: where a row has one there is nothing to draw.
        rows = {
            name: json.loads(_frame(of).to_json(orient="records", double_precision=15))
            for name, of in self.all_rows.items()
        }
        drawn = {"background": "white", **self.vega(self.hands)}
        drawn["datasets"] = rows
        kind = alt.LayerChart if "layer" in drawn else alt.Chart
        return kind.from_dict(drawn, validate=False)

    def vega(self, hands: Mapping[str, float | str], pointed_at: str = "") -> dict[str, Any]:
        """The specification, its sliders and radios started where `hands` says.

        pointed_at: the layers with this description stand out.
        """
        drawn = dict(_read(self.specification))
        if pointed_at and "layer" in drawn:
            drawn["layer"] = [of for layer in drawn["layer"] for of in _glowing(layer, pointed_at)]
        if hands or self.ends:
            drawn["params"] = [self._set(one, hands) for one in drawn["params"]]
        return drawn

    def _set(self, one: dict[str, Any], hands: Mapping[str, float | str]) -> dict[str, Any]:
        """A parameter of the specification, as this figure has it."""
        name = one["name"]
        if name in hands:
            one = {**one, "value": [{"at": hands[name]}]}
        if name not in self.ends:
            return one
        end = self.ends[name]
        return (
            {**one, "bind": {**one["bind"], "max": end}} if "bind" in one else {**one, "value": end}
        )


@dataclass(frozen=True)
class Shown:
    """All that a section shows.

    figures: by name. numbers: as people read them, by their label. sentences: in the order in
    which they stand, as Markdown; a claim that doesn't hold at these settings isn't among them.
    verdict: what the numbers say to the section's question.
    """

    figures: Mapping[str, Figure]
    numbers: Mapping[str, str] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    verdict: Verdict | None = None


def figure(
    chart: Callable[..., AnyChart],
    frames: Mapping[str, pd.DataFrame] | partial[dict[str, pd.DataFrame]],
    *,
    alt_text: str,
    caption: str = "",
    hands: Mapping[str, float | str] | None = None,
    ends: Mapping[str, float] | None = None,
    **options: Any,
) -> Figure:
    """The picture that `chart` draws of `frames`, which are its arguments by name.

    frames: a function with its arguments by place where they take long, see `Sketch`. options: what
    else the chart takes, hashable; each combination is a specification of its own.
    """
    chosen = tuple(sorted(options.items()))
    picture: Picture | Sketch
    if isinstance(frames, partial):
        picture = Sketch(chart, chosen, frames.func, frames.args)
    else:
        picture = _picture(chart, frames, chosen)
    return Figure(chart.__name__, picture, alt_text, caption, hands or {}, ends or {})


def as_picture(figure: Figure, kind: Literal["svg", "png"]) -> bytes:
    """A figure as SVG or PNG, its sliders where the config has them."""
    from engine.charts.export import picture

    frames = {name: _frame(of) for name, of in figure.all_rows.items()}
    return picture(figure.vega(figure.hands), frames, kind)


def _picture(
    chart: Callable[..., AnyChart],
    frames: Mapping[str, pd.DataFrame],
    options: tuple[tuple[str, Any], ...],
) -> Picture:
    specification, constants = _specification(chart, tuple(frames), options)
    rows = {name: _arrow(frame) for name, frame in frames.items()}
    return Picture(specification, rows, constants)


def _place(function: Callable[..., Any]) -> str:
    """Where a function stands: its module and its name."""
    return f"{function.__module__}.{function.__qualname__}"


@lru_cache(MAX_SPECIFICATIONS)
def _specification(
    chart: Callable[..., AnyChart], names: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> tuple[str, dict[str, bytes]]:
    """The chart as Vega-Lite has it, and the rows of its own that it brings along.

    Building a picture takes far longer than its numbers.
    """
    import pandas as pd

    drawn = kept(f"{_place(chart)} {names!r} {options!r}", lambda: _built(chart, names, options))
    constants = drawn.pop("datasets", {})
    rows = {name: _arrow(pd.DataFrame(of)) for name, of in constants.items()}
    return json.dumps(drawn), rows


def _built(
    chart: Callable[..., AnyChart], names: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    import altair as alt

    data = {name: alt.NamedData(name) for name in names}
    # The tests validate every picture; here it would take as long again.
    built: dict[str, Any] = chart(**data, **dict(options)).to_dict(validate=False)
    if "layer" in built:
        built["layer"] = _together(built["layer"], built.get("resolve"))
    return built


def _together(layers: list[dict[str, Any]], resolve: Any) -> list[dict[str, Any]]:
    """The same layers, with what neighbours reckon from the same rows said once for all of them.

    Each visit and each rest of a hand sends, checks or copies a specification.
    """
    grouped: list[dict[str, Any]] = []
    while layers:
        first, shared, count = layers[0], layers[0].get("transform", []), 1
        for layer in layers[1:]:
            common = _beginning(shared, layer.get("transform", []))
            if layer.get("data") != first.get("data") or len(common) < FEWEST_TOGETHER:
                break
            shared, count = common, count + 1
        if count == 1 or "data" not in first:
            grouped.append(first)
            layers = layers[1:]
            continue
        inner = [_without(of, len(shared)) for of in layers[:count]]
        group = {"data": first["data"], "transform": shared, "layer": inner}
        grouped.append(group | ({"resolve": resolve} if resolve else {}))
        layers = layers[count:]
    return grouped


def _without(layer: dict[str, Any], transforms: int) -> dict[str, Any]:
    """A layer without the rows and the first transforms that it has from the group around it."""
    own = {key: value for key, value in layer.items() if key not in ("data", "transform")}
    rest = layer["transform"][transforms:]
    return own | ({"transform": rest} if rest else {})


def _beginning(one: list[Any], other: list[Any]) -> list[Any]:
    """What two lists begin with alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return [of for of, _ in alike]


def _glowing(layer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A layer; below it the same in a broad bright stroke, if it is the one that is pointed at."""
    if "layer" in layer:
        return [{**layer, "layer": [of for one in layer["layer"] for of in _glowing(one, name)]}]
    if layer.get("description") != name:
        return [layer]
    mark, encoding = (
        {of: how for of, how in layer[kind].items() if of not in _LOOKS}
        for kind in ("mark", "encoding")
    )
    return [{**layer, "mark": mark | _GLOW, "encoding": encoding}, layer]


@lru_cache(MAX_SPECIFICATIONS)
def _read(specification: str) -> dict[str, Any]:
    """The same as a dictionary, one for all settings of a picture; nobody may change it."""
    read: dict[str, Any] = json.loads(specification)
    return read


def _frame(rows: bytes) -> pd.DataFrame:
    import pyarrow as pa

    return pa.ipc.open_stream(rows).read_pandas()


def _arrow(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa

    table, sink = pa.Table.from_pandas(frame, preserve_index=False), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
