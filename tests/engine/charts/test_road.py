"""The parts of a road: paths, and pictures that Vega-Lite accepts. Not how they look."""

import re

from engine.charts.blocks import Box, Symbol, boxes, cells, nodes, pills, symbols
from engine.charts.road import (
    Chevron,
    Ground,
    Stream,
    chevrons,
    dots,
    heads,
    pointed_at,
    rounded,
    streams,
    wires,
)
from engine.charts.stage import parameter, stage

GROUND = Ground(wide=100, narrow=60, on_phone=lambda x, y: (x - 20, 2 * y))
WAYS = (
    Stream(((0, 10), (50, 10)), "road", "direct", says="along the road"),
    Stream(((50, 10), (50, 30), (0, 30)), "weights", "through"),
)


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", path)]


def test_a_path_starts_and_ends_where_its_points_do_and_bends_between_them() -> None:
    path = rounded(((0, 0), (10, 0), (10, 10)), corner=2)
    assert numbers(path)[:2] == [0, 0]
    assert numbers(path)[-2:] == [10, 10]
    assert "L8,0Q10,0 10,2" in path


def test_a_corner_takes_at_most_half_of_the_shorter_side() -> None:
    assert "L9,0Q10,0 10,1" in rounded(((8, 0), (10, 0), (10, 30)), corner=9)


def test_the_phone_has_its_own_path() -> None:
    assert GROUND.path(((20, 1), (30, 1)), 1) == {"wide": "M20,1L30,1", "narrow": "M0,2L10,2"}


def test_every_part_is_a_picture_that_vega_lite_accepts() -> None:
    table = parameter("rows", "[{direct: 0.5, through: 0.25, mean: 0.7}]")
    layers = [
        cells(GROUND, [(10, 2, 90, 40)]),
        cells(GROUND, [(0, 2, 8, 40)], faint=True, where="wide"),
        wires(GROUND, WAYS, opacity="0.5", road_too="true"),
        streams(GROUND, WAYS, rows="rows", widest=4),
        chevrons(GROUND, [Chevron((20, 10), "direct")], rows="rows", widest=4),
        heads(GROUND, [(50, 10, 0)]),
        dots(GROUND, [(50, 30)]),
        *boxes(GROUND, [Box((50, 20), "σ", "mean"), Box((70, 20), "W", kind="weights")],
               rows="rows", half=(4, 4)),
        *nodes(GROUND, [(50, 10, "+")]),
        *pills(GROUND, [(60, 20, "tanh")]),
        *symbols(GROUND, [Symbol((10, 5), "C", "t", tilde=True)]),
        pointed_at(GROUND, WAYS, norm="rows[0][datum.column]"),
    ]  # fmt: skip
    chart = stage(*layers, height="300", parameters=[*GROUND.unit(), table])
    assert len(chart.to_dict()["layer"]) == len(layers)
