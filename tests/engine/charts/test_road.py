"""Paths along a road, on a window and on a phone."""

import re

from engine.charts.road import Ground, rounded

GROUND = Ground(wide=100, narrow=60, on_phone=lambda x, y: (x - 20, 2 * y))


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
