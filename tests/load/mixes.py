"""What visitors do: which control a crowd's members move next, and to which value."""

from collections.abc import Callable
from typing import Any, TypeAlias

from tests.load.controls import Chance, Control, PageControls, move_one

#: Moves one of the controls; None where there is nothing to move.
Mix: TypeAlias = Callable[[PageControls, Chance], Control | None]
#: How often the hand in the picture moves, where there is one; the rest are new experiments.
HAND_SHARE = 0.85
#: How often to look for an experiment that nobody has made before giving up.
TRIES = 60


def anything(controls: PageControls, chance: Chance) -> Control | None:
    """Any control, sliders most often."""
    movable = controls.movable()
    return move_one(movable, chance) if movable else None


def hand(controls: PageControls, chance: Chance) -> Control | None:
    """The common move: the hand in the picture, and now and then another control.

    A page without a picture that one can move has its first slider in the hand's place.
    """
    movable = controls.movable()
    in_pictures = [c for c in movable if c.kind == "hand"]
    common = in_pictures or [c for c in movable if c.kind == "slider"][:1]
    others = [c for c in movable if c not in common]
    if common and (chance.random() < HAND_SHARE or not others):
        return move_one(common, chance)
    return move_one(others, chance) if others else None


def fresh() -> Mix:
    """The harsh mix, for one crowd: every move is to an experiment that nobody in it has made."""
    asked: set[tuple[Any, ...]] = set()

    def move(controls: PageControls, chance: Chance) -> Control | None:
        movable = [c for c in controls.movable() if c.kind != "tabs"]
        if not movable:
            return anything(controls, chance)
        before = [(c, c.value, c.moved) for c in movable]
        for tried in range(TRIES):
            for control, value, was_moved in before:
                control.value, control.moved = value, was_moved
            moved = move_one(movable, chance, far=tried > TRIES // 2)
            if controls.where_all_stand() not in asked:
                break
        asked.add(controls.where_all_stand())
        return moved

    return move


MIXES: dict[str, Callable[[], Mix]] = {"hand": lambda: hand, "fresh": fresh}
